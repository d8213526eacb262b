import { hash } from 'node:crypto';

/** Bytes of a SHA-256 that stand for a datagram in a run record: to forge a datagram takes 2^128 attempts (second preimage). */
export const DATAGRAM_HASH_BYTES = 16;
/** The same in 32-bit words. */
export const DATAGRAM_HASH_WORDS = 4;

/**
 * Writes the first 16 bytes of the SHA-256 of a datagram to `into[at …]`, as four big-endian words. The text that Node makes of the hash
 * costs 0.3 µs less than bytes do (1.1 to 1.4 µs for 1232 bytes, Node 20).
 */
export function hashDatagram(bytes: Uint8Array, start: number, length: number, into: Uint32Array, at: number): void {
  const digest = hash('sha256', bytes.subarray(start, start + length), 'binary');
  for (let word = 0; word < DATAGRAM_HASH_WORDS; word++) {
    const i = 4 * word;
    into[at + word] =
      (digest.charCodeAt(i) << 24) |
      (digest.charCodeAt(i + 1) << 16) |
      (digest.charCodeAt(i + 2) << 8) |
      digest.charCodeAt(i + 3);
  }
}
