import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import { LayercastError } from '../base/errors.js';

/** Bytes of an Ed25519 public key (RFC 8032, section 5.1.5), and of the seed of a private one. */
const KEY_BYTES = 32;
/** RFC 8410, section 7: what stands before the seed in PKCS #8. Section 4: what stands before a public key in SPKI. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

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
  const seed = hkdfSync('sha256', Buffer.from(d, 'base64url'), 'layercast server 1', `${fleet}\0${server}`, KEY_BYTES);
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, Buffer.from(seed)]), format: 'der', type: 'pkcs8' });
}

/** The 32 bytes of the public half of an Ed25519 key. */
export function publicKeyBytes(key: KeyObject): Uint8Array {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES));
}

/** The public key of these 32 bytes; undefined if there is none. */
export function publicKeyOf(bytes: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, bytes]), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}
