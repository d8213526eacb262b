import { blockOf, blockSymbolCount, firstSymbolOf, type Geometry } from '../object/geometry.js';
import { RUN_LEAVES, verifyRun } from '../object/merkle.js';
import type { SymbolSet } from '../object/symbol-set.js';
import type { Descriptor } from '../wire/descriptor.js';
import { DIGEST_BYTES, type DigestRun } from '../wire/digests.js';

/**
 * What is there of an object and what is proven: symbols received, digests heard, blocks verified. A block is ready to be
 * verified when all its symbols and its digest are there; the owner reads it back, hashes it, and says how it came out.
 */
export class Assembler {
  readonly geometry: Geometry;
  readonly symbols: SymbolSet;
  readonly verifiedBlocks: SymbolSet;
  /** Blocks whose symbols did not have the signed digest: damaged on the way, or forged. */
  rejectedBlockCount = 0;
  readonly #blockRoot: Uint8Array;
  /** Symbols that each block lacks. */
  readonly #missing: Uint16Array;
  /** 32 bytes a block, zero until heard: 10 GB have 264 kB of them. */
  readonly #digests: Uint8Array;
  readonly #heardRuns: Uint8Array;
  /** Complete blocks on their way to be verified; at most all of them. */
  readonly #ready: number[] = [];

  /** @param symbols those on disk from an earlier run; the assembler goes on with this set. */
  constructor(descriptor: Descriptor, geometry: Geometry, symbols: SymbolSet, verifiedBlocks: SymbolSet) {
    this.geometry = geometry;
    this.symbols = symbols;
    this.verifiedBlocks = verifiedBlocks;
    this.#blockRoot = descriptor.blockRoot;
    this.#missing = new Uint16Array(geometry.blockCount);
    this.#digests = new Uint8Array(geometry.blockCount * DIGEST_BYTES);
    this.#heardRuns = new Uint8Array(Math.ceil(geometry.blockCount / RUN_LEAVES));
    for (let block = 0; block < geometry.blockCount; block++) {
      const first = firstSymbolOf(geometry, block);
      this.#missing[block] = symbols.missingIn(first, first + blockSymbolCount(geometry, block));
    }
    if (geometry.blockCount === 1) this.#learn(0, descriptor.sha256);
  }

  get isComplete(): boolean {
    return this.symbols.isComplete;
  }

  get isVerified(): boolean {
    return this.verifiedBlocks.isComplete;
  }

  /** Whether `nextReady` may have something. */
  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  has(symbol: number): boolean {
    return this.symbols.has(symbol);
  }

  /** Notes a symbol that was missing and has been written. */
  add(symbol: number): void {
    this.symbols.add(symbol);
    const block = blockOf(this.geometry, symbol);
    this.#missing[block]!--;
    this.#consider(block);
  }

  /** Takes digests of a run of blocks; false when they do not lead to the signed root. Hearing them again costs nothing. */
  addDigests(runIndex: number, run: DigestRun): boolean {
    if (runIndex >= this.#heardRuns.length) return false;
    if (this.#heardRuns[runIndex] === 1) return true;
    if (!verifyRun(this.#blockRoot, this.geometry.blockCount, runIndex, run.leaves, run.proof)) return false;
    this.#learn(runIndex, run.leaves);
    return true;
  }

  /** The next block to verify and the digest it must have. */
  nextReady(): { readonly block: number; readonly digest: Uint8Array } | undefined {
    for (;;) {
      const block = this.#ready.shift();
      if (block === undefined) return undefined;
      const at = block * DIGEST_BYTES;
      if (!this.verifiedBlocks.has(block)) return { block, digest: this.#digests.subarray(at, at + DIGEST_BYTES) };
    }
  }

  accept(block: number): void {
    this.verifiedBlocks.add(block);
  }

  /** Takes a block's symbols back, so that they are received again. */
  reject(block: number): void {
    this.rejectedBlockCount++;
    const count = blockSymbolCount(this.geometry, block);
    this.symbols.removeRun(firstSymbolOf(this.geometry, block), count);
    this.#missing[block] = count;
  }

  #learn(runIndex: number, leaves: Uint8Array): void {
    const firstBlock = runIndex * RUN_LEAVES;
    this.#digests.set(leaves, firstBlock * DIGEST_BYTES);
    this.#heardRuns[runIndex] = 1;
    for (let i = 0; i < leaves.length / DIGEST_BYTES; i++) this.#consider(firstBlock + i);
  }

  #consider(block: number): void {
    const known = this.#heardRuns[Math.floor(block / RUN_LEAVES)] === 1;
    if (known && this.#missing[block] === 0 && !this.verifiedBlocks.has(block)) this.#ready.push(block);
  }
}
