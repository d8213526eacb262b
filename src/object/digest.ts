import { createHash, type Hash } from 'node:crypto';
import { LayercastError } from '../base/errors.js';
import { DIGEST_BYTES } from '../base/limits.js';
import { blockLength, type Geometry } from './geometry.js';

export interface ObjectDigests {
  /** SHA-256 of the whole object. */
  readonly sha256: Buffer;
  /** SHA-256 of each block, one after the other: `blockCount` × 32 bytes. */
  readonly blockDigests: Buffer;
}

/** SHA-256 of an object and of each of its blocks, from bytes that come in order in pieces of any size. */
export class ObjectHasher {
  readonly #geometry: Geometry;
  readonly #whole = createHash('sha256');
  readonly #blockDigests: Buffer;
  #hash: Hash = createHash('sha256');
  #block = 0;
  /** Bytes of the current block that have not been hashed yet. */
  #missingBytes: number;
  #hashedBytes = 0;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#blockDigests = Buffer.alloc(geometry.blockCount * DIGEST_BYTES);
    this.#missingBytes = geometry.blockCount === 0 ? 0 : blockLength(geometry, 0);
  }

  get hashedBytes(): number {
    return this.#hashedBytes;
  }

  /** @throws {LayercastError} `INTERNAL` for more bytes than the object has. */
  update(bytes: Uint8Array): void {
    if (this.#hashedBytes + bytes.length > this.#geometry.sizeBytes) throw this.#wrongSize(bytes.length);
    this.#hashedBytes += bytes.length;
    this.#whole.update(bytes);
    for (let start = 0; start < bytes.length; ) {
      const end = Math.min(bytes.length, start + this.#missingBytes);
      this.#hash.update(bytes.subarray(start, end));
      this.#missingBytes -= end - start;
      start = end;
      if (this.#missingBytes === 0) this.#endBlock();
    }
  }

  /**
   * Ends the hashing and returns the digests. To be called once.
   * @throws {LayercastError} `INTERNAL` when bytes are missing.
   */
  digest(): ObjectDigests {
    if (this.#hashedBytes !== this.#geometry.sizeBytes) throw this.#wrongSize(0);
    return { sha256: this.#whole.digest(), blockDigests: this.#blockDigests };
  }

  #endBlock(): void {
    this.#hash.digest().copy(this.#blockDigests, this.#block * DIGEST_BYTES);
    this.#block++;
    if (this.#block === this.#geometry.blockCount) return;
    this.#hash = createHash('sha256');
    this.#missingBytes = blockLength(this.#geometry, this.#block);
  }

  #wrongSize(moreBytes: number): LayercastError {
    const bytes = this.#hashedBytes + moreBytes;
    return new LayercastError('INTERNAL', `hashing ${bytes} bytes of an object of ${this.#geometry.sizeBytes}`);
  }
}
