import { blake2b } from '@noble/hashes/blake2.js';
import { blake3 } from '@noble/hashes/blake3.js';

/** The hash that a build of Librecast has: BLAKE3 since 0.5, or BLAKE2b-256 of libsodium. It names groups, and files in iotupd's frames. */
export type LibrecastHash = 'blake3' | 'blake2b';
export const LIBRECAST_HASHES: readonly LibrecastHash[] = ['blake3', 'blake2b'];

/** A hash under way. */
export interface RunningHash {
  update(bytes: Uint8Array): unknown;
  /** 32 bytes. */
  digest(): Uint8Array;
}

export function startHash(hash: LibrecastHash): RunningHash {
  return hash === 'blake3' ? blake3.create() : blake2b.create({ dkLen: 32 });
}

/** The last 14 bytes of a name's group: bytes 2 to 15 of the hash of the name followed by four zero bytes (flags of the library). */
export function librecastTag(name: string, hash: LibrecastHash): Uint8Array {
  const running = startHash(hash);
  running.update(Buffer.from(`${name}\0\0\0\0`));
  return running.digest().subarray(2, 16);
}
