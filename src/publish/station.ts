import type { KeyObject } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as pauseFor } from 'node:timers/promises';
import { LayercastError } from '../base/errors.js';
import type { Network } from '../base/ports.js';
import { readKeyText } from '../config/read-text.js';
import type { Fleet, FleetObject, FleetServer } from '../fleet/fleet.js';
import { digitsOf, isLinkLocal } from '../net/interfaces/interface-table.js';
import { awaitInterface, LOOK_INTERVAL_MS, usableInterfaces } from '../net/interfaces/interfaces.js';
import { rawPublicKey } from '../wire/public-key.js';
import { derivedServerKey } from '../wire/server-keys.js';
import { privateKeyFrom } from '../wire/signature.js';
import { chooseServer } from './choose-host.js';
import { type FleetRoot, readFleetRoot } from './records/fleet-root.js';
import { serverKeyIn } from './records/server-key-file.js';
import { hasOwnKey } from './records/server-keys.js';

/** The server of a fleet that this host is, with the interface and the key that it uses. */
export interface Station {
  readonly fleet: Fleet;
  readonly server: FleetServer;
  /** Signs descriptors; undefined if records were signed elsewhere. */
  readonly key: KeyObject | undefined;
  /** Signs the runs of this server, where the descriptor names its public half; undefined if there is none. */
  readonly serverKey: KeyObject | undefined;
  /** Whose signatures count, and the key that signs catalogues; undefined in a fleet with one key. */
  readonly root?: FleetRoot | undefined;
  /** The only interface to send on. */
  readonly interface: string;
}

export interface StationOptions {
  /** Name of the server that this host is; undefined: found by this host's name or addresses. */
  readonly host: string | undefined;
  /** The interface to send on; undefined: as the fleet file says. */
  readonly interface: string | undefined;
  /** Where a server that cannot derive its key keeps it. */
  readonly stateDir: string;
  /** The interface that was used before. If no setting names an interface, this one stays in use as long as it is there. */
  readonly interfaceBefore: string | undefined;
  /** Whether to wait for an interface, or for an address that has to be there. */
  readonly wait: boolean;
  readonly signal: AbortSignal;
  readonly onWaiting: (message: string) => void;
}

/**
 * Finds this host's station in a fleet.
 *
 * @throws {LayercastError} `UNKNOWN_HOST`, `UNKNOWN_INTERFACE`, `KEY_INVALID`, `FILE_NOT_FOUND`, `PERMISSION_DENIED`; also the
 * reason of the signal
 */
export async function findStation(fleet: Fleet, options: StationOptions): Promise<Station> {
  const server = await awaitServer(fleet, options);
  const { keyPath } = fleet;
  const key = keyPath === undefined ? undefined : privateKeyFrom(await readKeyText(keyPath), keyPath);
  await awaitSource(fleet, server, options);
  const named = options.interface ?? server.interface ?? fleet.interface;
  const name = named ?? interfaceWith(server.address) ?? stillUsable(options.interfaceBefore);
  const chosen = await awaitInterface(name, options);
  const serverKey =
    key === undefined || hasOwnKey(server, key)
      ? await ownKey(options.stateDir)
      : derivedServerKey(key, fleet.name, server.name);
  const root = await readFleetRoot(fleet, [key, serverKey]);
  return { fleet, server, key, serverKey, root, interface: chosen.name };
}

/** The key in the state directory; undefined if the directory cannot be used, of which a warning tells. */
async function ownKey(stateDir: string): Promise<KeyObject | undefined> {
  return serverKeyIn(stateDir).catch((error: unknown) => {
    if (error instanceof LayercastError && error.code === 'KEY_INVALID') throw error;
    return undefined;
  });
}

/** All settings on which the datagrams of an object depend, as a text to compare; without the settings of its record alone. */
export function settingsOf(
  { expiresAfterUs: _, compatible: _classes, schedule: _windows, ...object }: FleetObject,
  station: Station,
): string {
  const { fleet, server } = station;
  const servers = fleet.servers.map(({ name, index, address, offset, channels, objects, publicKey }) => {
    return [name, index, address, offset, channels, objects, publicKey];
  });
  return JSON.stringify([frameOf(station), fleet.symbolBytes, fleet.blockSymbols, object, servers, server]);
}

/** The settings that all objects of a server share, as a text to compare. When they change, no object can go on as before. */
export function frameOf({ fleet, server, serverKey, interface: interfaceName }: Station): string {
  const keyHex = serverKey === undefined ? null : Buffer.from(rawPublicKey(serverKey)).toString('hex');
  const place = [server.name, server.index, server.address ?? null, interfaceName];
  return JSON.stringify([fleet.name, fleet.ssm, ...place, keyHex]);
}

/**
 * A network that checks, whenever a socket is opened, whether this host has the address to send from. Receivers of a
 * source-specific fleet accept no other address, so the socket is refused. For other fleets the file may have been written for
 * other hosts, and the system chooses an address.
 *
 * @param isSourceNeeded whether the fleet is source-specific now
 */
export function fromOwnAddress(network: Network, isSourceNeeded: () => boolean): Network {
  return {
    ...network,
    // A spread leaves out what a class defines.
    capabilities: network.capabilities,
    join: (request, onBatch) => network.join(request, onBatch),
    openSender: async (destination) => {
      const { source } = destination;
      if (source === undefined || hostAddresses().includes(source)) return network.openSender(destination);
      if (isSourceNeeded()) throw missingSource(source);
      return network.openSender({ ...destination, source: undefined });
    },
  };
}

/**
 * The server that this host is. At boot the address that decides this may still be missing: a host that has only link-local
 * addresses waits for others.
 */
async function awaitServer(fleet: Fleet, { host, wait, signal, onWaiting }: StationOptions): Promise<FleetServer> {
  const isByAddress = host === undefined && fleet.servers.some(({ address }) => address !== undefined);
  for (let isFirst = true; ; isFirst = false) {
    const addresses = hostAddresses();
    try {
      return chooseServer(fleet, host, { name: hostname(), addresses });
    } catch (error) {
      const isEarly = addresses.every((address) => isLinkLocal(digitsOf(address)));
      if (!wait || !isByAddress || !isEarly) throw error;
    }
    if (isFirst) {
      onWaiting(
        `waiting for an address: no server of fleet ${fleet.name} is called ${hostname()}, and this host has ` +
          `${addresses.length === 0 ? 'no address' : 'only link-local addresses'} yet`,
      );
    }
    await pauseBeforeLooking(signal);
  }
}

async function awaitSource(fleet: Fleet, { address }: FleetServer, options: StationOptions): Promise<void> {
  if (!fleet.ssm || address === undefined) return;
  const { wait, signal, onWaiting } = options;
  for (let isFirst = true; !hostAddresses().includes(address); isFirst = false) {
    if (!wait) throw missingSource(address);
    if (isFirst) onWaiting(`waiting for the address ${address}: no interface of this host has it`);
    await pauseBeforeLooking(signal);
  }
}

/** @throws the reason of the signal when it is aborted. */
async function pauseBeforeLooking(signal: AbortSignal): Promise<void> {
  await pauseFor(LOOK_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}

function missingSource(address: string): LayercastError {
  return new LayercastError('UNKNOWN_HOST', `${address} is not one of this host's addresses`, {
    hint: `Give it to an interface, or change the fleet file; here: ${hostAddresses().join(', ') || 'none'}`,
  });
}

/** The interface that has the address to send from, for when no setting names an interface. */
function interfaceWith(address: string | undefined): string | undefined {
  return usableInterfaces().find(({ addresses }) => address !== undefined && addresses.includes(address))?.name;
}

function stillUsable(name: string | undefined): string | undefined {
  return usableInterfaces().some((usable) => usable.name === name) ? name : undefined;
}

function hostAddresses(): readonly string[] {
  return usableInterfaces().flatMap(({ addresses }) => addresses);
}
