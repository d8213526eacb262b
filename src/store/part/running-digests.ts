import { createHash, type Hash } from 'node:crypto';
import { blockOf, firstSymbolOf, type Geometry, symbolLength } from '../../object/geometry.js';

/**
 * Most blocks that are hashed at once. A coded object of 10 GB has 413 blocks, whose symbols come in turn. A hash takes about a
 * kilobyte.
 */
const MAX_OPEN = 512;

/** The hash of the first places of a block, up to `nextPlace`. */
export interface RunningDigest {
  readonly hash: Hash;
  nextPlace: number;
}

/**
 * Hashes blocks while their bytes are in memory, on the way to the file: as far as the bytes of a block come in order, from its
 * first place on. The rest of the block has to be read from the file.
 */
export class RunningDigests {
  readonly #geometry: Geometry;
  /** By block, the block that was begun first in front; at most `MAX_OPEN`. */
  readonly #open = new Map<number, RunningDigest>();
  /** 1 for each block whose hash was taken: its bytes may go to the file after that. */
  readonly #isTaken: Uint8Array;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#isTaken = new Uint8Array(geometry.blockCount);
  }

  /** Takes the bytes of places `first .. first + count`, which hold their own symbols. Bytes that do not come next are left out. */
  add(first: number, count: number, bytes: Uint8Array): void {
    const { symbolBytes } = this.#geometry;
    const end = first + count;
    for (let place = first; place < end; ) {
      const block = blockOf(this.#geometry, place);
      const stop = Math.min(end, firstSymbolOf(this.#geometry, block + 1));
      const running = this.#open.get(block) ?? this.#begin(block, place);
      if (running?.nextPlace === place) {
        const stopByte = (stop - 1 - first) * symbolBytes + symbolLength(this.#geometry, stop - 1);
        running.hash.update(bytes.subarray((place - first) * symbolBytes, stopByte));
        running.nextPlace = stop;
      }
      place = stop;
    }
  }

  /** Takes the hash of a block out of the set: from then on it is the caller's. Without any bytes, the hash is empty. */
  take(block: number): RunningDigest {
    const running = this.#open.get(block);
    this.#open.delete(block);
    this.#isTaken[block] = 1;
    return running ?? { hash: createHash('sha256'), nextPlace: firstSymbolOf(this.#geometry, block) };
  }

  /** Forgets what was hashed of blocks of which any of these places changes. */
  forget(first: number, count: number): void {
    const last = blockOf(this.#geometry, first + count - 1);
    for (let block = blockOf(this.#geometry, first); block <= last; block++) {
      this.#open.delete(block);
      this.#isTaken[block] = 0;
    }
  }

  #begin(block: number, place: number): RunningDigest | undefined {
    if (place !== firstSymbolOf(this.#geometry, block) || this.#isTaken[block] === 1) return undefined;
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_OPEN && oldest !== undefined) this.#open.delete(oldest);
    const running = { hash: createHash('sha256'), nextPlace: place };
    this.#open.set(block, running);
    return running;
  }
}
