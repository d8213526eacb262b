import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { systemClock } from '../../../dist/base/system-clock.js';
import { usableInterfaces } from '../../../dist/net/interfaces/interfaces.js';
import { udpNetwork } from '../../../dist/net/portable/udp-network.js';
import { portContract } from '../port-contract.js';

/** No packet leaves the host: the hop limit is 0, and hosts do not report memberships of groups of this scope (RFC 3810, section 6). */
const GROUP = `ff11::${process.pid.toString(16).slice(-4)}:1`;
const BLOCK_US = 20_000;
const PATIENCE_US = 10e6;

const lan = usableInterfaces().find(({ name, addresses }) => {
  return addresses.length > 0 && !networkInterfaces()[name]?.some(({ internal }) => internal);
});

if (process.platform !== 'linux' || lan === undefined) {
  // As with beds (test/lab/allowed.ts): with CI=true nothing is skipped, and what cannot run fails with the reason.
  const report = process.env.CI === 'true' ? it : it.skip;
  report('the contract of ports: real sockets (skipped: needs Linux and an interface with an IPv6 address)', () => {
    expect.fail('no interface of this host has an IPv6 address; give it one, or unset CI');
  });
} else {
  portContract('real sockets, one datagram a call', () => ({
    network: udpNetwork,
    clock: systemClock,
    group: GROUP,
    interface: lan.name,
    sources: lan.addresses.slice(0, 2),
    strangers: [],
    maxDatagramBytes: 65_527,
    refusesLonger: true,
    // Enough to fill the receive buffers of two sockets, 4 MB each.
    overflowCount: 8000,
    settle: (promise) => promise,
    until: async (isSo) => {
      const endUs = systemClock.nowUs() + PATIENCE_US;
      while (!isSo() && systemClock.nowUs() < endUs) await new Promise(setImmediate);
    },
    block: () => {
      const endUs = systemClock.nowUs() + BLOCK_US;
      while (systemClock.nowUs() < endUs);
    },
  }));
}
