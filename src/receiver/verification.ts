import { createHash, type Hash } from 'node:crypto';
import { blockLength, blockOffset } from '../object/geometry.js';
import type { Assembler, ReadyBlock } from './assembler.js';
import type { BlockContent } from './coded-places.js';
import type { ObjectStore } from './object-store.js';
import type { Restoration } from './restoration.js';

/** Read back and hashed in pieces of this size, so that a block of any size takes little memory and no long turn. */
const PIECE_BYTES = 2 ** 20;

/** How proving a block came out: its digest is as signed, or is not, or its symbols do not determine it. */
export type Outcome = 'genuine' | 'wrong' | 'unsolved';

/**
 * Proves what was received: solves and hashes blocks as they become ready, and the object as far as its blocks are verified
 * from the beginning on. Work is done in steps of one block; several may be under way at once.
 */
export class Verification {
  readonly #assembler: Assembler;
  readonly #store: ObjectStore;
  /** Undefined for an object without a code. */
  readonly #restoration: Restoration | undefined;
  #objectHash = createHash('sha256');
  /** Blocks before this one are in the object's hash. */
  #hashedBlocks = 0;
  #isHashing = false;

  constructor(assembler: Assembler, store: ObjectStore, restoration: Restoration | undefined) {
    this.#assembler = assembler;
    this.#store = store;
    this.#restoration = restoration;
  }

  /** Proves a ready block, or else carries the object's hash one block further; false when there is nothing to do. */
  async step(onBlock: (block: number, outcome: Outcome) => void): Promise<boolean> {
    const ready = this.#assembler.nextReady();
    if (ready !== undefined) {
      const content = this.#assembler.guestsOf(ready.block);
      onBlock(ready.block, content === undefined ? await this.#verify(ready) : await this.#restore(ready, content));
      return true;
    }
    const next = this.#hashedBlocks;
    if (this.#isHashing || !this.#assembler.verifiedBlocks.has(next)) return false;
    this.#isHashing = true;
    await this.#readBlock(next, [this.#objectHash]);
    this.#isHashing = false;
    this.#hashedBlocks++;
    return true;
  }

  /** SHA-256 of all that is there, verified or not; asked when nothing else is under way. */
  async objectDigest(): Promise<Uint8Array> {
    const hash = this.#objectHash.copy();
    for (let block = this.#hashedBlocks; block < this.#assembler.geometry.blockCount; block++) {
      await this.#readBlock(block, [hash]);
    }
    return hash.digest();
  }

  async #verify({ block, digest }: ReadyBlock): Promise<Outcome> {
    const blockHash = createHash('sha256');
    // In order, the bytes that are read serve both hashes; the object's goes on only if they prove genuine.
    const objectHash = block === this.#hashedBlocks ? this.#objectHash.copy() : undefined;
    await this.#readBlock(block, objectHash === undefined ? [blockHash] : [blockHash, objectHash]);
    if (!blockHash.digest().equals(digest)) return 'wrong';
    if (objectHash !== undefined) this.#advance(objectHash);
    return 'genuine';
  }

  async #restore({ block, digest }: ReadyBlock, content: BlockContent): Promise<Outcome> {
    const restoration = this.#restoration!;
    const bytes = await restoration.restore(block, content);
    if (bytes === undefined) return 'unsolved';
    try {
      if (!createHash('sha256').update(bytes).digest().equals(digest)) return 'wrong';
      if (block === this.#hashedBlocks) this.#advance(this.#objectHash.copy().update(bytes));
      await this.#store.restoreBlock(block, bytes);
      return 'genuine';
    } finally {
      restoration.release(bytes);
    }
  }

  #advance(objectHash: Hash): void {
    this.#objectHash = objectHash;
    this.#hashedBlocks++;
  }

  async #readBlock(block: number, hashes: readonly Hash[]): Promise<void> {
    const { geometry } = this.#assembler;
    const end = blockOffset(geometry, block) + blockLength(geometry, block);
    const piece = new Uint8Array(Math.min(PIECE_BYTES, blockLength(geometry, block)));
    for (let offset = blockOffset(geometry, block); offset < end; offset += piece.length) {
      const bytes = piece.subarray(0, Math.min(piece.length, end - offset));
      await this.#store.read(offset, bytes);
      for (const hash of hashes) hash.update(bytes);
    }
  }
}
