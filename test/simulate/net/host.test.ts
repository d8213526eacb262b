import type { Clock, Network } from '../../../dist/base/ports.js';
import { VirtualNetwork } from '../../../dist/simulate/net/network.js';
import { coalescing } from '../../net/coalescing.js';
import { type PortBed, portContract } from '../../net/port-contract.js';

const strangers = Array.from({ length: 3000 }, (_, i) => `fd00:bad::${i.toString(16)}`);

function bedOf(portOf: (host: Network, clock: Clock) => Network, overflowCount: number): PortBed {
  const world = new VirtualNetwork('contract');
  const host = world.addHost({ name: 'host', address: 'fd00::1', scrubs: true });
  return {
    network: portOf(host, host.clock),
    clock: host.clock,
    group: 'ff15::1',
    interface: 'sim0',
    sources: ['fd00::1', 'fd00::2'],
    strangers,
    maxDatagramBytes: 65_527,
    refusesLonger: false,
    overflowCount,
    settle: (promise) => world.clock.until(promise, world.clock.nowUs + 1e6),
    until: async (isSo) => {
      for (let i = 0; i < 100 && !isSo(); i++) await world.clock.run(world.clock.nowUs + 1000);
    },
    block: () => undefined,
  };
}

portContract('a simulated host', () => bedOf((host) => host, 0));

portContract('a simulated host whose system puts datagrams together', () =>
  bedOf((host, clock) => coalescing(host, clock, { dropInterval: 250 }), 1000),
);
