import { createHash, type Hash } from 'node:crypto';
import { blockLength, firstSymbolOf } from '../../object/geometry.js';
import type { Assembler, ReadyBlock } from './assembler.js';
import type { Outcome } from './block-content.js';
import type { ObjectStore } from './object-store.js';

/** A block is read back and hashed in pieces of at most this size, so that it takes little memory and never blocks the event loop for long. */
const MAX_HASHED_BYTES = 2 ** 20;

/** Proves received blocks, one in each step; several steps may be under way at once. */
export class Verification {
  readonly #assembler: Assembler;
  readonly #store: ObjectStore;

  constructor(assembler: Assembler, store: ObjectStore) {
    this.#assembler = assembler;
    this.#store = store;
  }

  /** Proves a ready block and reports the outcome; false when no block is ready. */
  async step(onBlock: (block: number, outcome: Outcome) => void): Promise<boolean> {
    const ready = this.#assembler.nextReady();
    if (ready === undefined) return false;
    const { block, digest } = ready;
    const content = this.#assembler.guestsOf(block);
    const outcome = content === undefined ? this.#verify(ready) : this.#store.restoreBlock(block, content, digest);
    onBlock(block, await outcome);
    return true;
  }

  /** SHA-256 of all bytes of the object in the store, verified or not. */
  async objectDigest(): Promise<Uint8Array> {
    const hash = createHash('sha256');
    const { blockCount } = this.#assembler.geometry;
    for (let block = 0; block < blockCount; block++) await this.#readBlock(block, hash);
    return hash.digest();
  }

  async #verify({ block, digest }: ReadyBlock): Promise<Outcome> {
    const found = await (this.#store.hashBlock?.(block) ?? this.#hash(block));
    return Buffer.compare(found, digest) === 0 ? 'genuine' : 'wrong';
  }

  async #hash(block: number): Promise<Uint8Array> {
    const hash = createHash('sha256');
    await this.#readBlock(block, hash);
    return hash.digest();
  }

  async #readBlock(block: number, hash: Hash): Promise<void> {
    const { geometry } = this.#assembler;
    const length = blockLength(geometry, block);
    const pieceSymbolCount = Math.floor(MAX_HASHED_BYTES / geometry.symbolBytes);
    const piece = new Uint8Array(Math.min(length, pieceSymbolCount * geometry.symbolBytes));
    let place = firstSymbolOf(geometry, block);
    for (let doneBytes = 0; doneBytes < length; doneBytes += piece.length, place += pieceSymbolCount) {
      const bytes = piece.subarray(0, Math.min(piece.length, length - doneBytes));
      await this.#store.read(place, bytes);
      hash.update(bytes);
    }
  }
}
