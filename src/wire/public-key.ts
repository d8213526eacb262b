import { createHash, createPublicKey, KeyObject } from 'node:crypto';

/** An Ed25519 public key (RFC 8032, section 5.1.5) without any wrapping. */
export const PUBLIC_KEY_BYTES = 32;

/** What SPKI DER puts before an Ed25519 public key (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** The 32 bytes of an Ed25519 key's public half. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length));
}

/** The key that these 32 bytes are. Any 32 bytes make a key; what is no point of the curve verifies nothing. */
export function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), type: 'spki', format: 'der' });
}

/** The first 8 bytes of the SHA-256 of a public key (SPKI DER), in hex: names a key in records, on disk and in messages. */
export function keyIdOf(key: KeyObject | Uint8Array): string {
  const raw = key instanceof KeyObject ? rawPublicKey(key) : key;
  return createHash('sha256').update(SPKI_PREFIX).update(raw).digest('hex').slice(0, 16);
}
