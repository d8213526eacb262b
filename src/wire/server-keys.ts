import { createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto';
import { LayercastError } from '../base/errors.js';

/** Bytes of the seed of an Ed25519 private key (RFC 8032, section 5.1.5). */
const SEED_BYTES = 32;
/** RFC 8410, section 7: what stands before the seed in PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The private key of a server. */
export type ServerKey = KeyObject;

/**
 * The key of a server of a fleet, derived from the fleet's private key (HKDF with SHA-256, RFC 5869). All hosts that hold the fleet's key
 * know the keys of its servers without talking. Such a host could sign descriptors with any server's key anyway. Nobody else learns
 * anything about one key from another.
 */
export function derivedServerKey(fleetKey: KeyObject, fleet: string, server: string): ServerKey {
  const { d } = fleetKey.export({ format: 'jwk' });
  if (d === undefined) throw new LayercastError('INTERNAL', 'a server key is derived from a private key');
  const seed = hkdfSync('sha256', Buffer.from(d, 'base64url'), 'layercast server 1', `${fleet}\0${server}`, SEED_BYTES);
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, Buffer.from(seed)]), format: 'der', type: 'pkcs8' });
}
