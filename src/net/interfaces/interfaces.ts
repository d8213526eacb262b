import { setTimeout as pauseFor } from 'node:timers/promises';
import { type Hint, LayercastError } from '../../base/errors.js';
import {
  type AddressState,
  digitsOf,
  type InterfaceReaders,
  type InterfaceTable,
  LOOPBACK,
  readInterfaces,
  systemReaders,
} from './interface-table.js';

/**
 * How often layercast looks for a missing interface or address. Half a second is short compared with the time that an interface
 * takes to come up.
 */
export const LOOK_INTERVAL_MS = 500;

/**
 * How long an address may stay tentative before the interface counts as unusable. Duplicate address detection takes at most a
 * second of random delay and a second for each probe (RFC 4862, section 5.4), of which there is one unless someone asked for
 * more: five seconds are enough for four probes.
 */
export const TENTATIVE_PATIENCE_MS = 5_000;

/** An interface that datagrams can leave by: up, not loopback, with an IPv6 address. */
export interface UsableInterface {
  readonly name: string;
  /** Its IPv6 addresses without zone: link-local and tentative ones included. */
  readonly addresses: readonly string[];
}

/** What `awaitInterface` needs from the system. Tests pass their own. */
export interface InterfaceWorld {
  readonly readers: InterfaceReaders;
  /** Resolves after `ms` milliseconds, or when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

const systemWorld: InterfaceWorld = {
  readers: systemReaders,
  pause: (ms, signal) => pauseFor(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
};

/** The interfaces to choose from, in the system's order. Loopback is left out, because it has no multicast. */
export function usableInterfaces(readers: InterfaceReaders = systemReaders): readonly UsableInterface[] {
  return Object.entries(readers.interfaces()).flatMap(([name, entries = []]) => {
    const addresses = entries
      .filter((entry) => entry.family === 'IPv6' && !entry.internal)
      .map((entry) => entry.address);
    return addresses.length === 0 ? [] : [{ name, addresses }];
  });
}

/**
 * Waits for the interface of this name to be up and to have an IPv6 address that datagrams can be sent from: one that is no longer
 * tentative. Without a name, waits for the first interface with such an address; most hosts have only one.
 *
 * @param options.wait whether to look again every half second until there is such an interface. Otherwise the call waits only while
 * an address is tentative, for `TENTATIVE_PATIENCE_MS` at most.
 * @param options.onWaiting called at most once, with a message, when the first look finds no usable interface.
 * @throws {LayercastError} `UNKNOWN_INTERFACE` without `wait`, listing the interfaces that there are; `ABORTED`, or the
 * `LayercastError` that is the signal's reason, when the signal is aborted.
 */
export async function awaitInterface(
  name: string | undefined,
  options: {
    readonly wait: boolean;
    readonly signal?: AbortSignal | undefined;
    readonly onWaiting?: ((message: string) => void) | undefined;
  },
  { readers, pause }: InterfaceWorld = systemWorld,
): Promise<UsableInterface> {
  const { wait, signal, onWaiting } = options;
  for (let waitedMs = 0; ; waitedMs += LOOK_INTERVAL_MS) {
    if (signal?.aborted) throw aborted(name, signal);
    const usable = usableInterfaces(readers);
    const candidates = usable.filter((candidate) => name === undefined || candidate.name === name);
    const table = readInterfaces(readers);
    const ready = candidates.find((candidate) => stateOf(candidate, table) === 'usable');
    if (ready) return ready;
    const tentative = candidates.find((candidate) => stateOf(candidate, table) === 'tentative');
    const fault = faultOf(tentative ?? candidates[0], name, table);
    const isBrief = tentative !== undefined && waitedMs < TENTATIVE_PATIENCE_MS;
    if (!wait && !isBrief) throw unusable(name, fault, usable);
    if (waitedMs === 0) onWaiting?.(`waiting for ${nounOf(name)}: ${fault}`);
    await pause(LOOK_INTERVAL_MS, signal);
  }
}

/**
 * The largest IPv6 packet that an interface sends whole, in bytes; undefined when no interface has the name, or the system
 * does not tell (elsewhere than on Linux).
 */
export function mtuOf(name: string, readers: InterfaceReaders = systemReaders): number | undefined {
  // Beside the interfaces the folder has entries named "all" and "default".
  if (readInterfaces(readers).indexOf(name) === undefined) return undefined;
  const mtuBytes = Number(readers.file(`/proc/sys/net/ipv6/conf/${name}/mtu`));
  return mtuBytes > 0 ? mtuBytes : undefined;
}

/** The error for an interface that cannot be used: `fault` says why. The hint lists the others that can be. */
export function unusable(
  name: string | undefined,
  fault: string,
  usable: readonly UsableInterface[] = usableInterfaces(),
): LayercastError {
  const others = usable.filter((one) => one.name !== name).map((one) => one.name);
  const present = others.length === 0 ? 'no other has an IPv6 address' : `here: ${others.join(', ')}`;
  const hint: Hint =
    name === undefined
      ? 'Bring an interface up and give it an IPv6 address'
      : (say) => `Bring the interface up, or name another with ${say('interface')} (${present})`;
  return new LayercastError('UNKNOWN_INTERFACE', fault, { hint });
}

/** Why an interface is not among the usable ones. */
export function whyMissing(name: string | undefined, table: InterfaceTable): string {
  if (name === undefined) return 'no interface with an IPv6 address is up';
  if (table.indexOf(name) === undefined) return `there is no interface "${name}"`;
  const addresses = table.addressesOf(name);
  if (addresses.some(({ digits }) => digits === LOOPBACK))
    return `interface "${name}" is loopback and has no multicast`;
  return `interface "${name}" is down or has no ${addresses.length === 0 ? 'IPv6 address' : 'carrier'}`;
}

/** The best state of an interface's addresses. */
function stateOf({ name, addresses }: UsableInterface, table: InterfaceTable): AddressState {
  const states = addresses.map((address) => table.stateOf(name, digitsOf(address)) ?? 'usable');
  return (['usable', 'tentative'] as const).find((state) => states.includes(state)) ?? 'duplicate';
}

/** Why this candidate (or without one, no interface of this name) is not ready. */
function faultOf(candidate: UsableInterface | undefined, name: string | undefined, table: InterfaceTable): string {
  if (candidate === undefined) return whyMissing(name, table);
  const addresses = `${candidate.addresses.join(', ')} on "${candidate.name}"`;
  return stateOf(candidate, table) === 'tentative'
    ? `${addresses} is still tentative: duplicate address detection has not ended`
    : `${addresses} is also another host's address: duplicate address detection has failed`;
}

function aborted(name: string | undefined, { reason }: AbortSignal): LayercastError {
  if (reason instanceof LayercastError) return reason;
  return new LayercastError('ABORTED', `stopped while waiting for ${nounOf(name)}`, { cause: reason });
}

function nounOf(name: string | undefined): string {
  return name === undefined ? 'an interface' : `interface "${name}"`;
}
