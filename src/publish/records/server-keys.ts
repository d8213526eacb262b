import type { KeyObject } from 'node:crypto';
import type { Fleet, FleetServer } from '../../fleet/fleet.js';
import type { Descriptor } from '../../wire/descriptor.js';
import { rawPublicKey } from '../../wire/public-key.js';
import { derivedServerKey } from '../../wire/server-keys.js';

/** The public keys of a fleet's servers, by index, as descriptors name them; servers without a key are left out. */
export type ServerPublicKeys = ReadonlyMap<number, Uint8Array>;

/**
 * The public keys of a fleet's servers: those that the fleet file gives, and otherwise those that follow from the fleet's key.
 *
 * @param fleetKey the fleet's private key, on a server that has it. Where records are signed for servers without it, it is undefined: such
 * a server cannot derive its key.
 */
export function serverPublicKeys(fleet: Fleet, fleetKey: KeyObject | undefined): ServerPublicKeys {
  const keys = new Map<number, Uint8Array>();
  for (const { index, name, publicKey } of fleet.servers) {
    if (publicKey !== undefined) keys.set(index, Buffer.from(publicKey, 'base64'));
    else if (fleetKey !== undefined) keys.set(index, rawPublicKey(derivedServerKey(fleetKey, fleet.name, name)));
  }
  return keys;
}

/** Whether a server of this fleet signs with the key in its state directory: it cannot derive one, or the fleet file gives its public half. */
export function hasOwnKey({ publicKey }: FleetServer, fleetKey: KeyObject | undefined): boolean {
  return fleetKey === undefined || publicKey !== undefined;
}

/** The key by which a server signs its runs of an object: its own, if the signed descriptor names it; undefined if not. */
export function runKeyFor(
  { servers }: Descriptor,
  serverIndex: number,
  serverKey: KeyObject | undefined,
): KeyObject | undefined {
  const named = servers.find(({ index }) => index === serverIndex)?.publicKey;
  if (serverKey === undefined || named === undefined) return undefined;
  return Buffer.compare(named, rawPublicKey(serverKey)) === 0 ? serverKey : undefined;
}
