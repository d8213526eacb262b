import { DIGEST_BYTES } from '../../base/limits.js';
import { merkleRoot, RUN_LEAVES, verifyRun } from '../../object/merkle.js';
import type { DigestRun } from '../../wire/digests.js';

/** The digests of an object's blocks, as far as they were heard. All of them lead to the root that is signed. */
export class BlockDigests {
  readonly #root: Uint8Array;
  readonly #blockCount: number;
  /** 32 bytes for each block, zeros until heard: 264 kB for 10 GB in blocks of 1.2 MB. */
  readonly #digests: Uint8Array;
  readonly #heardRuns: Uint8Array;
  #unheardRunCount: number;

  /** @param root Merkle root of the digests */
  constructor(root: Uint8Array, blockCount: number) {
    this.#root = root;
    this.#blockCount = blockCount;
    this.#digests = new Uint8Array(blockCount * DIGEST_BYTES);
    this.#heardRuns = new Uint8Array(Math.ceil(blockCount / RUN_LEAVES));
    this.#unheardRunCount = this.#heardRuns.length;
  }

  /** Whether the digests of all blocks are known. */
  get isComplete(): boolean {
    return this.#unheardRunCount === 0;
  }

  /** Bytes of the digests of all blocks. */
  get bytes(): number {
    return this.#digests.length;
  }

  knows(block: number): boolean {
    return this.#heardRuns[Math.floor(block / RUN_LEAVES)] === 1;
  }

  /** SHA-256 that a block must have; zeros until it is known. */
  of(block: number): Uint8Array {
    return this.#digests.subarray(block * DIGEST_BYTES, (block + 1) * DIGEST_BYTES);
  }

  /**
   * Takes the digests of a run of blocks. A run that is known is not checked again.
   *
   * @returns the blocks whose digests are new; undefined if the digests do not lead to the root
   */
  addRun(runIndex: number, run: DigestRun): BlockRange | undefined {
    if (runIndex >= this.#heardRuns.length) return undefined;
    if (this.#heardRuns[runIndex] === 1) return NO_BLOCKS;
    if (!verifyRun(this.#root, this.#blockCount, runIndex, run.leaves, run.proof)) return undefined;
    return this.#learn(runIndex, run.leaves);
  }

  /** Takes the digests of all blocks, back to back; false when they do not lead to the root. */
  addAll(digests: Uint8Array): boolean {
    if (digests.length !== this.bytes || Buffer.compare(merkleRoot(digests), this.#root) !== 0) return false;
    this.#digests.set(digests);
    this.#heardRuns.fill(1);
    this.#unheardRunCount = 0;
    return true;
  }

  /** Takes the digest of an object's only block, which is that of the object. */
  learnOnly(digest: Uint8Array): void {
    this.#learn(0, digest);
  }

  #learn(runIndex: number, leaves: Uint8Array): BlockRange {
    const first = runIndex * RUN_LEAVES;
    this.#digests.set(leaves, first * DIGEST_BYTES);
    this.#heardRuns[runIndex] = 1;
    this.#unheardRunCount--;
    return { first, count: leaves.length / DIGEST_BYTES };
  }
}

/** Consecutive blocks. */
export interface BlockRange {
  readonly first: number;
  readonly count: number;
}

const NO_BLOCKS: BlockRange = { first: 0, count: 0 };
