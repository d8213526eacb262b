import { createPrivateKey, createPublicKey, KeyObject, sign, verify } from 'node:crypto';
import { LayercastError } from '../base/errors.js';
import { keyIdOf } from './public-key.js';

/**
 * A signed record (docs/wire-format.md): its kind, the number of signatures, each signature (Ed25519, RFC 8032) behind the id of its key,
 * and then the signed bytes. `serve` sends it and `sign` stores it.
 */
export const PREFIX_BYTES = 2;
export const KEY_ID_BYTES = 8;
export const ED25519_BYTES = 64;
/** Most signatures of a record: opening one takes at most so many checks. */
export const MAX_SIGNATURES = 16;

/** What a record is about. It is part of what is signed, so that a record of one kind is never valid as another. */
export const RecordKind = { descriptor: 1, root: 2, catalogue: 3 } as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** Put before the bytes when they are signed, so that a signature made for anything else is not valid here. */
const CONTEXT = Buffer.from('layercast record 2\0');

/** How much longer a record is than the bytes in it. */
export function signatureBytes(signatureCount = 1): number {
  return PREFIX_BYTES + signatureCount * (KEY_ID_BYTES + ED25519_BYTES);
}

/** @param keys one private key, or at most `MAX_SIGNATURES` that all sign */
export function signRecord(
  body: Uint8Array,
  keys: KeyObject | readonly KeyObject[],
  kind: RecordKind = RecordKind.descriptor,
): Uint8Array {
  const signers = keysIn(keys);
  const text = signedText(kind, body);
  const signatures = signers.flatMap((key) => [keyId(key), sign(null, text, key)]);
  return Buffer.concat([Uint8Array.of(kind, signers.length), ...signatures, body]);
}

/**
 * The signed bytes, or undefined unless the record is of this kind and enough of the keys signed it. Each key counts once. Takes some 100
 * µs for each signature by one of the keys (Node 20); signatures by other keys are not checked.
 *
 * @param keys public keys
 * @param threshold how many of the keys must have signed
 */
export function openRecord(
  record: Uint8Array,
  keys: KeyObject | readonly KeyObject[],
  kind: RecordKind = RecordKind.descriptor,
  threshold = 1,
): Uint8Array | undefined {
  const body = peekRecord(record);
  if (body === undefined || record[0] !== kind) return undefined;
  const text = signedText(kind, body);
  const waiting = new Map(keysIn(keys).map((key) => [keyId(key).toString('hex'), key]));
  let genuineCount = 0;
  for (let at = PREFIX_BYTES; at < record.length - body.length; at += KEY_ID_BYTES + ED25519_BYTES) {
    const id = Buffer.from(record.subarray(at, at + KEY_ID_BYTES)).toString('hex');
    const key = waiting.get(id);
    waiting.delete(id);
    const signature = record.subarray(at + KEY_ID_BYTES, at + KEY_ID_BYTES + ED25519_BYTES);
    if (key !== undefined && verify(null, text, key, signature)) genuineCount++;
  }
  return genuineCount >= Math.max(1, threshold) ? body : undefined;
}

/**
 * The signed bytes without a check of the signatures, for `list`, which shows announcements without verifying them. Undefined if the
 * record has no signature or no bytes behind them.
 */
export function peekRecord(record: Uint8Array): Uint8Array | undefined {
  const count = record[1] ?? 0;
  const bodyAt = signatureBytes(count);
  return count === 0 || count > MAX_SIGNATURES || record.length <= bodyAt ? undefined : record.subarray(bodyAt);
}

/**
 * @throws {LayercastError} `KEY_INVALID` unless `pem` is an Ed25519 private key (PKCS#8 PEM); `from` names the key in the
 * error.
 */
export function privateKeyFrom(pem: string | Buffer, from: string): KeyObject {
  if (/PUBLIC KEY/.test(pem.toString())) {
    throw new LayercastError('KEY_INVALID', `${from} is not an Ed25519 private key in PEM form (found a public key)`, {
      hint: 'Name layercast.key, the private key of the same pair',
    });
  }
  return ed25519(() => createPrivateKey(pem), 'private', from);
}

/**
 * @param key SPKI PEM, or a key object
 * @param from names the key in the error
 * @throws {LayercastError} `KEY_INVALID` unless it is an Ed25519 public key.
 */
export function publicKeyFrom(key: string | Buffer | KeyObject, from: string): KeyObject {
  // createPublicKey would derive the public key from a private one. A receiver that has a private key is set up wrongly.
  const isPrivate = key instanceof KeyObject ? key.type === 'private' : /PRIVATE KEY/.test(key.toString());
  if (isPrivate) {
    throw new LayercastError('KEY_INVALID', `${from} holds a private key where a public one belongs`, {
      hint: 'Give receivers layercast.pub only. Make a new pair if others may have read the private key',
    });
  }
  return ed25519(() => (key instanceof KeyObject ? key : createPublicKey(key)), 'public', from);
}

/** The first 16 hex digits of the SHA-256 of a public key (SPKI DER): names a key on disk and in messages. */
export function keyFingerprint(key: KeyObject): string {
  return keyIdOf(key);
}

/** The first 8 bytes of the SHA-256 of a public key (SPKI DER): names the key of a signature. */
function keyId(key: KeyObject): Buffer {
  return Buffer.from(keyFingerprint(key), 'hex');
}

function keysIn(keys: KeyObject | readonly KeyObject[]): readonly KeyObject[] {
  return keys instanceof KeyObject ? [keys] : keys;
}

/** What is signed: these bytes with a text before them that says what they are. */
export function signedText(kind: RecordKind, body: Uint8Array): Uint8Array {
  return Buffer.concat([CONTEXT, Uint8Array.of(kind), body]);
}

function ed25519(read: () => KeyObject, kind: 'private' | 'public', from: string): KeyObject {
  let key: KeyObject | undefined;
  let cause: unknown;
  try {
    key = read();
  } catch (error) {
    cause = error;
  }
  if (key?.asymmetricKeyType === 'ed25519' && key.type === kind) return key;
  const found = key === undefined ? 'no key' : `an ${key.asymmetricKeyType ?? 'unknown'} ${key.type} key`;
  throw new LayercastError('KEY_INVALID', `${from} is not an Ed25519 ${kind} key in PEM form (found ${found})`, {
    hint: 'Make a pair with: layercast keygen --out DIR',
    cause,
  });
}
