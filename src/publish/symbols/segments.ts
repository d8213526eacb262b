import { RUN_SYMBOLS } from '../../sender/schedule/ring.js';
import type { RepairRange } from '../../sender/schedule/stretches.js';

/**
 * The repair symbols of an arc, cut into segments of consecutive ESIs, whose lengths differ by a run at most. After the last segment comes the first.
 */
export class Segments {
  /** Symbols of a block in the longest segment. */
  readonly longest: number;
  readonly #firstEsi: number;
  readonly #runCount: number;
  readonly #count: number;

  /**
   * A segment is half of a block's symbols, so that two segments of all blocks take as much room as the object. To load a block takes
   * 5 ms, to make half of its symbols 12 ms. Quarters would take half the room and a seventh more time; whole blocks' worth of symbols twice the
   * room and a seventh less time.
   *
   * @param range not empty
   * @param sourceCount symbols of the longest block
   */
  constructor({ firstEsi, count }: RepairRange, sourceCount: number) {
    this.#firstEsi = firstEsi;
    this.#runCount = Math.floor(count / RUN_SYMBOLS);
    this.#count = Math.max(1, Math.min(this.#runCount, Math.round(count / (sourceCount / 2))));
    this.longest = Math.ceil(this.#runCount / this.#count) * RUN_SYMBOLS;
  }

  has(esi: number): boolean {
    return esi >= this.#firstEsi && esi < this.#firstEsi + this.#runCount * RUN_SYMBOLS;
  }

  /** The number of the segment that has this repair symbol. */
  of(esi: number): number {
    const run = Math.floor((esi - this.#firstEsi) / RUN_SYMBOLS);
    return Math.floor(((run + 1) * this.#count - 1) / this.#runCount);
  }

  after(segment: number): number {
    return (segment + 1) % this.#count;
  }

  firstEsi(segment: number): number {
    return this.#firstEsi + Math.floor((segment * this.#runCount) / this.#count) * RUN_SYMBOLS;
  }

  lengthOf(segment: number): number {
    return this.firstEsi(segment + 1) - this.firstEsi(segment);
  }

  /** Symbols of a block that the channel sends from one repair symbol until it comes to another. */
  distance(from: number, to: number): number {
    return to >= from ? to - from : to - from + this.#runCount * RUN_SYMBOLS;
  }

  /** The repair symbol that is sent `RUN_SYMBOLS` after this one. */
  onward(esi: number): number {
    return this.#firstEsi + ((esi - this.#firstEsi + RUN_SYMBOLS) % (this.#runCount * RUN_SYMBOLS));
  }
}
