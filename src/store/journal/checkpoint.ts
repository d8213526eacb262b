import { LayercastError } from '../../base/errors.js';
import { Placements } from '../../object/placements.js';
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
 * Carries what was written into the journal, by way of the disk: notes what the sink has taken, and at each `run` has it
 * flushed and then journalled. What is noted while the flush is under way waits for the next.
 */
export class Checkpoint {
  readonly #part: Flushable;
  readonly #journal: Journal;
  /** Noted since the last run began. */
  #written: SymbolSet;
  /** Of the run under way: on disk as soon as the flush ends. */
  #flushing: SymbolSet;
  /** Guests noted since the last run began, and those of the run under way. */
  #guests: Placements;
  #flushingGuests: Placements;
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
    this.#written = new SymbolSet(journal.symbols.symbolCount);
    this.#flushing = new SymbolSet(journal.symbols.symbolCount);
    this.#guests = new Placements(journal.symbols.symbolCount);
    this.#flushingGuests = new Placements(journal.symbols.symbolCount);
  }

  /** Whether the journal says, or is going to say, that a place holds its own symbol. */
  holdsOwn(place: number): boolean {
    return this.#written.has(place) || this.#flushing.has(place) || this.#journal.symbols.has(place);
  }

  /** Whether the journal says, or is going to say, that a place holds a guest: true until it has forgotten a dropped one. */
  holdsGuest(place: number): boolean {
    return this.#guests.get(place) >= 0 || this.#flushingGuests.get(place) >= 0 || this.#journal.guests.get(place) >= 0;
  }

  /** The sink has taken all bytes of this symbol, at its own place. */
  noteWritten(symbol: number): void {
    this.#written.add(symbol);
    this.#removeGuests(symbol, 1);
  }

  /** The sink has taken all bytes of these symbols, at their own places. */
  noteRunWritten(first: number, count: number): void {
    this.#written.addRun(first, count);
    this.#removeGuests(first, count);
  }

  /**
   * The sink has taken all bytes of a guest.
   * @throws {LayercastError} `INTERNAL` when it cannot be there: the symbol's own place, a short one, or not a free one
   */
  noteGuest(place: number, esi: number): void {
    if (this.holdsOwn(place) || !canHold(this.#journal.geometry, place, esi)) {
      throw new LayercastError('INTERNAL', `place ${place} cannot hold the symbol of ESI ${esi}`);
    }
    this.#guests.set(place, esi);
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
    this.#removeGuests(first, count);
  }

  /**
   * Forgets the guests at these places, and only those. When it resolves the journal on disk knows of none, so that the
   * places may be written over. Does not wait for the sink, and takes no time when the journal never knew of any.
   * @throws {LayercastError} what the journal says; it may then still claim guests that are not noted here any more
   */
  evictGuests(first: number, count: number): Promise<void> {
    this.#removeGuests(first, count);
    // A run that has handed its guests to the journal was carried out before this is, one that has not lacks these.
    return this.#journal.append({ evicted: [[first, count]] });
  }

  /**
   * One checkpoint: when it resolves, everything noted before the call is on disk and in the journal. One is under way at a
   * time: all calls meanwhile share another that begins when it has ended. What could not be journalled is kept for the next.
   * @throws {LayercastError} what the sink or the journal says
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
    [this.#guests, this.#flushingGuests] = [this.#flushingGuests, this.#guests];
    const verifiedBlocks = this.#verifiedBlocks;
    const dropped = this.#dropped;
    this.#verifiedBlocks = [];
    this.#dropped = [];
    try {
      if (this.#flushing.count + this.#flushingGuests.count > 0) await this.#part.flush();
      await this.#journal.append({
        dropped,
        durable: this.#flushing.runs(),
        guests: this.#flushingGuests.runs(),
        verified: verifiedBlocks.toSorted((a, b) => a - b).map((block) => [block, 1] as const),
      });
    } catch (error) {
      this.#written.addAll(this.#flushing);
      this.#guests.addAll(this.#flushingGuests);
      this.#verifiedBlocks = [...verifiedBlocks, ...this.#verifiedBlocks];
      this.#dropped = [...dropped, ...this.#dropped];
      throw error;
    } finally {
      this.#flushing.clear();
      this.#flushingGuests.clear();
    }
  }

  #removeGuests(first: number, count: number): void {
    this.#guests.removeRun(first, count);
    this.#flushingGuests.removeRun(first, count);
  }
}
