import { networkInterfaces } from 'node:os';
import { LayercastError } from '../errors.js';

/** An interface that datagrams can leave by: up, not loopback, with an IPv6 address. */
export interface UsableInterface {
  readonly name: string;
  /** Its IPv6 addresses without zone, link-local ones included. */
  readonly addresses: readonly string[];
}

/** What there is to choose from, in the system's order. Loopback is left out: multicast does not work there. */
export function usableInterfaces(): readonly UsableInterface[] {
  return Object.entries(networkInterfaces()).flatMap(([name, entries = []]) => {
    const addresses = entries
      .filter((entry) => entry.family === 'IPv6' && !entry.internal)
      .map((entry) => entry.address);
    return addresses.length === 0 ? [] : [{ name, addresses }];
  });
}

/**
 * The interface of this name; without a name the first usable one, which on most hosts is the only one.
 *
 * @throws {LayercastError} `UNKNOWN_INTERFACE` when there is none, listing those there are.
 */
export function chooseInterface(name: string | undefined): UsableInterface {
  const usable = usableInterfaces();
  const chosen = name === undefined ? usable[0] : usable.find((candidate) => candidate.name === name);
  if (chosen) return chosen;
  const present =
    usable.length === 0 ? 'none here has an IPv6 address' : `here: ${usable.map((one) => one.name).join(', ')}`;
  throw new LayercastError(
    'UNKNOWN_INTERFACE',
    name === undefined
      ? 'no interface with an IPv6 address is up'
      : `no interface "${name}" with an IPv6 address is up`,
    {
      hint:
        name === undefined
          ? 'Bring an interface up and give it an IPv6 address'
          : `Name another with --interface (${present})`,
    },
  );
}
