import { LayercastError } from '../../base/errors.js';
import type { Holdings } from '../../object/holdings.js';
import { SymbolSet } from '../../object/symbol-set.js';
import { canHold } from './claims.js';
import type { Journal } from './journal.js';
import type { Run } from './journal-format.js';

/** What puts symbols on disk: the part file. */
export interface Flushable {
  /** Everything written before this call is on disk when it resolves. */
  flush(): Promise<void>;
}

/**
 * Carries what was written into the journal, by way of the disk. The store notes here what the part file has taken; each
 * `run` has that flushed and then journalled. What is noted while the flush is under way waits for the next run.
 */
export class Checkpoint {
  readonly #part: Flushable;
  readonly #journal: Journal;
  readonly #holdings: Holdings;
  /** Places filled since the last run began. */
  #written: SymbolSet;
  /** Places of the run under way: on disk as soon as the flush ends. */
  #flushing: SymbolSet;
  /** Each block once. */
  #verifiedBlocks: number[] = [];
  /** Short: a block must be received whole before it can be dropped. */
  #dropped: Run[] = [];
  #running: Promise<void> | undefined;
  /** The run that begins when the one under way has ended. */
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

  /** Whether the journal says, or is going to say, that a place holds a guest: true until it has forgotten a dropped one. */
  holdsGuest(place: number): boolean {
    return this.#holdings.claimedGuests.has(place) || (this.#isNoted(place) && this.#holdings.guestAt(place) >= 0);
  }

  /** The part file has taken all bytes of a symbol, at its own place. */
  noteWritten(place: number): void {
    if (this.#holdings.guestAt(place) >= 0) this.#flushing.removeRun(place, 1);
    this.#holdings.addOwn(place);
    this.#written.add(place);
  }

  /** The part file has taken all bytes of these symbols, at their own places. */
  noteRunWritten(first: number, count: number): void {
    this.#forgetGuests(first, count);
    this.#holdings.addOwnRun(first, count);
    this.#written.addRun(first, count);
  }

  /**
   * The part file has taken all bytes of a guest.
   * @throws {LayercastError} `INTERNAL` when it cannot be there: the symbol's own place, a short one, or not a free one
   */
  noteGuest(place: number, esi: number): void {
    if (this.holdsOwn(place) || !canHold(this.#journal.geometry, place, esi)) {
      throw new LayercastError('INTERNAL', `place ${place} cannot hold the symbol of ESI ${esi}`);
    }
    this.#holdings.addGuest(place, esi);
    this.#written.add(place);
  }

  /** The block has all its symbols (each noted before) and matches its digest. */
  noteVerified(block: number): void {
    this.#verifiedBlocks.push(block);
  }

  /** These symbols turned out wrong; they count no more until they are written and noted again. */
  noteDropped(first: number, count: number): void {
    this.#dropped.push([first, count]);
    this.#written.removeRun(first, count);
    this.#flushing.removeRun(first, count);
    this.#holdings.remove(first, count);
  }

  /**
   * Gives up the guests at these places, and only those, for the block that will be written over them. No run journals them
   * any more. When it resolves the journal on disk knows of none, so that the places may be written over. Does not wait for
   * the part file, and takes no time when the journal never knew of any.
   * @throws {LayercastError} what the journal says; it may then still claim guests that are not noted here any more
   */
  evictGuests(first: number, count: number): Promise<void> {
    this.#forgetGuests(first, count);
    // A run that has handed its guests to the journal was carried out before this is, one that has not lacks these.
    return this.#journal.append({ evicted: [[first, count]] });
  }

  /**
   * One checkpoint: when it resolves, everything noted before the call is on disk and in the journal. One is under way at a
   * time: all calls meanwhile share another that begins when it has ended. What could not be journalled is kept for the next.
   * @throws {LayercastError} what the part file or the journal says
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

  /** No run journals the guests at these places any more. */
  #forgetGuests(first: number, count: number): void {
    for (const [place, , length] of this.#holdings.guestRunsIn(first, count)) {
      this.#written.removeRun(place, length);
      this.#flushing.removeRun(place, length);
    }
  }
}
