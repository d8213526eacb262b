import { MAX_CHUNK_BYTES } from './chunk-ends.js';
import { CHUNK_HASH_BYTES } from './each-chunk.js';

/** Most chunks of an object: some 32 GB. An index of so many takes 100 MB of memory while it is used. */
export const MAX_CHUNKS = 2 ** 21;

/**
 * The chunks of a file in their order: where each lies, and its hash. Chunks with equal hashes are equal; the first of them stands for all.
 */
export class ChunkIndex {
  readonly count: number;
  /** Bytes of the file. */
  readonly sizeBytes: number;
  /** Where each chunk begins, and after the last one where the file ends. */
  readonly #offsets: Float64Array;
  /** 16 bytes for each chunk. */
  readonly #hashes: Buffer;
  /** For each chunk, the first one that is equal to it. */
  readonly #firsts: Int32Array;
  /** A hash table with open addressing: numbers of first chunks, or −1. At most half full. */
  readonly #table: Int32Array;

  /** @param hashes 16 bytes for each length. */
  constructor(lengths: ArrayLike<number>, hashes: Buffer) {
    const count = lengths.length;
    this.count = count;
    this.#hashes = hashes;
    this.#offsets = new Float64Array(count + 1);
    this.#firsts = new Int32Array(count);
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 2))).fill(-1);
    for (let chunk = 0; chunk < count; chunk++) {
      this.#offsets[chunk + 1] = this.#offsets[chunk]! + lengths[chunk]!;
      const at = this.#placeOf(hashes, chunk * CHUNK_HASH_BYTES);
      if (this.#table[at]! < 0) this.#table[at] = chunk;
      this.#firsts[chunk] = this.#table[at]!;
    }
    this.sizeBytes = this.#offsets[count]!;
  }

  offsetOf(chunk: number): number {
    return this.#offsets[chunk]!;
  }

  lengthOf(chunk: number): number {
    return this.#offsets[chunk + 1]! - this.#offsets[chunk]!;
  }

  hashOf(chunk: number): Buffer {
    return this.#hashes.subarray(chunk * CHUNK_HASH_BYTES, (chunk + 1) * CHUNK_HASH_BYTES);
  }

  /** The first chunk that is equal to this one; the chunk itself if it is the first. */
  firstOf(chunk: number): number {
    return this.#firsts[chunk]!;
  }

  /** The first chunk with this hash; −1 if there is none. */
  find(hash: Buffer): number {
    return this.#table[this.#placeOf(hash, 0)]!;
  }

  /** Where the table has the hash at `hashes[at …]`, or an empty place for it. */
  #placeOf(hashes: Buffer, at: number): number {
    const mask = this.#table.length - 1;
    // The publisher signs the index, and has no reason to choose chunks whose hashes begin alike.
    for (let place = hashes.readUInt32BE(at) & mask; ; place = (place + 1) & mask) {
      const chunk = this.#table[place]!;
      if (chunk < 0) return place;
      const known = chunk * CHUNK_HASH_BYTES;
      if (this.#hashes.compare(hashes, at, at + CHUNK_HASH_BYTES, known, known + CHUNK_HASH_BYTES) === 0) return place;
    }
  }
}

/** Collects the chunks of a file in their order. */
export class ChunkList {
  readonly #lengths: number[] = [];
  #hashes = Buffer.alloc(1024 * CHUNK_HASH_BYTES);

  get count(): number {
    return this.#lengths.length;
  }

  /** @param length 1 to `MAX_CHUNK_BYTES` */
  add(length: number, hash: Uint8Array): void {
    if (length < 1 || length > MAX_CHUNK_BYTES) throw new RangeError(`a chunk of ${length} bytes`);
    const at = this.#lengths.length * CHUNK_HASH_BYTES;
    if (at === this.#hashes.length) this.#hashes = Buffer.concat([this.#hashes], 2 * at);
    this.#hashes.set(hash, at);
    this.#lengths.push(length);
  }

  toIndex(): ChunkIndex {
    return new ChunkIndex(this.#lengths, this.#hashes.subarray(0, this.#lengths.length * CHUNK_HASH_BYTES));
  }
}
