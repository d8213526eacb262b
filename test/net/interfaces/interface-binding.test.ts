import { beforeEach, describe, expect, it } from 'vitest';
import { InterfaceBinding, SourceBinding } from '../../../dist/net/interfaces/interface-binding.js';
import { InterfaceWatch } from '../../../dist/net/interfaces/interface-watch.js';
import { sourceChoice, sourceState } from '../../../dist/net/interfaces/source-address.js';
import { type FakeInterface, FakeInterfaces, FLAGS } from '../fake-interfaces.js';

const eth0: FakeInterface = { index: 2, addresses: { 'fe80::1': FLAGS.permanent, 'fd00:1::1': FLAGS.permanent } };
const eth1: FakeInterface = { index: 3, addresses: { 'fe80::2': FLAGS.permanent } };

let system: FakeInterfaces;
let nowMs: number;
let watch: InterfaceWatch;
beforeEach(() => {
  system = new FakeInterfaces({ eth0, eth1 });
  nowMs = 0;
  watch = new InterfaceWatch(system, () => nowMs);
});

/** Changes of interfaces, and whether each makes a socket stale that was opened on eth1 before. */
const changes: readonly [string, boolean, () => void][] = [
  ['nothing happens to it', false, () => undefined],
  ['it is deleted', true, () => system.all.delete('eth1')],
  ['it is deleted and created again', true, () => system.all.set('eth1', { ...eth1, index: 4 })],
  [
    'it is being deleted, and its addresses outlive its name',
    true,
    () => system.all.set('eth1', { ...eth1, isBeingDeleted: true }),
  ],
  ['it is renamed', true, () => rename('eth1', 'wan0')],
  [
    'it is renamed and another takes its name',
    true,
    () => {
      rename('eth1', 'wan0');
      rename('eth0', 'eth1');
    },
  ],
  ['it is taken down', false, () => system.all.set('eth1', { ...eth1, isDown: true })],
  [
    'it has another address',
    false,
    () => system.all.set('eth1', { ...eth1, addresses: { 'fe80::3': FLAGS.permanent } }),
  ],
  ['another interface is deleted', false, () => system.all.delete('eth0')],
];

function rename(from: string, to: string): void {
  const one = system.all.get(from)!;
  system.all.delete(from);
  system.all.set(to, one);
}

describe('a socket on a named interface', () => {
  it.each(changes)('when %s: is stale within a second: %s', (_, isStale, change) => {
    const binding = new InterfaceBinding('eth1', watch);
    change();
    nowMs += 1000;
    expect(binding.isStale).toBe(isStale);
    if (isStale) expect(() => binding.verify()).toThrow(expect.objectContaining({ code: 'UNKNOWN_INTERFACE' }));
    else binding.verify();
  });

  it('verifies the present interfaces, not those of a second ago', () => {
    const binding = new InterfaceBinding('eth1', watch);
    system.all.set('eth1', { ...eth1, index: 4 });
    expect(() => binding.verify()).toThrow('another interface has the name "eth1" now');
    system.all.delete('eth1');
    expect(() => binding.verify()).toThrow('there is no interface "eth1"');
  });

  it('is not opened while no interface has the name', () => {
    expect(() => new InterfaceBinding('eth7', watch)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_INTERFACE', message: 'there is no interface "eth7"' }),
    );
  });

  it('costs one reading of the interfaces a second, however many sockets ask and however often', () => {
    const bindings = Array.from({ length: 100 }, () => new InterfaceBinding('eth1', watch));
    const before = system.readCount;
    let staleCount = 0;
    for (; nowMs < 3000; nowMs++) staleCount += bindings.filter(({ isStale }) => isStale).length;
    expect(staleCount).toBe(0);
    // Each reading reads two files. The reading before this was at time 0.
    expect(system.readCount - before).toBe(2 * 2);
  });
});

describe('a socket on an interface that the system chooses', () => {
  it('is never stale, and has no zone', () => {
    const binding = new InterfaceBinding(undefined, watch);
    system.all.clear();
    nowMs += 1000;
    expect(binding.isStale).toBe(false);
    expect([binding.zone, binding.index]).toEqual(['', 0]);
    binding.verify();
  });
});

describe('the source address of a socket', () => {
  const later = () => {
    nowMs += 1000;
  };
  it.each([
    ['eth0', 'fd00:1::1'],
    ['eth0', 'fe80::1%eth0'],
    [undefined, 'fd00:1::1'],
  ])('on %s, %s, is stale when no longer there', (name, address) => {
    const source = new SourceBinding(name, address, false, watch);
    later();
    expect(source.isStale).toBe(false);
    system.all.set('eth0', { ...eth0, addresses: { 'fd00:1::2': FLAGS.permanent } });
    later();
    expect(source.isStale).toBe(true);
  });

  it('is stale when it has moved to another interface, but not when another interface always had it', () => {
    const source = new SourceBinding('eth0', 'fd00:1::1', false, watch);
    const borrowed = new SourceBinding('eth1', 'fd00:1::1', false, watch);
    later();
    expect(borrowed.isStale).toBe(false);
    system.all.set('eth0', eth1);
    system.all.set('eth1', eth0);
    later();
    expect(source.isStale).toBe(true);
  });

  it('is stale when the system chose a link-local address and the interface gets one that routers forward', () => {
    const makeshift = new SourceBinding('eth1', 'fe80::2', true, watch);
    const meant = new SourceBinding('eth1', 'fe80::2', false, watch);
    const anywhere = new SourceBinding(undefined, 'fe80::2', true, watch);
    later();
    expect([makeshift, meant, anywhere].map(({ isStale }) => isStale)).toEqual([false, false, false]);
    system.all.set('eth1', { ...eth1, addresses: { ...eth1.addresses, 'fd00:2::2': FLAGS.tentative } });
    later();
    expect(makeshift.isStale).toBe(false);
    system.all.set('eth1', { ...eth1, addresses: { ...eth1.addresses, 'fd00:2::2': FLAGS.permanent } });
    later();
    expect([makeshift, meant, anywhere].map(({ isStale }) => isStale)).toEqual([true, false, false]);
  });

  const destination = { group: 'ff15::1', port: 4242, hopLimit: 1, dscp: 0 };

  it('decides the interface when it is link-local', () => {
    const choose = (source: string | undefined, name?: string) =>
      sourceChoice({ ...destination, source, interface: name }, watch);
    expect(choose('fe80::2')).toEqual({ interface: 'eth1', source: 'fe80::2', isLinkLocal: true });
    expect(choose('fe80::2', 'eth0')).toMatchObject({ interface: 'eth0', isLinkLocal: true });
    expect(choose('fd00:1::1')).toMatchObject({ interface: undefined, isLinkLocal: false });
    expect(choose(undefined)).toMatchObject({ interface: undefined, isLinkLocal: false });
    expect(() => choose('fe80::9')).toThrow('no interface has the link-local address fe80::9');
    system.all.set('eth2', { ...eth1, index: 4 });
    expect(() => choose('fe80::2')).toThrow('several interfaces have the link-local address fe80::2: eth1, eth2');
  });

  it('is found tentative or duplicate, whether it was requested or the system chose it', () => {
    system.all.set('eth0', { index: 2, addresses: { 'fe80::1': FLAGS.permanent, 'fd00::1': FLAGS.tentative } });
    system.all.set('eth1', { index: 3, addresses: { 'fe80::2': FLAGS.duplicate } });
    const state = (name: string | undefined, source?: string) =>
      sourceState({ interface: name, source, isLinkLocal: false }, watch.fresh());
    expect(state('eth0', 'fd00::1')).toBe('tentative');
    expect(state('eth1', 'fd00::1')).toBe('tentative');
    expect(state('eth0')).toBe('tentative');
    expect(state('eth1')).toBe('duplicate');
    expect(state(undefined)).toBe('tentative');
    expect(state('eth0', 'fe80::1')).toBe('usable');
    expect(state('eth0', 'fd00::9')).toBeUndefined();
  });
});
