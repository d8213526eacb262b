import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../../dist/base/errors.js';
import { readInterfaces } from '../../../dist/net/interfaces/interface-table.js';
import { awaitInterface, mtuOf, usableInterfaces } from '../../../dist/net/interfaces/interfaces.js';
import { FakeInterfaces, FLAGS } from '../fake-interfaces.js';

const eth0 = { index: 2, addresses: { 'fe80::1': FLAGS.permanent, 'fd00:1::1': FLAGS.permanent } };
const eth1 = { index: 3, addresses: { 'fe80::2': FLAGS.permanent } };
const lo = { index: 1, addresses: { '::1': FLAGS.permanent } };

/** Waits on fake interfaces. `meanwhile[n]` runs during the pause after look n. A pause without such a function fails the test. */
function waiting(system: FakeInterfaces, name: string | undefined, wait: boolean, meanwhile: (() => void)[] = []) {
  const said: string[] = [];
  const stop = new AbortController();
  let lookCount = 1;
  const pause = async (ms: number) => {
    expect(ms).toBe(500);
    await Promise.resolve();
    const happens = meanwhile[lookCount++ - 1];
    if (happens === undefined) throw new Error(`looks again after look ${lookCount - 1}`);
    happens();
  };
  const found = awaitInterface(
    name,
    { wait, signal: stop.signal, onWaiting: (message) => said.push(message) },
    { readers: system, pause },
  );
  return { found, said, stop };
}

describe('waiting for an interface', () => {
  it('ends at once, without a message, when the interface is up and has an address', async () => {
    const { found, said } = waiting(new FakeInterfaces({ lo, eth0, eth1 }), 'eth1', true);
    expect(await found).toEqual({ name: 'eth1', addresses: ['fe80::2'] });
    expect(said).toEqual([]);
  });

  it('without a name takes the first interface that datagrams can be sent from', async () => {
    const tentative = { index: 2, addresses: { 'fe80::1': FLAGS.tentative } };
    const { found } = waiting(new FakeInterfaces({ lo, eth0: tentative, eth1 }), undefined, true);
    expect((await found).name).toBe('eth1');
  });

  it('fails at once without `wait`, and lists the interfaces that there are', async () => {
    const { found } = waiting(new FakeInterfaces({ lo, eth0 }), 'eth7', false);
    await expect(found).rejects.toMatchObject({
      code: 'UNKNOWN_INTERFACE',
      message: 'there is no interface "eth7"',
      hint: 'Bring the interface up, or name another with the option interface (here: eth0)',
    });
  });

  it.each([
    ['lo', 'interface "lo" is loopback and has no multicast'],
    ['eth0', 'interface "eth0" is down or has no IPv6 address'],
    [undefined, 'no interface with an IPv6 address is up'],
  ])('says why %s cannot be used', async (name, message) => {
    const system = new FakeInterfaces({ lo, eth0: { ...eth0, isDown: true } });
    await expect(waiting(system, name, false).found).rejects.toMatchObject({ code: 'UNKNOWN_INTERFACE', message });
  });

  it('looks until the interface is there, and gives one message', async () => {
    const system = new FakeInterfaces({ lo, eth0 });
    const { found, said } = waiting(system, 'eth1', true, [
      () => undefined,
      () => system.all.set('eth1', { ...eth1, isDown: true }),
      () => system.all.set('eth1', { ...eth1, addresses: { 'fe80::2': FLAGS.tentative } }),
      () => system.all.set('eth1', eth1),
    ]);
    expect((await found).name).toBe('eth1');
    expect(said).toEqual(['waiting for interface "eth1": there is no interface "eth1"']);
  });

  it('never takes another interface instead of a missing one', async () => {
    const { found, stop } = waiting(new FakeInterfaces({ eth0 }), 'eth1', true, [
      ...Array.from({ length: 50 }, () => () => undefined),
      () => stop.abort(),
    ]);
    await expect(found).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('ends with the reason of the signal if that is a LayercastError, and with ABORTED otherwise', async () => {
    const reason = new LayercastError('TIMEOUT', 'out of time');
    const first = waiting(new FakeInterfaces(), undefined, true, [() => first.stop.abort(reason)]);
    await expect(first.found).rejects.toBe(reason);
    const second = waiting(new FakeInterfaces(), 'eth0', true, [() => second.stop.abort('enough')]);
    await expect(second.found).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    await expect(
      awaitInterface('eth7', { wait: true, signal: AbortSignal.abort() }),
      'before the first look',
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('ends on an abort during a real pause', async () => {
    const stop = new AbortController();
    const onWaiting = () => stop.abort();
    await expect(awaitInterface('no-such-if', { wait: true, signal: stop.signal, onWaiting })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it('waits for a tentative address even without `wait`, and gives up after five seconds', async () => {
    const tentative = { index: 2, addresses: { 'fe80::1': FLAGS.tentative } };
    const system = new FakeInterfaces({ eth0: tentative });
    const soon = waiting(system, 'eth0', false, [() => undefined, () => system.all.set('eth0', eth0)]);
    expect((await soon.found).name).toBe('eth0');
    expect(soon.said).toEqual([
      'waiting for interface "eth0": fe80::1 on "eth0" is still tentative: duplicate address detection has not ended',
    ]);
    system.all.set('eth0', tentative);
    const never = waiting(
      system,
      'eth0',
      false,
      Array.from({ length: 10 }, () => () => undefined),
    );
    await expect(never.found).rejects.toMatchObject({
      code: 'UNKNOWN_INTERFACE',
      message: expect.stringContaining('tentative'),
    });
  });

  it('reports that another host has the address when duplicate address detection has failed', async () => {
    const system = new FakeInterfaces({ eth0: { index: 2, addresses: { 'fe80::1': FLAGS.duplicate } } });
    await expect(waiting(system, 'eth0', false).found).rejects.toMatchObject({
      code: 'UNKNOWN_INTERFACE',
      message: 'fe80::1 on "eth0" is also another host\'s address: duplicate address detection has failed',
    });
  });

  it.each(['optimistic', 'deprecated'] as const)('sends from an address that is %s', async (state) => {
    const system = new FakeInterfaces({ eth0: { index: 2, addresses: { 'fe80::1': FLAGS[state] } } });
    expect((await waiting(system, 'eth0', false).found).name).toBe('eth0');
  });
});

describe('the MTU of an interface', () => {
  it('is the value that the system has for the interface, and unknown for names that are not interfaces', () => {
    const system = new FakeInterfaces({ eth0: { ...eth0, mtuBytes: 1400 } });
    expect(mtuOf('eth0', system)).toBe(1400);
    for (const name of ['eth1', 'all', 'default', '../conf/eth0', '']) expect(mtuOf(name, system)).toBeUndefined();
  });
});

describe('the table of interfaces', () => {
  it('has the indexes of interfaces that are down, and ignores incomplete lines', () => {
    const system = new FakeInterfaces({ eth0: { ...eth0, isDown: true }, eth1 });
    expect(readInterfaces(system).indexOf('eth0')).toBe(2);
    expect(readInterfaces(system).addressesOf('eth0')).toEqual([]);
    const cut = { ...system, file: () => 'fe80 02\n\n   \n' };
    expect(readInterfaces(cut).addressesOf(undefined)).toEqual([]);
  });

  it('is made from the interfaces that Node lists where the files are missing', () => {
    const system = new FakeInterfaces({ lo, eth0, eth1: { index: 3, addresses: { 'fd00::1': FLAGS.permanent } } });
    const table = readInterfaces({ ...system, file: () => undefined });
    expect([table.indexOf('eth0'), table.indexOf('eth1'), table.indexOf('eth2')]).toEqual([2, 0, undefined]);
    expect(table.addressesOf(undefined).map(({ interface: name }) => name)).toEqual(['eth0', 'eth0', 'eth1']);
    expect(usableInterfaces(system).map(({ name }) => name)).toEqual(['eth0', 'eth1']);
  });

  it.runIf(process.platform === 'linux')('agrees with the system about every interface that is usable here', () => {
    const table = readInterfaces();
    for (const { name, addresses } of usableInterfaces()) {
      expect(table.indexOf(name), name).toBeGreaterThan(0);
      expect(table.addressesOf(name).length, name).toBeGreaterThanOrEqual(addresses.length);
    }
  });
});
