import { type KeyObject, sign, verify } from 'node:crypto';
import { HEADER_BYTES } from '../base/limits.js';
import { DATAGRAM_HASH_BYTES, DATAGRAM_HASH_WORDS } from './datagram-hash.js';

/**
 * Most datagrams that a run record covers: with 64 hashes it has 1136 bytes, which fit IPv6's minimum MTU, and is 1.6 % of the datagrams.
 * From the second record of a channel on, the first datagram of a run is the record before.
 */
export const RUN_DATAGRAMS = 64;
const SIGNATURE_BYTES = 64;
const HASHES_AT = HEADER_BYTES + SIGNATURE_BYTES;

/** Put before the bytes when they are signed, so that a signature made for anything else is not valid here. */
const CONTEXT = Buffer.from('layercast run 2\0');

/** Length of the record of a run of `count` datagrams. */
export function runRecordBytes(count: number): number {
  return HASHES_AT + count * DATAGRAM_HASH_BYTES;
}

/**
 * Signs and checks run records (docs/wire-format.md): a datagram of type 3 with the hashes of the datagrams before it, in the order of their
 * sequence numbers, and a signature over its own header and all of them.
 */
export class RunRecords {
  /** What is signed; as long as it is for the longest record. */
  readonly #text = new Uint8Array(CONTEXT.length + HEADER_BYTES + RUN_DATAGRAMS * DATAGRAM_HASH_BYTES);

  constructor() {
    this.#text.set(CONTEXT);
  }

  /**
   * Completes the record whose header is at `bytes[start]`.
   *
   * @param hashes words of the hashes of all datagrams that it covers
   * @param count how many datagrams these are: `esi` of the header
   */
  sign(bytes: Uint8Array, start: number, hashes: Uint32Array, count: number, key: KeyObject): void {
    for (let word = 0, at = start + HASHES_AT; word < count * DATAGRAM_HASH_WORDS; word++, at += 4) {
      const value = hashes[word]!;
      bytes[at] = value >>> 24;
      bytes[at + 1] = value >>> 16;
      bytes[at + 2] = value >>> 8;
      bytes[at + 3] = value;
    }
    bytes.set(sign(null, this.#textOf(bytes, start, count), key), start + HEADER_BYTES);
  }

  /** Whether the owner of the key signed the record at `bytes[start]`, of a length that `runLength` accepts. Takes some 110 µs (Node 20). */
  isGenuine(bytes: Uint8Array, start: number, count: number, key: KeyObject): boolean {
    const signature = bytes.subarray(start + HEADER_BYTES, start + HASHES_AT);
    return verify(null, this.#textOf(bytes, start, count), key, signature);
  }

  #textOf(bytes: Uint8Array, start: number, count: number): Uint8Array {
    const hashBytes = count * DATAGRAM_HASH_BYTES;
    this.#text.set(bytes.subarray(start, start + HEADER_BYTES), CONTEXT.length);
    this.#text.set(bytes.subarray(start + HASHES_AT, start + HASHES_AT + hashBytes), CONTEXT.length + HEADER_BYTES);
    return this.#text.subarray(0, CONTEXT.length + HEADER_BYTES + hashBytes);
  }
}

/** Whether a payload of `length` bytes can be the record of `count` datagrams. */
export function isRunRecord(count: number, length: number): boolean {
  return count >= 1 && count <= RUN_DATAGRAMS && length === runRecordBytes(count) - HEADER_BYTES;
}

/** Whether a record says that datagram `index` of its run, from 0, has this hash. */
export function listsHash(bytes: Uint8Array, start: number, index: number, hashes: Uint32Array, at: number): boolean {
  let from = start + HASHES_AT + index * DATAGRAM_HASH_BYTES;
  for (let word = 0; word < DATAGRAM_HASH_WORDS; word++, from += 4) {
    const value = ((bytes[from]! << 24) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!) >>> 0;
    if (value !== hashes[at + word]) return false;
  }
  return true;
}
