import { blockLength, blockSymbolCount, firstSymbolOf, type Geometry } from '../../object/geometry.js';
import type { SymbolSet } from '../../object/symbol-set.js';
import type { Descriptor } from '../../wire/descriptor.js';
import type { DigestRun } from '../../wire/digests.js';
import type { KnownKeys } from '../runs/known-keys.js';
import type { BlockContent, SpareSymbol } from './block-content.js';
import { BlockDigests } from './block-digests.js';
import { BlockKeys, type Rejection } from './block-keys.js';
import { BlockReadiness } from './block-readiness.js';
import type { CodedPlaces } from './coded-places.js';
import { NoPlace } from './no-place.js';
import type { ReadonlyHoldings } from './object-store.js';

/** A block that can be proven now. */
export interface ReadyBlock {
  readonly block: number;
  /** SHA-256 that the block must have. */
  readonly digest: Uint8Array;
}

/**
 * Knows which symbols of an object the receiver has, which digests it has heard, and which blocks are verified. A block is ready
 * when it has enough symbols and its digest is known. The owner of the assembler proves ready blocks and reports the results.
 */
export class Assembler {
  readonly geometry: Geometry;
  /** What the places hold. The store updates this record when it writes, restores or gives up symbols. */
  readonly holdings: ReadonlyHoldings;
  readonly verifiedBlocks: SymbolSet;
  /** Blocks that did not have the signed digest: some of their symbols were damaged on the way, or forged. */
  rejectedBlockCount = 0;
  readonly #digests: BlockDigests;
  readonly #keys: BlockKeys;
  /** Where coded symbols are; undefined for an object without a code, whose symbols are all in their own places. */
  readonly #coded: CodedPlaces | undefined;
  readonly #readiness: BlockReadiness;

  /** @param verifiedBlocks the blocks that an earlier run verified; the assembler adds to this set. */
  constructor(
    descriptor: Descriptor,
    holdings: ReadonlyHoldings,
    verifiedBlocks: SymbolSet,
    coded: CodedPlaces | undefined,
    keys: KnownKeys,
  ) {
    const { geometry } = holdings;
    this.geometry = geometry;
    this.holdings = holdings;
    this.verifiedBlocks = verifiedBlocks;
    this.#digests = new BlockDigests(descriptor.blockRoot, geometry.blockCount);
    this.#coded = coded;
    this.#keys = new BlockKeys(holdings, coded, keys);
    this.#readiness = new BlockReadiness(geometry.blockCount, this.#digests, verifiedBlocks, coded);
    if (geometry.blockCount === 1) this.#digests.learnOnly(descriptor.sha256);
    for (let block = 0; block < geometry.blockCount; block++) {
      const first = firstSymbolOf(geometry, block);
      this.#readiness.setMissing(block, holdings.filled.missingIn(first, first + blockSymbolCount(geometry, block)));
    }
  }

  get isComplete(): boolean {
    return this.holdings.filled.isComplete;
  }

  /** Whether the receiver needs no further symbol or digest, unless a block turns out wrong or unsolved. */
  get hasEnough(): boolean {
    return this.#readiness.openCount === 0 && this.#digests.isComplete;
  }

  get isVerified(): boolean {
    return this.verifiedBlocks.isComplete;
  }

  /** Whether `nextReady` may return a block. */
  get hasReady(): boolean {
    return this.#readiness.mayHaveReady;
  }

  /** The place for the symbol with this ESI, which the key of this number proves, or none (`UNPROVEN`); or one of `NoPlace`. */
  placeFor(block: number, esi: number, key: number): number {
    if (this.#readiness.isBusy(block) || this.verifiedBlocks.has(block)) return NoPlace.known;
    if (!this.#keys.isWelcome(block, key)) return NoPlace.unwelcome;
    if (this.#coded !== undefined) return this.#coded.placeFor(block, esi);
    const place = firstSymbolOf(this.geometry, block) + esi;
    return this.holdings.filled.has(place) ? NoPlace.known : place;
  }

  /** Whether a symbol of this block has to be proven before it is taken: one key alone may fill the block. */
  needsProof(block: number): boolean {
    return this.#keys.isReserved(block);
  }

  /** Notes that `placeFor` called a symbol unwelcome and nobody takes it. */
  noteRefused(block: number, key: number): void {
    this.#keys.noteRefused(block, key);
  }

  /** Notes a symbol that has been written to the place that `placeFor` gave it. */
  add(block: number, esi: number, place: number, key: number): void {
    const isFirst = this.#readiness.missingOf(block) === blockSymbolCount(this.geometry, block);
    this.#keys.note(block, place, key, isFirst);
    this.#coded?.note(block, esi, place);
    this.#readiness.noteFilled(block);
  }

  /** Stands for the symbols that a block has now: it changes when a wrong block gives up symbols. */
  generationOf(block: number): number {
    return this.#keys.generationOf(block);
  }

  /**
   * Notes that a key proves a symbol that was added without a proof.
   *
   * @param place where it was added
   * @param generation of the block then: if it has changed, the place may hold another symbol
   */
  prove(block: number, esi: number, place: number, generation: number, key: number): void {
    if (!this.verifiedBlocks.has(block)) this.#keys.prove(block, esi, place, generation, key);
  }

  /** Keeps a copy of a symbol that `placeFor` calls spare. */
  addSpare(block: number, spare: SpareSymbol): void {
    this.#coded?.addSpare(block, spare);
    this.#readiness.consider(block);
  }

  /** Takes the digests of a run of blocks; false when they do not lead to the signed root. A run that is known is not checked again. */
  addDigests(runIndex: number, run: DigestRun): boolean {
    const learnt = this.#digests.addRun(runIndex, run);
    if (learnt === undefined) return false;
    for (let i = 0; i < learnt.count; i++) this.#readiness.consider(learnt.first + i);
    return true;
  }

  /** Whether the digests of all blocks are known. */
  get knowsDigests(): boolean {
    return this.#digests.isComplete;
  }

  /** Bytes of the digests of all blocks. */
  get digestBytes(): number {
    return this.#digests.bytes;
  }

  /** Takes the digests of all blocks, back to back; false when they do not lead to the signed root. */
  addAllDigests(digests: Uint8Array): boolean {
    if (!this.#digests.addAll(digests)) return false;
    for (let block = 0; block < this.geometry.blockCount; block++) this.#readiness.consider(block);
    return true;
  }

  /**
   * The block that lacks most symbols, of those whose digest is known; of several the last. Undefined if none lacks any.
   *
   * @param maxBytes longer blocks do not count
   */
  blockToFill(maxBytes: number): number | undefined {
    let [found, most]: [number | undefined, number] = [undefined, 1];
    for (let block = 0; block < this.geometry.blockCount; block++) {
      const missing = this.#readiness.missingOf(block);
      if (missing < most || this.#readiness.isBusy(block) || !this.#digests.knows(block)) continue;
      if (this.verifiedBlocks.has(block) || blockLength(this.geometry, block) > maxBytes) continue;
      [found, most] = [block, missing];
    }
    return found;
  }

  /**
   * Keeps a block as it is until `accept` or `release` is called for it.
   *
   * @returns the SHA-256 that the block must have; undefined if the block is verified or being proven, or its digest is not known
   */
  claim(block: number): Uint8Array | undefined {
    return this.#readiness.hold(block) ? this.#digests.of(block) : undefined;
  }

  /** Lets a block that was claimed take symbols again. */
  release(block: number): void {
    this.#readiness.release(block);
  }

  /** The next block to prove. The block takes no symbol until `accept`, `reject` or `postpone` is called for it. */
  nextReady(): ReadyBlock | undefined {
    const block = this.#readiness.take();
    return block === undefined ? undefined : { block, digest: this.#digests.of(block) };
  }

  /** The symbols of a block that has to be solved; undefined when every symbol of the block is in its own place. */
  guestsOf(block: number): BlockContent | undefined {
    return this.#coded?.contentOf(block);
  }

  /**
   * Marks a block as verified: its bytes have the signed digest, and all its symbols are at their own places.
   *
   * @param isFromServers false if its bytes came from elsewhere, so that they say nothing of the keys that had a part in it
   * @returns the number of a key that is left because of this; undefined if none is
   */
  accept(block: number, isFromServers = true): number | undefined {
    this.#coded?.forget(block);
    this.verifiedBlocks.add(block);
    this.#readiness.release(block, 0);
    return this.#keys.accept(block, isFromServers);
  }

  /**
   * Takes back the symbols of a wrong block so that they are received again: those that no key proves, or if there are none, those of a key
   * that signed wrong ones.
   */
  reject(block: number): Rejection {
    this.rejectedBlockCount++;
    const rejection = this.#keys.reject(block);
    const freedCount = rejection.freed.reduce((sum, { count }) => sum + count, 0);
    this.#readiness.release(block, this.#readiness.missingOf(block) + freedCount);
    return rejection;
  }

  /**
   * Postpones a block that its symbols do not determine: the block is ready again when it has one more symbol. False when the
   * block has so many symbols that some must be forged; the caller then has to reject it.
   */
  postpone(block: number): boolean {
    if (!this.#coded?.wantSpare(block)) return false;
    this.#readiness.release(block);
    return true;
  }

  /** Makes all verified blocks ready to be proven again: the bytes on disk may have changed since an earlier run. */
  doubt(): void {
    this.verifiedBlocks.clear();
    for (let block = 0; block < this.geometry.blockCount; block++) this.#readiness.consider(block);
  }
}
