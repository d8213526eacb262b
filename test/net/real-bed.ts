import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import type { Network } from '../../dist/base/ports.js';
import { systemClock } from '../../dist/base/system-clock.js';
import { usableInterfaces } from '../../dist/net/interfaces/interfaces.js';
import { type PortBed, portContract } from './port-contract.js';

const BLOCK_US = 20_000;
const PATIENCE_US = 10e6;

/** An interface of this host with an IPv6 address; undefined where there is none, or the system is not Linux. */
export const lan = usableInterfaces().find(({ name, addresses }) => {
  const isLoopback = networkInterfaces()[name]?.some(({ internal }) => internal);
  return process.platform === 'linux' && addresses.length > 0 && !isLoopback;
});

/**
 * A group for the tests of one file. No packet leaves the host: the hop limit is 0, and hosts do not report memberships of groups
 * of this scope (RFC 3810, section 6).
 */
export function groupFor(file: number): string {
  return `ff11::${process.pid.toString(16).slice(-4)}:${file.toString(16)}`;
}

/** As with beds (test/lab/allowed.ts): with CI=true nothing is skipped, and what cannot run fails with the reason. */
export function skipOrFail(title: string, reason: string): void {
  const report = process.env.CI === 'true' ? it : it.skip;
  report(`${title} (skipped: ${reason})`, () => {
    expect.fail(`${reason}; change that, or unset CI`);
  });
}

/** The contract of ports on sockets of this host. */
export function realContract(name: string, network: Network, file: number, overflowCount: number): void {
  if (lan === undefined) {
    skipOrFail(`the contract of ports: ${name}`, 'needs Linux and an interface with an IPv6 address');
    return;
  }
  portContract(name, () => realBed(network, file, overflowCount));
}

function realBed(network: Network, file: number, overflowCount: number): PortBed {
  return {
    network,
    clock: systemClock,
    group: groupFor(file),
    interface: lan?.name,
    sources: lan?.addresses.slice(0, 2) ?? [],
    strangers: [],
    maxDatagramBytes: 65_527,
    refusesLonger: true,
    overflowCount,
    settle: (promise) => promise,
    until: async (isSo) => {
      const endUs = systemClock.nowUs() + PATIENCE_US;
      while (!isSo() && systemClock.nowUs() < endUs) await new Promise(setImmediate);
    },
    block: () => {
      const endUs = systemClock.nowUs() + BLOCK_US;
      while (systemClock.nowUs() < endUs);
    },
  };
}
