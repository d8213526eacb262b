import { describe, expect, it } from 'vitest';
import type { AgentStatus } from '../../dist/agent/agent-plan.js';
import { DeviceLink } from '../../dist/mqtt/device-link.js';
import type { DevicePlan } from '../../dist/mqtt/device-plan.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';
import { ModelBroker } from './model-broker.js';

const S = 1e6;
const BASE = 'layercast/acme';

function deviceOf(plan: Partial<DevicePlan> = {}) {
  const clock = new VirtualClock();
  const broker = new ModelBroker(clock);
  const obeyed: string[] = [];
  const warnings: string[] = [];
  const taken: string[] = [];
  const status = { fleet: 'acme', isAwake: true, isPaused: false, nextWakeUs: undefined, objects: [] } as AgentStatus;
  const shown = { state: 'idle' };
  const link = new DeviceLink(
    {
      prefix: 'layercast',
      fleet: 'acme',
      deviceId: 'd1',
      objects: ['firmware', 'maps/*'],
      commands: ['report', 'fetch', 'pause', 'resume'],
      jitterUs: 10 * S,
      sessionS: 86_400,
      lostAfterS: 30,
      homeAssistant: undefined,
      thingsBoard: undefined,
      ...plan,
    },
    {
      clock: new HostClock(clock),
      random: () => 0.5,
      connect: broker.connect,
      status: () => status,
      document: () => ({ ...shown }),
      obey: (command) => obeyed.push(command),
      warn: (message) => warnings.push(message),
    },
  );
  const pass = (seconds: number) => clock.run(clock.nowUs + seconds * S);
  const take = (record: Uint8Array) => taken.push(Buffer.from(record).toString());
  return { link, broker, obeyed, warnings, taken, shown, pass, take };
}

describe('a device at its broker', () => {
  it('tells that it is there, and what has changed, with no message more', async () => {
    const { link, broker, shown, pass, take } = deviceOf();
    link.wake(take);
    await pass(3);
    expect(broker.texts('/state')).toEqual(['online']);
    for (const state of ['receiving', 'verified', 'applied']) {
      shown.state = state;
      link.change();
    }
    await pass(3);
    expect(broker.texts('/status').map((text) => JSON.parse(text).state)).toEqual(['idle', 'applied']);
    expect(broker.texts('/state')).toEqual(['online']);
  });

  it('is lost half a minute after its connection broke, unless it is back by then', async () => {
    const { link, broker, pass, take } = deviceOf();
    link.wake(take);
    await pass(60);
    broker.cut();
    await pass(40);
    expect(broker.texts('/state')).toEqual(['online', 'online']);
    broker.isUp = false;
    broker.cut();
    await pass(40);
    expect(broker.texts('/state').at(-1)).toBe('lost');
    broker.isUp = true;
    await pass(600);
    expect(broker.texts('/state').at(-1)).toBe('online');
  });

  it('goes on telling the rest when the broker does not take one of its reports, says so once, and sleeps', async () => {
    const { link, broker, shown, warnings, pass, take } = deviceOf();
    broker.forbidden = '/state';
    link.wake(take);
    await pass(3);
    for (const state of ['receiving', 'applied']) {
      shown.state = state;
      link.change();
      await pass(3);
    }
    expect(broker.texts('/status').map((text) => JSON.parse(text).state)).toEqual(['idle', 'receiving', 'applied']);
    expect(warnings).toEqual([expect.stringMatching(/devices\/d1\/state: Publish error: Not authorized/)]);
    link.sleep();
    await pass(3);
    expect(broker.isConnected).toBe(false);
  });

  it('gives releases to be judged after a random time: retained ones, new ones, and each once', async () => {
    const { link, broker, taken, pass, take } = deviceOf();
    broker.publish(`${BASE}/firmware/release`, 'v1', true);
    link.wake(take);
    expect(link.isExpecting).toBe(true);
    await pass(4);
    expect([taken, link.isExpecting]).toEqual([[], true]);
    await pass(4);
    expect([taken, link.isExpecting]).toEqual([['v1'], false]);
    broker.publish(`${BASE}/maps%2Feu/release`, 'eu', true);
    broker.publish(`${BASE}/firmware/release`, 'v1', true);
    broker.cut();
    await pass(60);
    expect(taken).toEqual(['v1', 'eu']);
  });

  it('gives what it has heard again in the next wake, and after a record that may prove it', async () => {
    const { link, broker, taken, pass, take } = deviceOf({ jitterUs: 0 });
    broker.publish(`${BASE}/firmware/release`, 'v1', true);
    link.wake(take);
    await pass(2);
    broker.publish(`${BASE}/proofs/0`, 'root', true);
    await pass(2);
    expect(taken).toEqual(['v1', 'v1', 'root']);
    link.sleep();
    broker.publish(`${BASE}/firmware/release`, 'v2', true);
    await pass(2);
    taken.length = 0;
    link.wake(take);
    await pass(2);
    expect(taken.sort()).toEqual(['root', 'v2']);
  });

  it('asks a broker that is away ever less often, and not in step with others', async () => {
    const { link, broker, warnings, pass, take } = deviceOf();
    broker.isUp = false;
    link.wake(take);
    await pass(7200);
    const gaps = broker.asked.map(({ atS }, i, all) => atS - (all[i - 1]?.atS ?? atS)).slice(1);
    // The random number is in the middle of 0.2 to 1 times the wait, which doubles from 2 s to 300 s.
    const expected = [2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((wait) => 0.6 * wait);
    expect(gaps.slice(0, 10).map((gap, i) => Math.abs(gap - expected[i]!) < 2)).toEqual(Array(10).fill(true));
    expect(broker.asked.length).toBeLessThan(60);
    expect(warnings).toHaveLength(1);
    // Nothing has piled up meanwhile: one message for each topic.
    broker.isUp = true;
    await pass(301);
    expect(broker.published.map(({ topic }) => topic)).toEqual([
      `${BASE}/devices/d1/state`,
      `${BASE}/devices/d1/status`,
    ]);
  });

  it('waits longer, too, when connections end soon after they were made, as where two devices have one name', async () => {
    const { link, broker, pass, take } = deviceOf();
    link.wake(take);
    for (let i = 0; i < 8; i++) {
      await pass(1);
      broker.cut();
      await pass(300);
    }
    const [before, last] = broker.asked.slice(-2);
    expect(last!.atS - before!.atS).toBeGreaterThan(60);
  });

  it('speaks MQTT 4 with a broker that does not know 5, and 5 again when that is replaced', async () => {
    const { link, broker, pass, take } = deviceOf();
    broker.protocol = 4;
    link.wake(take);
    await pass(5);
    expect(broker.asked.map(({ protocol }) => protocol)).toEqual([5, 4]);
    expect(broker.texts('/state')).toEqual(['online']);
  });

  it('obeys commands that it allows, also those that came while it was away, and no others', async () => {
    const { link, broker, obeyed, warnings, pass, take } = deviceOf({ commands: ['report', 'fetch', 'pause'] });
    const command = `${BASE}/devices/d1/command`;
    link.wake(take);
    await pass(2);
    broker.publish(command, 'fetch');
    await pass(1);
    broker.cut();
    broker.publish(command, ' pause\n');
    await pass(60);
    expect(obeyed).toEqual(['fetch', 'pause']);
    for (const text of ['resume', 'rm -rf /', '', 'fetch'.repeat(100), '\u0000']) broker.publish(command, text);
    broker.publish(command.replace('d1', 'd2'), 'fetch');
    await pass(2);
    expect(obeyed).toEqual(['fetch', 'pause']);
    expect(warnings.filter((text) => text.startsWith('not obeyed'))).toHaveLength(5);
    const before = broker.texts('/status').length;
    broker.publish(command, 'report');
    await pass(3);
    expect(broker.texts('/status').length).toBe(before);
  });

  it('does not obey a command that the broker has kept, and not any number of them', async () => {
    const { link, broker, obeyed, pass, take } = deviceOf();
    broker.publish(`${BASE}/devices/d1/command`, 'fetch', true);
    link.wake(take);
    await pass(2);
    expect(obeyed).toEqual([]);
    for (let i = 0; i < 1000; i++) broker.publish(`${BASE}/devices/d1/command`, 'fetch');
    await pass(2);
    expect(obeyed).toHaveLength(10);
  });

  it('keeps a bounded number of records of a hostile broker, and reads none that is too long', async () => {
    const { link, broker, taken, warnings, pass, take } = deviceOf({ jitterUs: 0, objects: ['**'] });
    link.wake(take);
    await pass(2);
    for (let i = 0; i < 1500; i++) broker.publish(`${BASE}/o${i}/release`, `${i}`, true);
    broker.publish(`${BASE}/long/release`, new Uint8Array(65_537), true);
    broker.publish(`${BASE}/%/release`, 'no name', true);
    broker.publish(`${BASE}/a/b/release`, 'no topic of ours', true);
    await pass(2);
    link.sleep();
    taken.length = 0;
    link.wake(take);
    // The newest thousand are kept.
    expect(taken).toHaveLength(1000);
    expect(taken).not.toContain('no name');
    expect(taken).not.toContain('no topic of ours');
    expect(warnings.filter((text) => text.includes('65537 bytes'))).toHaveLength(1);
  });

  it('says farewell when it sleeps, after it has told how it went, and is not connected then', async () => {
    const { link, broker, shown, pass, take } = deviceOf();
    link.wake(take);
    await pass(3);
    link.sleep();
    await pass(3);
    expect([broker.isConnected, broker.texts('/state').at(-1)]).toEqual([false, 'asleep']);
    // A program ends while the device sleeps.
    shown.state = 'applied';
    link.change();
    await pass(3);
    expect(broker.isConnected).toBe(false);
    expect(JSON.parse(broker.texts('/status').at(-1)!)).toMatchObject({ state: 'applied' });
    await pass(60);
    expect(broker.texts('/state').at(-1)).toBe('asleep');
  });

  it('gives up telling when it sleeps and the broker is away', async () => {
    const { link, broker, pass, take } = deviceOf();
    broker.isUp = false;
    link.wake(take);
    await pass(3);
    link.sleep();
    await pass(90);
    const count = broker.asked.length;
    await pass(3600);
    expect(broker.asked.length).toBe(count);
  });

  it('tells that it stops', async () => {
    const { link, broker, pass, take } = deviceOf();
    link.wake(take);
    await pass(3);
    const closing = link.close();
    await pass(1);
    await closing;
    expect([broker.isConnected, broker.texts('/state').at(-1)]).toEqual([false, 'stopped']);
    await pass(60);
    expect(broker.texts('/state').at(-1)).toBe('stopped');
  });

  it('tells that it stops, also when it has just said farewell because it sleeps', async () => {
    const { link, broker, pass, take } = deviceOf();
    link.wake(take);
    await pass(3);
    link.sleep();
    await pass(3);
    expect([broker.isConnected, broker.texts('/state').at(-1)]).toEqual([false, 'asleep']);
    const closing = link.close();
    await pass(1);
    await closing;
    expect([broker.isConnected, broker.texts('/state').at(-1)]).toEqual([false, 'stopped']);
  });

  it('leaves a broker that does not acknowledge its subscriptions, says so, and tries again', async () => {
    const { link, broker, warnings, pass, take } = deviceOf();
    broker.isMute = true;
    link.wake(take);
    await pass(60);
    expect(broker.asked.length).toBeGreaterThan(1);
    expect(warnings).toEqual(['no connection to the broker: it does not answer; trying again']);
    broker.isMute = false;
    await pass(120);
    expect(broker.texts('/state').at(-1)).toBe('online');
  });

  it('sleeps and stops at a broker that does not acknowledge its subscriptions', async () => {
    for (const end of ['sleep', 'close'] as const) {
      const { link, broker, pass, take } = deviceOf();
      broker.isMute = true;
      link.wake(take);
      await pass(3);
      let isClosed = false;
      if (end === 'sleep') {
        link.sleep();
        await pass(90);
        expect(broker.isConnected).toBe(false);
      }
      void link.close().then(() => {
        isClosed = true;
      });
      await pass(4);
      expect([isClosed, broker.isConnected]).toEqual([true, false]);
    }
  });

  it('stops within seconds where the broker is away, and at once where it has told nothing yet', async () => {
    const { link, broker, pass, take } = deviceOf();
    let isClosed = false;
    await deviceOf().link.close();
    link.wake(take);
    await pass(3);
    link.sleep();
    await pass(3);
    broker.isUp = false;
    void link.close().then(() => {
      isClosed = true;
    });
    await pass(4);
    expect(isClosed).toBe(true);
  });
});
