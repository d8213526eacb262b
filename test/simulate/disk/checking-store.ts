import { createHash } from 'node:crypto';
import { LayercastError } from '../../../dist/base/errors.js';
import { MAX_ESI } from '../../../dist/base/limits.js';
import {
  blockLength,
  blockOf,
  blockOffset,
  blockSymbolCount,
  firstSymbolOf,
  symbolLength,
  symbolOffset,
} from '../../../dist/object/geometry.js';
import { Holdings } from '../../../dist/object/holdings.js';
import { SymbolSet } from '../../../dist/object/symbol-set.js';
import type { BlockContent, Outcome } from '../../../dist/receiver/assemble/block-content.js';
import type { ObjectStore } from '../../../dist/receiver/assemble/object-store.js';
import type { CheckingDisk, PartialObject } from './checking-disk.js';
import { PlaceClaims } from './place-claims.js';
import { solvedBlock } from './solved-block.js';
import { WriteQueue } from './write-queue.js';

/** One run's view of a simulated disk: what the receiver takes for its store. */
export class CheckingStore implements ObjectStore {
  readonly holdings: Holdings;
  readonly verifiedBlocks: SymbolSet;
  readonly restoresAtOnce = 1;
  readonly #partial: PartialObject;
  readonly #disk: CheckingDisk;
  /** Written since the last checkpoint began, and before that one. */
  #written: PlaceClaims;
  #flushing: PlaceClaims;
  #accepted: number[] = [];
  /** Rejected since the last checkpoint began, and before that one: free when the checkpoint that takes them has ended. */
  #dropped: SymbolSet;
  #dropping: SymbolSet;
  readonly #queue: WriteQueue;
  readonly #restoring = new Set<number>();
  #isCheckpointing = false;
  #isCommitting = false;
  #state: 'open' | 'closed' | 'dead' = 'open';

  constructor(partial: PartialObject, disk: CheckingDisk) {
    this.#partial = partial;
    this.#disk = disk;
    const { symbolCount } = partial.geometry;
    this.holdings = new Holdings(partial.geometry);
    for (const [first, count] of partial.journal.symbols.runs()) this.holdings.claimOwn(first, count);
    for (const run of partial.journal.guests.runs()) this.holdings.claimGuests(run);
    this.holdings.takeUp();
    this.verifiedBlocks = new SymbolSet(partial.journalledBlocks.symbolCount);
    this.verifiedBlocks.addAll(partial.journalledBlocks);
    this.#written = new PlaceClaims(symbolCount);
    this.#flushing = new PlaceClaims(symbolCount);
    this.#dropped = new SymbolSet(symbolCount);
    this.#dropping = new SymbolSet(symbolCount);
    this.#queue = new WriteQueue(partial, disk);
  }

  writeSymbol(place: number, esi: number, bytes: Uint8Array, start: number, length: number): boolean {
    const { geometry } = this.#partial;
    const isOwn = place === firstSymbolOf(geometry, blockOf(geometry, place)) + esi;
    const isEsi = Number.isInteger(esi) && esi >= 0 && esi <= MAX_ESI;
    const placeBytes = this.#isPlace(place) ? symbolLength(geometry, place) : 0;
    if (!isEsi || length !== placeBytes || (!isOwn && placeBytes !== geometry.symbolBytes)) {
      this.#violated(`place ${place} cannot hold ${length} bytes of ESI ${esi}`);
      throw new LayercastError('INTERNAL', `place ${place} cannot hold ${length} bytes of ESI ${esi}`);
    }
    const symbol = bytes.subarray(start, start + length);
    return isOwn ? this.#writeOwn(place, symbol) : this.#writeGuest(place, esi, symbol);
  }

  async restoreBlock(block: number, content: BlockContent, digest: Uint8Array): Promise<Outcome> {
    const { geometry, journal, storage } = this.#partial;
    const isBlock = Number.isInteger(block) && block >= 0 && block < geometry.blockCount;
    const fits = isBlock && content.esis.length === blockSymbolCount(geometry, block);
    if (!fits || this.#restoring.has(block) || this.#state === 'closed') {
      this.#violated(`block ${block} restored from ${content.esis.length} places`);
      throw new LayercastError('INTERNAL', `block ${block} cannot be restored now`);
    }
    const [first, count] = [firstSymbolOf(geometry, block), blockSymbolCount(geometry, block)];
    this.#restoring.add(block);
    const { readUs = 0, restoreUs = 0, solve = solvedBlock } = this.#disk.options;
    try {
      const bytes = storage.isBlank
        ? new Uint8Array(blockLength(geometry, block))
        : solve(geometry, block, content, (into) => storage.copy(blockOffset(geometry, block), into));
      await this.#pass(readUs);
      if (bytes === undefined) return 'unsolved';
      if (Buffer.compare(createHash('sha256').update(bytes).digest(), digest) !== 0) return 'wrong';
      for (const claims of [this.#written, this.#flushing]) claims.guests.removeRun(first, count);
      await this.#pass(restoreUs / 2);
      journal.guests.removeRun(first, count);
      for (let place = first; place < first + count; place++) {
        const at = (place - first) * geometry.symbolBytes;
        const symbol = bytes.subarray(at, at + symbolLength(geometry, place));
        this.#queue.requireRoom(place);
        storage.put(place, symbol);
        if (!storage.isGenuineAt(place)) this.#violated(`symbol ${place} restored wrong`);
      }
      await this.#pass(restoreUs / 2);
      this.#written.addOwn(first, count);
      this.holdings.addOwnRun(first, count);
      return 'genuine';
    } finally {
      this.#restoring.delete(block);
    }
  }

  async read(place: number, into: Uint8Array): Promise<void> {
    if (this.#state === 'closed') throw new LayercastError('FILE_IO', 'read after close');
    // Before any time passes, as the real cache does: whoever lends the same buffer twice at once must not get away with it.
    this.#partial.storage.copy(symbolOffset(this.#partial.geometry, place), into);
    await this.#pass(this.#disk.options.readUs ?? 0);
  }

  acceptBlock(block: number): void {
    const { geometry, journal } = this.#partial;
    const [first, count] = [firstSymbolOf(geometry, block), blockSymbolCount(geometry, block)];
    const claims = [this.#written, this.#flushing, journal];
    for (let place = first; place < first + count; place++) {
      const isThere = claims.some(({ symbols }) => symbols.has(place));
      if (!isThere) this.#violated(`block ${block} accepted without symbol ${place}`);
    }
    this.#accepted.push(block);
  }

  rejectPlaces(first: number, count: number): void {
    const { geometry, journalledBlocks } = this.#partial;
    for (let place = first; place < first + count; place++) {
      const block = blockOf(geometry, place);
      if (journalledBlocks.has(block)) this.#violated(`block ${block} was verified and place ${place} is rejected`);
    }
    this.#written.remove(first, count);
    this.#flushing.remove(first, count);
    this.#dropped.addRun(first, count);
    this.holdings.remove(first, count);
  }

  async checkpoint(): Promise<void> {
    if (this.#isCheckpointing) this.#violated('two checkpoints at once');
    if (this.#isCommitting) this.#violated('checkpoint during or after the commit');
    if (this.#state === 'closed') this.#violated('checkpoint after the end');
    this.#isCheckpointing = true;
    [this.#written, this.#flushing] = [this.#flushing, this.#written];
    [this.#dropped, this.#dropping] = [this.#dropping, this.#dropped];
    const accepted = this.#accepted;
    this.#accepted = [];
    try {
      await this.#flush();
      this.#journal(accepted);
    } catch (error) {
      this.#flushing.addAll(this.#written);
      [this.#written, this.#flushing] = [this.#flushing, this.#written];
      this.#accepted = [...accepted, ...this.#accepted];
      this.#dropped.addAll(this.#dropping);
      throw error;
    } finally {
      this.#flushing.clear();
      this.#dropping.clear();
      this.#isCheckpointing = false;
    }
  }

  async commit(): Promise<void> {
    const { storage, geometry } = this.#partial;
    if (this.#isCheckpointing) this.#violated('commit during a checkpoint');
    this.#isCommitting = true;
    if (storage.count !== geometry.symbolCount) this.#violated('commit of a file that is not whole');
    await this.#flush();
    if (!storage.isGenuine) this.#violated('commit of wrong bytes');
    this.#end();
    this.#disk.complete(this.#partial);
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    if (this.#restoring.size > 0) this.#violated('close while a block is restored');
    try {
      await this.checkpoint();
    } finally {
      this.#end();
    }
  }

  async discard(): Promise<void> {
    this.#end();
    this.#disk.forget();
  }

  /** The host has died: nothing that waits for this store ever goes on. */
  kill(): void {
    this.#state = 'dead';
  }

  /** Whether what a place holds would not survive a crash, whatever the journal says of it: it was written over since. */
  isAtRisk(place: number): boolean {
    return this.#isDropped(place) && (this.#written.holds(place) || this.#flushing.holds(place));
  }

  #writeOwn(place: number, symbol: Uint8Array): boolean {
    if (this.#state !== 'open' || this.#isBusy(place)) return false;
    if (this.#holdsGuest(place)) {
      if (!this.#isDropped(place)) this.#violated(`symbol ${place} over a guest`);
      return false;
    }
    if (!this.#put(place, symbol)) return false;
    this.#written.addOwn(place, 1);
    this.holdings.addOwn(place);
    return true;
  }

  #writeGuest(place: number, esi: number, symbol: Uint8Array): boolean {
    if (this.#state !== 'open' || this.#isBusy(place)) return false;
    if (this.#written.holds(place) || this.#flushing.holds(place) || this.#partial.journal.holds(place)) {
      if (!this.#isDropped(place)) this.#violated(`guest ${esi} at the occupied place ${place}`);
      return false;
    }
    if (!this.#put(place, symbol)) return false;
    this.#written.addGuest(place, esi);
    this.holdings.addGuest(place, esi);
    return true;
  }

  async #flush(): Promise<void> {
    await this.#pass(this.#queue.flushUs);
    this.#queue.requireTaken();
  }

  #journal(accepted: readonly number[]): void {
    const { geometry, journal, journalledBlocks, storage } = this.#partial;
    for (const [first, count] of this.#dropping.runs()) journal.remove(first, count);
    journal.addAll(this.#flushing);
    for (const block of accepted) journalledBlocks.add(block);
    // An audit of the whole journal each time, for tests; where only times and rates matter it would take most of them.
    if (storage.isBlank) return;
    const repeated = journal.repeatedGuests((place) => {
      const block = blockOf(geometry, place);
      const first = firstSymbolOf(geometry, block);
      return { block, first, end: first + blockSymbolCount(geometry, block) };
    });
    for (const [place, esi] of repeated) this.#violated(`ESI ${esi} once more at place ${place}`);
  }

  #isDropped(place: number): boolean {
    return this.#dropped.has(place) || this.#dropping.has(place);
  }

  #isPlace(place: number): boolean {
    return Number.isInteger(place) && place >= 0 && place < this.#partial.geometry.symbolCount;
  }

  #holdsGuest(place: number): boolean {
    return [this.#written, this.#flushing, this.#partial.journal].some(({ guests }) => guests.get(place) >= 0);
  }

  /** Whether the block of this place takes no symbols: then nobody should have any for it. */
  #isBusy(place: number): boolean {
    const block = blockOf(this.#partial.geometry, place);
    if (this.#partial.journalledBlocks.has(block)) this.#violated(`symbol ${place} had been verified before`);
    if (this.#restoring.has(block)) this.#violated(`symbol ${place} while its block is restored`);
    return this.#restoring.has(block);
  }

  #put(place: number, bytes: Uint8Array): boolean {
    if (!this.#queue.take(place, bytes.length)) return false;
    this.#partial.storage.put(place, bytes);
    return true;
  }

  #end(): void {
    if (this.#state === 'open') this.#state = 'closed';
  }

  /** What takes time; for ever, if the host dies meanwhile. */
  async #pass(forUs: number): Promise<void> {
    const { clock } = this.#disk.options;
    if (forUs > 0) await new Promise<void>((resolve) => clock.at(clock.nowUs + forUs, resolve));
    if (this.#state === 'dead') await new Promise(() => undefined);
  }

  #violated(what: string): void {
    if (this.#state !== 'dead') this.#disk.violations.push(what);
  }
}
