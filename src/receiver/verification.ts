import { createHash, type Hash } from 'node:crypto';
import { blockLength, blockOffset } from '../object/geometry.js';
import type { ByteSink } from '../ports.js';
import type { Assembler } from './assembler.js';

/** Read back and hashed in pieces of this size, so that a block of any size takes little memory and no long turn. */
const PIECE_BYTES = 2 ** 20;

/**
 * Proves what was received: hashes blocks as they become complete, and the object as far as its blocks are verified from the
 * beginning on. Work is done in steps of one block, so that its owner can do other things between.
 */
export class Verification {
  readonly #assembler: Assembler;
  readonly #sink: ByteSink;
  readonly #piece: Uint8Array;
  #objectHash = createHash('sha256');
  /** Blocks before this one are in the object's hash. */
  #hashedBlocks = 0;

  constructor(assembler: Assembler, sink: ByteSink) {
    this.#assembler = assembler;
    this.#sink = sink;
    this.#piece = new Uint8Array(Math.min(PIECE_BYTES, assembler.geometry.sizeBytes));
  }

  /** Verifies a ready block, or else carries the object's hash one block further; false when there is nothing to do. */
  async step(onBlock: (block: number, genuine: boolean) => void): Promise<boolean> {
    const ready = this.#assembler.nextReady();
    if (ready !== undefined) {
      onBlock(ready.block, await this.#verify(ready.block, ready.digest));
      return true;
    }
    const next = this.#hashedBlocks;
    if (!this.#assembler.verifiedBlocks.has(next) || next === this.#assembler.geometry.blockCount) return false;
    await this.#readBlock(next, [this.#objectHash]);
    this.#hashedBlocks++;
    return true;
  }

  /** SHA-256 of all that is there, verified or not; asked once, at the end. */
  async objectDigest(): Promise<Uint8Array> {
    const hash = this.#objectHash.copy();
    for (let block = this.#hashedBlocks; block < this.#assembler.geometry.blockCount; block++) {
      await this.#readBlock(block, [hash]);
    }
    return hash.digest();
  }

  async #verify(block: number, digest: Uint8Array): Promise<boolean> {
    const blockHash = createHash('sha256');
    // In order, the bytes that are read serve both hashes; the object's goes on only if they prove genuine.
    const follows = block === this.#hashedBlocks;
    const objectHash = follows ? this.#objectHash.copy() : undefined;
    await this.#readBlock(block, objectHash === undefined ? [blockHash] : [blockHash, objectHash]);
    const genuine = blockHash.digest().equals(digest);
    if (genuine && objectHash !== undefined) {
      this.#objectHash = objectHash;
      this.#hashedBlocks++;
    }
    return genuine;
  }

  async #readBlock(block: number, hashes: readonly Hash[]): Promise<void> {
    const { geometry } = this.#assembler;
    const end = blockOffset(geometry, block) + blockLength(geometry, block);
    for (let offset = blockOffset(geometry, block); offset < end; offset += PIECE_BYTES) {
      const bytes = this.#piece.subarray(0, Math.min(PIECE_BYTES, end - offset));
      await this.#sink.read(offset, bytes);
      for (const hash of hashes) hash.update(bytes);
    }
  }
}
