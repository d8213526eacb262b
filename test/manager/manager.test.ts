import { describe, expect, it } from 'vitest';
import { Code } from '../../dist/coap/code.js';
import { encodeMessage, type Message } from '../../dist/coap/message.js';
import { OptionNumber, textOptions } from '../../dist/coap/options.js';
import { Fleet, MANAGER } from './fleet.js';

const LOOK = { object: undefined, record: undefined, expiresInMs: 3_600_000 };

describe('a manager', () => {
  it('observes a device as soon as it has registered, and follows what it says', async () => {
    const fleet = new Fleet();
    const manager = fleet.manager();
    const seen: unknown[] = [];
    manager.on('device', ({ status }) => seen.push(status?.value.objects[0]?.state ?? 'none'));
    const device = fleet.device('dev-1');
    expect(await device.register()).toBe(Code.created);
    await fleet.wire.pass(1e6);
    expect(manager.find('dev-1')).toMatchObject({ isRegistered: true, radio: { isAwake: true } });
    await fleet.wire.pass(600e6);
    device.say({ version: 2, state: 'receiving' });
    await fleet.wire.pass(1e6);
    device.say({ version: 2, state: 'applied' });
    await fleet.wire.pass(1e6);
    expect(seen.filter((state, i) => state !== seen[i - 1])).toEqual(['none', 'applied', 'receiving', 'applied']);
    expect(manager.stateCounts()).toMatchObject([{ version: 2, state: 'applied', deviceCount: 1 }]);
    manager.close();
  });

  it('triggers a device only while its NAT lets it through, and at once when the device is heard', async () => {
    const fleet = new Fleet();
    const manager = fleet.manager();
    const device = fleet.device('dev-1');
    await device.register();
    await fleet.wire.pass(60e6);
    const before = fleet.wire.seen.length;
    manager.trigger(['dev-1'], { ...LOOK, object: 'firmware' });
    await fleet.wire.pass(600e6);
    expect([fleet.wire.seen.length - before, device.triggers.length, manager.triggerCount]).toEqual([0, 0, 1]);
    device.say({ version: 1, state: 'applied', message: 'battery low' });
    await fleet.wire.pass(1e6);
    expect(device.triggers).toEqual([{ query: ['object=firmware'], payload: '' }]);
    expect(manager.find('dev-1')?.lastTrigger).toMatchObject({ result: 'delivered' });
    expect([manager.triggerCount, fleet.blockedCount]).toEqual([0, 0]);
    manager.close();
  });

  it('counts with other times from now on, also for devices that were heard before', async () => {
    const fleet = new Fleet();
    fleet.hasNats = false;
    const manager = fleet.manager();
    await fleet.device('dev-1').register();
    await fleet.wire.pass(60e6);
    expect(manager.isReachable('dev-1')).toBe(false);
    manager.setTimes({ reachableMs: 3_600_000, forgetAfterMs: 1000 });
    expect(manager.isReachable('dev-1')).toBe(true);
    // Its registration has ended by then, and it is forgotten a second later instead of a day.
    await fleet.wire.pass(7200e6);
    expect(manager.deviceCount).toBe(0);
    manager.close();
  });

  it('leaves a device alone that says that it sleeps, until it says that it is awake', async () => {
    const fleet = new Fleet();
    fleet.hasNats = false;
    const manager = fleet.manager({ reachableMs: 3_600_000 });
    const device = fleet.device('dev-1');
    await device.register();
    await fleet.wire.pass(1e6);
    device.sayRadio(false, '2027-01-15T09:00:00.000Z');
    await fleet.wire.pass(1e6);
    manager.trigger(['dev-1'], LOOK);
    await fleet.wire.pass(600e6);
    expect(device.triggers).toEqual([]);
    expect(manager.find('dev-1')?.radio).toEqual({ isAwake: false, nextWakeAt: '2027-01-15T09:00:00.000Z' });
    device.sayRadio(true);
    await fleet.wire.pass(1e6);
    expect(device.triggers).toHaveLength(1);
    manager.close();
  });

  it('sends a trigger again until it is answered, whatever is lost, and stops when it expires', async () => {
    const fleet = new Fleet();
    const manager = fleet.manager();
    const device = fleet.device('dev-1');
    await device.register();
    await fleet.wire.pass(1e6);
    // The device acts, and its answers are lost: at least once.
    fleet.loses = ({ message }) => message.type === 'ACK' && message.code === Code.changed;
    manager.trigger(['dev-1'], LOOK);
    for (let i = 0; i < 20; i++) {
      await fleet.wire.pass(25e6);
      device.say({ version: 1, state: 'applied', message: `${i}` });
    }
    expect(device.triggers.length).toBeGreaterThan(1);
    expect(manager.triggerCount).toBe(1);
    fleet.loses = () => false;
    for (let i = 0; i < 20; i++) {
      await fleet.wire.pass(25e6);
      device.say({ version: 1, state: 'applied', message: `${i}` });
    }
    expect(manager.find('dev-1')?.lastTrigger?.result).toBe('delivered');
    const [before, { triggerCount }] = [device.triggers.length, manager];
    expect(triggerCount).toBe(0);
    fleet.loses = () => true;
    manager.trigger(['dev-1'], { ...LOOK, expiresInMs: 120_000 });
    await fleet.wire.pass(600e6);
    fleet.loses = () => false;
    device.say({ version: 3 });
    await fleet.wire.pass(60e6);
    expect(manager.find('dev-1')?.lastTrigger?.result).toBe('expired');
    expect(device.triggers.length).toBe(before);
    manager.close();
  });

  it('sends a trigger again in time though the clock of the day was set back meanwhile', async () => {
    const fleet = new Fleet();
    fleet.wallErrorUs = 365 * 86_400e6;
    const manager = fleet.manager();
    const device = fleet.device('dev-1');
    await device.register();
    await fleet.wire.pass(1e6);
    fleet.loses = ({ to }) => to.port === 40_000;
    manager.trigger(['dev-1'], LOOK);
    await fleet.wire.pass(120e6);
    fleet.loses = () => false;
    fleet.wallErrorUs = 0;
    device.say({ version: 2 });
    await fleet.wire.pass(10e6);
    expect(device.triggers).toHaveLength(1);
    manager.close();
  });

  it('does not send again what a device refuses, and sends the next', async () => {
    const fleet = new Fleet();
    const manager = fleet.manager();
    const device = fleet.device('dev-1');
    await device.register();
    device.code = Code.forbidden;
    const record = new Uint8Array(3000).fill(65);
    manager.trigger(['dev-1'], { ...LOOK, record });
    manager.trigger(['dev-1'], LOOK);
    await fleet.wire.pass(5e6);
    expect(device.triggers).toEqual([
      { query: [], payload: 'A'.repeat(3000) },
      { query: [], payload: '' },
    ]);
    expect(manager.results).toMatchObject({ refused: 2, delivered: 0 });
    expect(manager.find('dev-1')?.lastTrigger?.message).toBe('the device answered 4.03');
    await fleet.wire.pass(5e6);
    expect(fleet.store.all('record')).toEqual([]);
    manager.close();
  });

  it('says why a trigger is not queued, and queues the same one once', async () => {
    const fleet = new Fleet();
    const manager = fleet.manager();
    await fleet.device('dev-1').register();
    await fleet.wire.pass(60e6);
    const [first, unknown] = manager.trigger(['dev-1', 'nobody'], LOOK);
    expect(unknown).toBe('unknown');
    expect(manager.trigger(['dev-1'], LOOK)).toEqual([first]);
    const more = Array.from({ length: 9 }, (_, i) => manager.trigger(['dev-1'], { ...LOOK, object: `o${i}` })[0]);
    expect(more.filter((one) => one === 'full')).toHaveLength(2);
    fleet.store.isBroken = true;
    expect(manager.cancel((first as { id: string }).id)).toBe(true);
    expect(() => manager.trigger(['dev-1'], LOOK)).toThrow('no space left');
    expect(manager.triggerCount).toBe(7);
    manager.close();
  });

  it('knows after a kill what it knew, and triggers when a device speaks to its former life', async () => {
    const fleet = new Fleet();
    const first = fleet.manager();
    const device = fleet.device('dev-1');
    await device.register(7200);
    await fleet.device('dev-2', 40_001).register(60);
    await fleet.wire.pass(10e6);
    const record = new Uint8Array(100).fill(66);
    await fleet.wire.pass(60e6);
    first.trigger(['dev-1'], { ...LOOK, record });
    // Killed: nothing is closed; the registration of dev-2 ends meanwhile.
    const second = fleet.manager();
    await fleet.wire.pass(60e6);
    expect(second.find('dev-1')).toMatchObject({ isRegistered: true });
    expect(second.find('dev-1')?.status?.value).toEqual(device.status);
    expect(second.find('dev-2')).toMatchObject({ isRegistered: false });
    expect(second.triggersOf('dev-1')).toHaveLength(1);
    device.say({ version: 2, state: 'receiving' });
    await fleet.wire.pass(20e6);
    expect(device.triggers.at(-1)).toEqual({ query: [], payload: 'B'.repeat(100) });
    expect(second.find('dev-1')?.status?.value.objects[0]?.version).toBe(2);
    // And its location is the same.
    expect(await device.update()).toBe(Code.changed);
    second.close();
  });

  it('observes devices within two minutes of a flood of registrations whose senders answer nothing', async () => {
    const fleet = new Fleet();
    const manager = fleet.manager({ deviceCount: 3000 });
    const stranger = { address: '2001:db8::bad', port: 1 };
    const register = (name: string, id: number, port: number) => {
      const options = [
        ...textOptions(OptionNumber.uriPath, ['rd']),
        ...textOptions(OptionNumber.uriQuery, [`ep=${name}`]),
      ];
      const message = { type: 'NON', code: Code.post, id, token: new Uint8Array(), options, payload: new Uint8Array() };
      fleet.wire.deliver(encodeMessage(message as Message), { ...stranger, port }, MANAGER);
    };
    // The same device again and again, many devices from one port, and from many.
    for (let i = 0; i < 1000; i++) register('same', i, 1);
    for (let i = 0; i < 1000; i++) register(`one-${i}`, i, 2);
    for (let i = 0; i < 900; i++) register(`each-${i}`, i, 1000 + i);
    await fleet.wire.pass(120e6);
    const device = fleet.device('genuine');
    await device.register();
    await fleet.wire.pass(5e6);
    expect(manager.find('genuine')).toMatchObject({ status: { value: { fleet: 'acme' } }, radio: { isAwake: true } });
  });

  it('has a place for a device after forged registrations have taken all, and keeps those that have answered', async () => {
    const fleet = new Fleet();
    const manager = fleet.manager({ deviceCount: 50 });
    const known = fleet.device('known');
    await known.register();
    await fleet.wire.pass(5e6);
    const register = async (name: string, id: number) => {
      const query = [`ep=${name}`, 'lt=31536000'];
      const options = [...textOptions(OptionNumber.uriPath, ['rd']), ...textOptions(OptionNumber.uriQuery, query)];
      const message = { type: 'NON', code: Code.post, id, token: new Uint8Array(), options, payload: new Uint8Array() };
      fleet.wire.deliver(encodeMessage(message as Message), { address: '2001:db8::bad', port: id }, MANAGER);
      await fleet.wire.pass(1e5);
    };
    for (let i = 0; i < 200; i++) await register(`forged-${i}`, i);
    expect(manager.registeredCount).toBe(50);
    await fleet.wire.pass(200e6);
    const device = fleet.device('genuine', 40_001);
    expect(await device.register()).toBe(Code.created);
    await fleet.wire.pass(5e6);
    for (let i = 0; i < 200; i++) await register(`more-${i}`, i);
    expect([known, device].map(({ name }) => manager.find(name)?.isRegistered)).toEqual([true, true]);
    manager.close();
    const next = fleet.manager({ deviceCount: 50 });
    for (let i = 0; i < 200; i++) await register(`later-${i}`, 300 + i);
    expect([known, device].map(({ name }) => next.find(name)?.isRegistered)).toEqual([true, true]);
    expect(next.registeredCount).toBe(50);
  });

  it('observes a device anew that registers anew from the same address: it has forgotten its observers', async () => {
    const fleet = new Fleet();
    const manager = fleet.manager();
    await fleet.device('dev-1').register();
    await fleet.wire.pass(5e6);
    const begunAnew = fleet.device('dev-1');
    begunAnew.status = { fleet: 'acme', objects: [{ object: 'firmware', version: 2, state: 'applied' }] };
    await begunAnew.register();
    await fleet.wire.pass(5e6);
    const version = () => manager.find('dev-1')?.status?.value.objects[0]?.version;
    expect(version()).toBe(2);
    begunAnew.say({ version: 3 });
    await fleet.wire.pass(5e6);
    expect(version()).toBe(3);
    manager.close();
  });

  it.each(['renews its registration', 'registers anew'])(
    'sends a trigger to where a device %s while it is under way to where the device was',
    async (how) => {
      const fleet = new Fleet();
      const manager = fleet.manager();
      const device = fleet.device('dev-1');
      await device.register();
      await fleet.wire.pass(1e6);
      fleet.loses = ({ to }) => to.port === 40_000;
      manager.trigger(['dev-1'], LOOK);
      await fleet.wire.pass(20e6);
      const moved = fleet.device('dev-1', 50_000);
      moved.goOnFrom(device);
      await (how === 'registers anew' ? moved.register() : moved.update());
      await fleet.wire.pass(15e6);
      expect([device.triggers.length, moved.triggers.length]).toEqual([0, 1]);
      expect(manager.triggerCount).toBe(0);
      const before = fleet.wire.seen.length;
      await fleet.wire.pass(200e6);
      expect(fleet.wire.seen.slice(before).filter(({ to }) => to.port === 40_000)).toEqual([]);
      manager.close();
    },
  );

  it('goes on where a device has another address since, and forgets one that stays away', async () => {
    const fleet = new Fleet();
    const manager = fleet.manager({ forgetAfterMs: 3_600_000 });
    const device = fleet.device('dev-1');
    await device.register(120);
    const moved = fleet.device('dev-1', 50_000);
    await moved.register(120);
    await fleet.wire.pass(5e6);
    manager.trigger(['dev-1'], LOOK);
    await fleet.wire.pass(1e6);
    expect([device.triggers.length, moved.triggers.length]).toEqual([0, 1]);
    await fleet.wire.pass(130e6);
    manager.trigger(['dev-1'], LOOK);
    expect(manager.find('dev-1')?.isRegistered).toBe(false);
    const forgotten: string[] = [];
    manager.on('forgotten', (name) => forgotten.push(name));
    await fleet.wire.pass(2 * 3600e6);
    expect([forgotten, manager.deviceCount, manager.triggerCount]).toEqual([['dev-1'], 0, 0]);
    expect([...fleet.store.records]).toEqual([]);
    manager.close();
  });

  it('does not believe damaged records and notifications, counts them, and goes on', async () => {
    const fleet = new Fleet();
    for (const text of ['', '{}', 'null', '{"heardAtMs":1800000000000,"registration":{"id":1}}']) {
      fleet.store.records.set(`device d${fleet.store.records.size}`, text);
    }
    fleet.store.records.set('trigger t', '{"device":5}');
    const manager = fleet.manager();
    expect(manager.deviceCount).toBe(1);
    const device = fleet.device('dev-1');
    device.status = { fleet: 'acme', objects: 'none' };
    await device.register();
    await fleet.wire.pass(2e6);
    expect(manager.unreadableCount).toBe(1);
    device.say({ version: 5 });
    await fleet.wire.pass(2e6);
    expect(manager.find('dev-1')?.status?.value.objects[0]?.version).toBe(5);
    expect(fleet.store.all('trigger')).toEqual([]);
    manager.close();
  });
});
