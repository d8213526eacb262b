import { RULES, type Rules } from './rules.js';

/** What one reading brought. */
interface Turn {
  readonly count: number;
  readonly bunchedCount: number;
  readonly leastUs: number;
  readonly sumUs: number;
}

/**
 * How long a link lets datagrams wait although it is idle: radio schedulers serve in turns, and sleeping Wi-Fi stations make
 * multicast wait for beacons. On the lowest level, which surely fits, delays then lie evenly between nothing and the period, so the
 * period is twice their mean. Waiting for less than that is no queue.
 */
export class LinkRhythm {
  readonly #window: Turn[] = [];
  readonly #spreadsUs: number[] = [];
  /** The period; 0 while it is unknown, and on links that serve at once. */
  periodUs = 0;
  readonly #rules: Rules;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  get #isSought(): boolean {
    return this.#rules.switches.rhythm && this.#rules.switches.delay;
  }

  /** Whether the link has been heard for long enough. */
  get isKnown(): boolean {
    return !this.#isSought || this.#spreadsUs.length >= this.#rules.rhythm.minWindows;
  }

  /**
   * Adds a reading of the lowest level.
   *
   * @param count datagrams outside of trains and previews.
   * @param bunchedCount those that arrived nearly together with the one before, although they were sent apart. The queue of other traffic
   *   delays datagrams that follow each other alike; a link that serves in turns lets them go together.
   * @param leastUs least of their delays above the floor, and `meanUs` the mean.
   */
  add(count: number, bunchedCount: number, leastUs: number, meanUs: number): void {
    if (!this.#isSought) return;
    const window = this.#window;
    window.push({
      count,
      bunchedCount,
      leastUs: count === 0 ? Number.POSITIVE_INFINITY : leastUs,
      sumUs: count * meanUs,
    });
    if (window.length > this.#rules.rhythm.windowReadings) window.shift();
    if (window.length < this.#rules.rhythm.windowReadings) return;
    const total = sumOf(window, (turn) => turn.count);
    if (total < 2) return;
    const isBunched = sumOf(window, (turn) => turn.bunchedCount) >= this.#rules.rhythm.leastBunched * total;
    const meanOfAllUs = sumOf(window, (turn) => turn.sumUs) / total;
    this.#spreadsUs.push(isBunched ? meanOfAllUs - Math.min(...window.map((turn) => turn.leastUs)) : 0);
    if (this.#spreadsUs.length > this.#rules.rhythm.keptWindows) this.#spreadsUs.shift();
    if (!this.isKnown) return;
    this.periodUs = 2 * this.#spreadsUs.toSorted((a, b) => a - b)[this.#spreadsUs.length >> 1]!;
  }
}

function sumOf(window: readonly Turn[], of: (turn: Turn) => number): number {
  return window.reduce((sum, turn) => sum + of(turn), 0);
}
