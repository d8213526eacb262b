import type { KeyObject } from 'node:crypto';
import { keyIdOf, publicKeyOf } from '../wire/public-key.js';
import type { Role } from '../wire/root.js';
import { isSignedBy, type SignedRecord } from '../wire/signed-record.js';

/** Public keys by their ids. */
export type KeyRing = ReadonlyMap<string, KeyObject>;

/** The keys that made signatures under one record, by their ids. Their signatures have been verified. */
export type Signers = ReadonlySet<string>;

export function keyRing(keys: Iterable<Uint8Array>): KeyRing {
  return new Map([...keys].map((raw) => [keyIdOf(raw), publicKeyOf(raw)]));
}

/** How many signatures of a record `signersOf` verifies at most. Signatures of unknown keys, and further ones of the same key, cost nothing. */
export function checkCount({ signatures }: SignedRecord, ring: KeyRing): number {
  return new Set(signatures.map(({ keyId }) => keyId).filter((keyId) => ring.has(keyId))).size;
}

/**
 * The keys of the ring that signed a record. Signatures of other keys do not count, and of each key only the first does. Undefined if a signature that names a key of the
 * ring is wrong: then somebody changed the record, and checking the rest would only cost time.
 */
export function signersOf(record: SignedRecord, ring: KeyRing): Signers | undefined {
  const signers = new Set<string>();
  for (const signature of record.signatures) {
    const key = ring.get(signature.keyId);
    if (key === undefined || signers.has(signature.keyId)) continue;
    if (!isSignedBy(record, signature, key)) return undefined;
    signers.add(signature.keyId);
  }
  return signers;
}

/** How many keys of a role are among the signers. */
export function countOf(role: Role, signers: Signers): number {
  return role.keyIds.filter((keyId) => signers.has(keyId)).length;
}

/** Whether enough keys of a role signed. */
export function isQuorum(role: Role, signers: Signers): boolean {
  return countOf(role, signers) >= role.threshold;
}

/** Whether enough keys of a role signed a record. If the record names too few of them, no signature is verified. */
export function isSignedByRole(record: SignedRecord, role: Role, ring: KeyRing): boolean {
  const named = new Set(record.signatures.map(({ keyId }) => keyId));
  if (!isQuorum(role, named)) return false;
  const members = new Map([...ring].filter(([keyId]) => role.keyIds.includes(keyId)));
  const signers = signersOf(record, members);
  return signers !== undefined && isQuorum(role, signers);
}
