import type { SymbolSet } from '../../object/symbol-set.js';
import type { BlockDigests } from './block-digests.js';
import type { CodedPlaces } from './coded-places.js';

/**
 * Knows how many places of each block are empty, and which blocks can be proven: they have as many symbols as they are known to need, their
 * digest is known, and they are neither verified nor being proven.
 */
export class BlockReadiness {
  readonly #digests: Pick<BlockDigests, 'knows'>;
  readonly #verified: Pick<SymbolSet, 'has'>;
  readonly #coded: Pick<CodedPlaces, 'surplusOf'> | undefined;
  readonly #missing: Uint16Array;
  /** 1 for each block that has as many symbols as it is known to need. */
  readonly #isEnough: Uint8Array;
  /** 1 for each block that is being proven, which takes no symbol meanwhile. */
  readonly #busy: Uint8Array;
  /** Blocks that may be ready. A block may be listed more than once: `take` skips blocks that are not ready. */
  readonly #ready: number[] = [];
  #openCount: number;

  /**
   * @param verified the blocks that are verified
   * @param coded how many symbols more or fewer than it has places a block needs; undefined if each needs as many
   */
  constructor(
    blockCount: number,
    digests: Pick<BlockDigests, 'knows'>,
    verified: Pick<SymbolSet, 'has'>,
    coded: Pick<CodedPlaces, 'surplusOf'> | undefined,
  ) {
    this.#digests = digests;
    this.#verified = verified;
    this.#coded = coded;
    this.#missing = new Uint16Array(blockCount);
    this.#isEnough = new Uint8Array(blockCount);
    this.#busy = new Uint8Array(blockCount);
    this.#openCount = blockCount;
  }

  /** How many blocks need more symbols. */
  get openCount(): number {
    return this.#openCount;
  }

  /** Whether `take` may return a block. */
  get mayHaveReady(): boolean {
    return this.#ready.length > 0;
  }

  /** How many places of a block are empty. */
  missingOf(block: number): number {
    return this.#missing[block]!;
  }

  /** Whether a block is being proven. */
  isBusy(block: number): boolean {
    return this.#busy[block] === 1;
  }

  /** Sets how many places of a block are empty. */
  setMissing(block: number, count: number): void {
    this.#missing[block] = count;
    this.consider(block);
  }

  /** Notes that a symbol has gone to a place of the block. */
  noteFilled(block: number): void {
    this.#missing[block]!--;
    this.consider(block);
  }

  /** Looks again whether a block is ready, because its spares, its digest or whether it is verified have changed. */
  consider(block: number): void {
    const isEnough = this.#missing[block]! <= (this.#coded?.surplusOf(block) ?? 0);
    if (isEnough !== (this.#isEnough[block] === 1)) {
      this.#isEnough[block] = isEnough ? 1 : 0;
      this.#openCount += isEnough ? -1 : 1;
    }
    if (isEnough && this.#digests.knows(block) && !this.#verified.has(block)) this.#ready.push(block);
  }

  /** The next block that is ready, which is busy from now on. */
  take(): number | undefined {
    for (;;) {
      const block = this.#ready.shift();
      if (block === undefined) return undefined;
      if (this.#isEnough[block] === 1 && this.hold(block)) return block;
    }
  }

  /** Makes a block busy, enough symbols or not; false if it is verified or busy, or its digest is not known. */
  hold(block: number): boolean {
    if (this.isBusy(block) || this.#verified.has(block) || !this.#digests.knows(block)) return false;
    this.#busy[block] = 1;
    return true;
  }

  /**
   * Ends that a block is busy.
   *
   * @param missingCount how many of its places are empty now
   */
  release(block: number, missingCount = this.missingOf(block)): void {
    this.#busy[block] = 0;
    this.setMissing(block, missingCount);
  }
}
