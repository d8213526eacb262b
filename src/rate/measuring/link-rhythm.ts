import { RULES, type Rules } from '../rules.js';

/** What one reading brought. */
interface Turn {
  readonly count: number;
  readonly bunchedCount: number;
  readonly leastUs: number;
  readonly sumUs: number;
}

/** What some readings in a row show. */
interface Spread {
  /** Mean delay above the least. */
  readonly meanUs: number;
  /** Whether datagrams that were sent apart arrived together. */
  readonly isBunched: boolean;
}

/**
 * How long a link lets datagrams wait although it is idle: radio schedulers serve in turns, and sleeping Wi-Fi stations make
 * multicast wait for beacons. On the lowest level, which surely fits, delays then lie evenly between nothing and the period, so the
 * period is twice their mean. Waiting for less than that is no queue.
 *
 * The queue of other traffic spreads delays, too, but it lets datagrams pass one after the other: those of a train as much as those sent
 * apart. So delays tell a period only where datagrams arrive together.
 */
export class LinkRhythm {
  readonly #window: Turn[] = [];
  readonly #spreads: Spread[] = [];
  #passesTrains = false;
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
    return !this.#isSought || this.#spreads.length >= this.#rules.rhythm.minWindows;
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
    this.#spreads.push({ meanUs: meanOfAllUs - Math.min(...window.map((turn) => turn.leastUs)), isBunched });
    if (this.#spreads.length > this.#rules.rhythm.keptWindows) this.#spreads.shift();
    this.#compute();
  }

  /**
   * Takes note of whether whole trains arrive together. On a slow channel a turn of the link may be shorter than the time between two
   * datagrams; then only trains show that what waits goes together.
   */
  noteTrains(passAtOnce: boolean): void {
    if (passAtOnce === this.#passesTrains) return;
    this.#passesTrains = passAtOnce;
    this.#compute();
  }

  #compute(): void {
    if (!this.#isSought || !this.isKnown) return;
    const spreadsUs = this.#spreads.map(({ meanUs, isBunched }) => (isBunched || this.#passesTrains ? meanUs : 0));
    this.periodUs = 2 * spreadsUs.sort((a, b) => a - b)[spreadsUs.length >> 1]!;
  }
}

function sumOf(window: readonly Turn[], of: (turn: Turn) => number): number {
  return window.reduce((sum, turn) => sum + of(turn), 0);
}
