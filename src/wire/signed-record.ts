import { type KeyObject, sign, verify } from 'node:crypto';
import { keyIdOf } from './public-key.js';
import { ED25519_BYTES, KEY_ID_BYTES, MAX_SIGNATURES, PREFIX_BYTES, RecordKind, signedText } from './signature.js';

const ENTRY_BYTES = KEY_ID_BYTES + ED25519_BYTES;
const KINDS: readonly number[] = Object.values(RecordKind);

/** The Ed25519 signature (RFC 8032) of one key. */
export interface Signature {
  /** As `keyIdOf` says. */
  readonly keyId: string;
  /** 64 bytes. */
  readonly bytes: Uint8Array;
}

/** A signed record taken apart (docs/wire-format.md). Nothing says yet whether its signatures are genuine. */
export interface SignedRecord {
  readonly kind: RecordKind;
  /** At most `MAX_SIGNATURES`. None in the draft of a root. */
  readonly signatures: readonly Signature[];
  /** The signed bytes. */
  readonly body: Uint8Array;
}

export function signBody(kind: RecordKind, body: Uint8Array, key: KeyObject): Signature {
  return { keyId: keyIdOf(key), bytes: sign(null, signedText(kind, body), key) };
}

/** Whether the owner of `key` made this signature under this record. Takes some 100 µs (Node 20). */
export function isSignedBy({ kind, body }: SignedRecord, signature: Signature, key: KeyObject): boolean {
  return verify(null, signedText(kind, body), key, signature.bytes);
}

/** The record with one more signature, in the order of their keys' ids. It replaces an earlier one of the same key. */
export function withSignature(record: SignedRecord, signature: Signature): SignedRecord {
  const others = record.signatures.filter(({ keyId }) => keyId !== signature.keyId);
  const signatures = [...others, signature].sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
  return { ...record, signatures };
}

export function packSignedRecord({ kind, signatures, body }: SignedRecord): Uint8Array {
  const entries = signatures.flatMap(({ keyId, bytes }) => [Buffer.from(keyId, 'hex'), bytes]);
  return Buffer.concat([Uint8Array.of(kind, signatures.length), ...entries, body]);
}

/** Reads what `packSignedRecord` wrote. The input may be anything: undefined if it is no record. The result is a copy. */
export function unpackSignedRecord(bytes: Uint8Array): SignedRecord | undefined {
  const [kind, count] = bytes;
  if (kind === undefined || count === undefined || !isKind(kind) || count > MAX_SIGNATURES) return undefined;
  const bodyStart = PREFIX_BYTES + count * ENTRY_BYTES;
  if (bytes.length <= bodyStart) return undefined;
  const copy = Buffer.from(bytes);
  const signatures = Array.from({ length: count }, (_, index) => {
    const start = PREFIX_BYTES + index * ENTRY_BYTES;
    const keyId = copy.toString('hex', start, start + KEY_ID_BYTES);
    return { keyId, bytes: copy.subarray(start + KEY_ID_BYTES, start + ENTRY_BYTES) };
  });
  return { kind, signatures, body: copy.subarray(bodyStart) };
}

function isKind(code: number): code is RecordKind {
  return KINDS.includes(code);
}
