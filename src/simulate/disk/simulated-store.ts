import { createHash } from 'node:crypto';
import {
  blockLength,
  blockOf,
  blockOffset,
  blockSymbolCount,
  firstSymbolOf,
  type Geometry,
  symbolOffset,
} from '../../object/geometry.js';
import type { Holdings } from '../../object/holdings.js';
import { SymbolSet } from '../../object/symbol-set.js';
import type { BlockContent, Outcome } from '../../receiver/assemble/block-content.js';
import type { ObjectStore } from '../../receiver/assemble/object-store.js';
import type { Content } from '../object/content.js';
import type { WriteQueue } from './write-queue.js';

/** The part of an object that a simulated disk holds. The claims of `holdings` stand for the journal. */
export interface PartialObject {
  readonly tag: Uint8Array;
  readonly geometry: Geometry;
  holdings: Holdings;
  readonly journalledBlocks: SymbolSet;
}

/** One run's view of a simulated disk: the receiver's store. */
export class SimulatedStore implements ObjectStore {
  readonly holdings: Holdings;
  readonly verifiedBlocks: SymbolSet;
  readonly restoresAtOnce = 1;
  readonly #partial: PartialObject;
  readonly #queue: WriteQueue;
  readonly #content: Content;
  readonly #onEnd: (isWhole: boolean) => void;
  /** Places that were filled after the last checkpoint began. */
  #written: SymbolSet;
  /** Places that the last checkpoint makes durable. */
  #flushing: SymbolSet;
  #accepted: number[] = [];
  readonly #restoring = new Set<number>();
  #isOpen = true;
  #isDead = false;

  /** @param onEnd called when the object is whole and has its name, or when it is discarded. */
  constructor(partial: PartialObject, queue: WriteQueue, content: Content, onEnd: (isWhole: boolean) => void) {
    this.#partial = partial;
    this.#queue = queue;
    this.#content = content;
    this.#onEnd = onEnd;
    this.holdings = partial.holdings;
    this.verifiedBlocks = new SymbolSet(partial.geometry.blockCount);
    this.verifiedBlocks.addAll(partial.journalledBlocks);
    this.#written = new SymbolSet(partial.geometry.symbolCount);
    this.#flushing = new SymbolSet(partial.geometry.symbolCount);
  }

  writeSymbol(place: number, esi: number, _bytes: Uint8Array, _start: number, length: number): boolean {
    const block = blockOf(this.#partial.geometry, place);
    if (!this.#isOpen || this.#restoring.has(block) || this.holdings.filled.has(place)) return false;
    if (!this.#queue.take(length)) return false;
    if (place === firstSymbolOf(this.#partial.geometry, block) + esi) this.holdings.addOwn(place);
    else this.holdings.addGuest(place, esi);
    this.#written.add(place);
    return true;
  }

  /** Restores the block in no virtual time. Every symbol is genuine, so K of them are taken to determine the block. */
  async restoreBlock(block: number, _content: BlockContent, digest: Uint8Array): Promise<Outcome> {
    const { geometry } = this.#partial;
    const [first, count] = [firstSymbolOf(geometry, block), blockSymbolCount(geometry, block)];
    this.#restoring.add(block);
    const bytes = this.#content.slice(blockOffset(geometry, block), blockLength(geometry, block));
    const isGenuine = Buffer.compare(createHash('sha256').update(bytes).digest(), digest) === 0;
    await this.#pass();
    if (!isGenuine) {
      this.#restoring.delete(block);
      return 'wrong';
    }
    for (const [place, , length] of this.holdings.guestRunsIn(first, count)) {
      this.#written.removeRun(place, length);
      this.#flushing.removeRun(place, length);
    }
    this.holdings.unclaimGuests(first, count);
    await this.#pass();
    this.holdings.addOwnRun(first, count);
    this.#written.addRun(first, count);
    this.#restoring.delete(block);
    return 'genuine';
  }

  async read(place: number, into: Uint8Array): Promise<void> {
    into.set(this.#content.slice(symbolOffset(this.#partial.geometry, place), into.length));
    await this.#pass();
  }

  acceptBlock(block: number): void {
    this.#accepted.push(block);
  }

  rejectPlaces(first: number, count: number): void {
    this.#written.removeRun(first, count);
    this.#flushing.removeRun(first, count);
    this.holdings.unclaimOwn(first, count);
    this.holdings.unclaimGuests(first, count);
    this.holdings.remove(first, count);
  }

  async checkpoint(): Promise<void> {
    [this.#written, this.#flushing] = [this.#flushing, this.#written];
    const accepted = this.#accepted;
    this.#accepted = [];
    await this.#flush();
    const { holdings } = this;
    const [own, guests] = [[...holdings.ownRuns(this.#flushing)], [...holdings.guestRuns(this.#flushing)]];
    for (const [first, count] of own) holdings.claimOwn(first, count);
    for (const run of guests) holdings.claimGuests(run);
    for (const block of accepted) this.#partial.journalledBlocks.add(block);
    this.#flushing.clear();
  }

  async commit(): Promise<void> {
    await this.#flush();
    this.#isOpen = false;
    this.#onEnd(true);
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    await this.checkpoint();
    this.#isOpen = false;
  }

  async discard(): Promise<void> {
    this.#isOpen = false;
    this.#onEnd(false);
  }

  /** Ends the store because the host has died. Its pending promises never settle. */
  kill(): void {
    this.#isOpen = false;
    this.#isDead = true;
  }

  async #flush(): Promise<void> {
    await this.#pass(this.#queue.waitUs);
  }

  /** Resolves when the write queue is empty; never if the host dies before. */
  async #pass(forUs = 0): Promise<void> {
    if (forUs > 0) await this.#queue.drain();
    if (this.#isDead) await new Promise(() => undefined);
  }
}
