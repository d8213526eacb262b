import { LayercastError } from '../../base/errors.js';
import type { Holdings } from '../../object/holdings.js';
import { SymbolSet } from '../../object/symbol-set.js';
import { canHold } from './claims.js';
import type { Journal } from './journal.js';
import type { Run } from './journal-format.js';

/** The part file, as a checkpoint uses it. */
export interface Flushable {
  /** Resolves when everything that was written before the call is on disk. */
  flush(): Promise<void>;
}

/**
 * Writes into the journal which symbols are on disk. The store notes here which symbols the part file has taken; each `run`
 * flushes the part file and then appends them to the journal. Symbols that are noted during the flush wait for the next run.
 */
export class Checkpoint {
  readonly #part: Flushable;
  readonly #journal: Journal;
  readonly #holdings: Holdings;
  /** Places filled since the last run began. */
  #written: SymbolSet;
  /** Places of the run under way, which are on disk as soon as its flush ends. */
  #flushing: SymbolSet;
  /** Verified blocks that are not yet journalled, each once. */
  #verifiedBlocks: number[] = [];
  /** Places that were given up and are not yet journalled. The list stays short: a block must be received whole before it is dropped. */
  #dropped: Run[] = [];
  #running: Promise<void> | undefined;
  /** The run that begins when the run under way has ended. */
  #waiting: Promise<void> | undefined;

  constructor(part: Flushable, journal: Journal) {
    this.#part = part;
    this.#journal = journal;
    this.#holdings = journal.holdings;
    this.#written = new SymbolSet(journal.geometry.symbolCount);
    this.#flushing = new SymbolSet(journal.geometry.symbolCount);
  }

  /** Whether the journal says, or is going to say, that a place holds its own symbol. */
  holdsOwn(place: number): boolean {
    return this.#holdings.claimedOwn.has(place) || (this.#isNoted(place) && this.#holdings.holdsOwn(place));
  }

  /** Whether the journal says, or is going to say, that a place holds a guest. True for a dropped guest until the journal has let go of it. */
  holdsGuest(place: number): boolean {
    return this.#holdings.claimedGuests.has(place) || (this.#isNoted(place) && this.#holdings.guestAt(place) >= 0);
  }

  /** Notes that the part file has taken all bytes of a symbol, at its own place. */
  noteWritten(place: number): void {
    if (this.#holdings.guestAt(place) >= 0) this.#flushing.removeRun(place, 1);
    this.#holdings.addOwn(place);
    this.#written.add(place);
  }

  /** Notes that the part file has taken all bytes of these symbols, at their own places. */
  noteRunWritten(first: number, count: number): void {
    this.#forgetGuests(first, count);
    this.#holdings.addOwnRun(first, count);
    this.#written.addRun(first, count);
  }

  /**
   * Notes that the part file has taken all bytes of a guest.
   * @throws {LayercastError} `INTERNAL` when the place cannot hold the guest: it is the symbol's own place, a short one, or not free
   */
  noteGuest(place: number, esi: number): void {
    if (this.holdsOwn(place) || !canHold(this.#journal.geometry, place, esi)) {
      throw new LayercastError('INTERNAL', `place ${place} cannot hold the symbol of ESI ${esi}`);
    }
    this.#holdings.addGuest(place, esi);
    this.#written.add(place);
  }

  /** Notes that a block has all its symbols (each noted before) and matches its digest. */
  noteVerified(block: number): void {
    this.#verifiedBlocks.push(block);
  }

  /** Notes that these symbols turned out wrong. They no longer count until they are written and noted again. */
  noteDropped(first: number, count: number): void {
    this.#dropped.push([first, count]);
    this.#written.removeRun(first, count);
    this.#flushing.removeRun(first, count);
    this.#holdings.remove(first, count);
  }

  /**
   * Gives up the guests at these places, and nothing else, because their block will be written over them. From the call on, no
   * run journals these guests. When the promise resolves, the journal on disk claims none of them, so the places may be written
   * over. The call does not wait for the part file, and writes nothing if the journal claims no guest there.
   * @throws {LayercastError} the journal's error; the journal may then still claim guests that are no longer noted here
   */
  evictGuests(first: number, count: number): Promise<void> {
    this.#forgetGuests(first, count);
    // If a run has handed these guests to the journal, its append is carried out before this one. A later run does not have them.
    return this.#journal.append({ evicted: [[first, count]] });
  }

  /**
   * Makes one checkpoint: when the promise resolves, everything noted before the call is on disk and in the journal. One run is
   * under way at a time; all calls meanwhile share the next run. After a failure, the notes are kept for the next run.
   * @throws {LayercastError} the error of the part file or the journal
   */
  run(): Promise<void> {
    if (this.#waiting !== undefined) return this.#waiting;
    if (this.#running === undefined) return this.#start();
    this.#waiting = this.#running
      .catch(() => {})
      .then(() => {
        this.#waiting = undefined;
        return this.#start();
      });
    return this.#waiting;
  }

  #start(): Promise<void> {
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    [this.#written, this.#flushing] = [this.#flushing, this.#written];
    const verifiedBlocks = this.#verifiedBlocks;
    const dropped = this.#dropped;
    this.#verifiedBlocks = [];
    this.#dropped = [];
    try {
      if (this.#flushing.count > 0) await this.#part.flush();
      await this.#journal.append({
        dropped,
        durable: this.#holdings.ownRuns(this.#flushing),
        guests: this.#holdings.guestRuns(this.#flushing),
        verified: verifiedBlocks.toSorted((a, b) => a - b).map((block) => [block, 1] as const),
      });
    } catch (error) {
      this.#written.addAll(this.#flushing);
      this.#verifiedBlocks = [...verifiedBlocks, ...this.#verifiedBlocks];
      this.#dropped = [...dropped, ...this.#dropped];
      throw error;
    } finally {
      this.#flushing.clear();
    }
  }

  #isNoted(place: number): boolean {
    return this.#written.has(place) || this.#flushing.has(place);
  }

  /** Removes the guests at these places from what runs journal. */
  #forgetGuests(first: number, count: number): void {
    for (const [place, , length] of this.#holdings.guestRunsIn(first, count)) {
      this.#written.removeRun(place, length);
      this.#flushing.removeRun(place, length);
    }
  }
}
