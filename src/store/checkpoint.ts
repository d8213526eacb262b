import { SymbolSet } from '../object/symbol-set.js';
import type { ByteSink } from '../ports.js';
import type { Journal } from './journal.js';
import type { Run } from './journal-format.js';

/**
 * Carries what was written into the journal, by way of the disk: notes what the sink has taken, and at each `run` has it
 * flushed and then journalled. What is noted while the flush is under way waits for the next.
 */
export class Checkpoint {
  readonly #sink: Pick<ByteSink, 'flush'>;
  readonly #journal: Journal;
  /** Noted since the last run began. */
  #written: SymbolSet;
  /** Of the run under way: on disk as soon as the flush ends. */
  #flushing: SymbolSet;
  /** Each block once. */
  #verifiedBlocks: number[] = [];
  /** Short: a block must be received whole before it can be dropped. */
  #dropped: Run[] = [];
  #running: Promise<void> | undefined;
  /** The run that begins when the one under way has ended. */
  #waiting: Promise<void> | undefined;

  constructor(sink: Pick<ByteSink, 'flush'>, journal: Journal) {
    this.#sink = sink;
    this.#journal = journal;
    this.#written = new SymbolSet(journal.symbols.symbolCount);
    this.#flushing = new SymbolSet(journal.symbols.symbolCount);
  }

  /** The sink has taken all bytes of this symbol. */
  noteWritten(symbol: number): void {
    this.#written.add(symbol);
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
    const verifiedBlocks = this.#verifiedBlocks;
    const dropped = this.#dropped;
    this.#verifiedBlocks = [];
    this.#dropped = [];
    try {
      if (this.#flushing.count > 0) await this.#sink.flush();
      await this.#journal.append({
        dropped,
        durable: this.#flushing.runs(),
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
}
