import type { KeyObject } from 'node:crypto';
import { hostname } from 'node:os';
import { LayercastError } from '../errors.js';
import type { Fleet, FleetObject, FleetServer } from '../fleet/fleet.js';
import { readText } from '../fleet/read-text.js';
import { chooseInterface, usableInterfaces } from '../net/interfaces.js';
import type { Destination } from '../ports.js';
import { privateKeyFrom } from '../wire/signature.js';
import { chooseServer } from './choose-host.js';

/** From where a host sends. */
export type SendingPlace = Pick<Destination, 'interface' | 'source'>;

/** Which server of a fleet this host is, and from where it sends. */
export interface Place extends SendingPlace {
  readonly fleet: Fleet;
  readonly server: FleetServer;
  /** Signs descriptors; undefined where records were signed elsewhere. */
  readonly key: KeyObject | undefined;
}

/**
 * Finds this host's place in a fleet.
 *
 * @param hostName the server to be; undefined has it found out.
 * @param interfaceName goes before what the fleet file says.
 * @throws {LayercastError} `UNKNOWN_HOST`, `UNKNOWN_INTERFACE`, `KEY_INVALID`, `FILE_NOT_FOUND`, `PERMISSION_DENIED`.
 */
export async function placeIn(
  fleet: Fleet,
  hostName: string | undefined,
  interfaceName: string | undefined,
): Promise<Place> {
  const addresses = usableInterfaces().flatMap((usable) => usable.addresses);
  const server = chooseServer(fleet, hostName, { name: hostname(), addresses });
  const chosen = chooseInterface(interfaceName ?? server.interface ?? fleet.interface);
  const { keyPath } = fleet;
  const key = keyPath === undefined ? undefined : privateKeyFrom(await readText(keyPath), keyPath);
  return { fleet, server, key, interface: chosen.name, source: sourceOf(fleet, server, addresses) };
}

/** Everything that the datagrams of an object depend on, except the file's content. */
export function settingsOf(object: FleetObject, { fleet, server, interface: interfaceName }: Place): string {
  const { objects: _, ...whole } = fleet;
  return JSON.stringify([object, whole, server, interfaceName]);
}

/**
 * The address to send from. Receivers of a source-specific fleet hear nothing from any other; elsewhere the file may as well
 * be one that was written for other hosts.
 */
function sourceOf(fleet: Fleet, server: FleetServer, addresses: readonly string[]): string | undefined {
  const { address, name } = server;
  if (address === undefined || addresses.includes(address)) return address;
  if (!fleet.ssm) return undefined;
  throw new LayercastError(
    'UNKNOWN_HOST',
    `server ${name} has the address ${address}, which is not one of this host's`,
    {
      hint: `Give it to an interface, or change the fleet file; here: ${addresses.join(', ') || 'none'}`,
    },
  );
}
