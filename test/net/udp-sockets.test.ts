import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SourceTable } from '../../dist/base/source-table.js';
import { systemClock } from '../../dist/base/system-clock.js';
import { InterfaceWatch } from '../../dist/net/interfaces/interface-watch.js';
import { joinUdpGroup } from '../../dist/net/portable/udp-membership.js';
import { openUdpSender } from '../../dist/net/portable/udp-sender.js';
import { FakeInterfaces, FLAGS } from './fake-interfaces.js';

/** No datagram of these tests leaves the host: the interface is loopback, and the source addresses are not this host's. */
const destination = { group: 'ff11::aaaa:1', port: 4242, interface: 'lo', source: undefined, hopLimit: 0, dscp: 0 };
const foreign = { ...destination, interface: undefined, source: '2001:db8::77' };
const lo = { index: 1, addresses: { '::1': FLAGS.permanent } };
const world = { clock: systemClock, sources: new SourceTable('test') };
const never = () => Promise.reject(new Error('waits'));

/** A watch whose interfaces change just after the first reading. */
function changing(before: FakeInterfaces, change: () => void): InterfaceWatch {
  let lookCount = 0;
  const file = (path: string) => {
    if (path === '/proc/self/net/if_inet6' && lookCount++ === 1) change();
    return before.file(path);
  };
  return new InterfaceWatch({ ...before, file }, () => 0);
}

const isLinux = process.platform === 'linux';

describe.runIf(isLinux)('a socket that is opened while its interface changes', () => {
  it.each([
    ['is deleted', (system: FakeInterfaces) => system.all.delete('lo')],
    ['is replaced', (system: FakeInterfaces) => system.all.set('lo', { ...lo, index: 9 })],
  ])('is closed again, and the error says so, when the interface %s', async (_, change) => {
    const openBefore = readdirSync('/proc/self/fd').length;
    for (const dscp of [0, 8]) {
      const system = new FakeInterfaces({ lo });
      const watch = changing(system, () => change(system));
      await expect(openUdpSender({ ...destination, dscp }, { watch, pause: never })).rejects.toMatchObject({
        code: 'UNKNOWN_INTERFACE',
      });
    }
    for (const sources of [[], ['2001:db8::1', '2001:db8::2', '2001:db8::1']]) {
      const system = new FakeInterfaces({ lo });
      const watch = changing(system, () => change(system));
      const group = sources.length === 0 ? 'ff11::aaaa:1' : 'ff31::8000:1';
      const request = { group, port: 42421, interface: 'lo', sources };
      await expect(joinUdpGroup(request, () => undefined, { ...world, watch })).rejects.toMatchObject({
        code: 'UNKNOWN_INTERFACE',
      });
    }
    await new Promise(setImmediate);
    expect(readdirSync('/proc/self/fd').length).toBe(openBefore);
  });
});

describe.runIf(isLinux)('a socket whose source address the system refuses', () => {
  it.each([0, 8])('is tried again for five seconds while the address is tentative (dscp %i)', async (dscp) => {
    const eth0 = { index: 2, addresses: { [foreign.source]: FLAGS.tentative } };
    const pauses: number[] = [];
    const world = {
      watch: new InterfaceWatch(new FakeInterfaces({ lo, eth0 }), () => 0),
      pause: async (ms: number) => void pauses.push(ms),
    };
    await expect(openUdpSender({ ...foreign, dscp }, world)).rejects.toMatchObject({
      code: 'NETWORK_UNAVAILABLE',
      message: expect.stringContaining('2001:db8::77 is still tentative'),
    });
    expect(pauses).toEqual(Array.from({ length: 20 }, () => 250));
  });

  it.each([
    [FLAGS.duplicate, "2001:db8::77 is also another host's address"],
    [undefined, '2001:db8::77 is not an address of this host'],
  ])('is not tried again for any other reason (flags %s)', async (flags, message) => {
    const addresses: Record<string, number> = flags === undefined ? {} : { [foreign.source]: flags };
    const watch = new InterfaceWatch(new FakeInterfaces({ lo, eth0: { index: 2, addresses } }), () => 0);
    for (const dscp of [0, 8]) {
      await expect(openUdpSender({ ...foreign, dscp }, { watch, pause: never })).rejects.toMatchObject({
        code: 'NETWORK_UNAVAILABLE',
        message: expect.stringContaining(message),
      });
    }
  });
});
