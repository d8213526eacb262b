import { BackOff, LONG_FAILURES } from './back-off.js';
import type { PathState } from './path-state.js';

/** An overload this soon after a step up is blamed on the step. A level without one for this long has been held. */
const BLAME_US = 5_000_000;
/** The longest time of which a step may be blamed: a bucket of 256 kB takes 12 s to empty at 0.67 Mbit/s on a link of 0.5. */
const MAX_BLAME_US = 30_000_000;
/** What failed after some time may fail after that time again, so a level has held when it has outlasted that twice. */
const LASTED_FACTOR = 2;
/** Where trains tell the truth, a level has held after this time. */
const HELD_US = 1_000_000;

/** A level that was left for losses without a queue. Whether it caused them is known once the level below has been watched. */
export interface Suspect {
  readonly level: number;
  readonly lossRatio: number;
  /** What arrived on it. */
  readonly carriedBitsPerSecond: number;
  /** Whether trains passed at far more than its rate. */
  readonly isBucket: boolean;
}

/** Remembers which levels were too much, and how long a level must last until it is known that it is not. */
export class Failures {
  readonly backOff = new BackOff();
  /** For this long after a step up, an overload is blamed on the step. */
  blameUs = BLAME_US;
  readonly #path: PathState;

  constructor(path: PathState) {
    this.#path = path;
  }

  /** Takes note that a level was too much: the present one, or one that was left and has been judged since. */
  record({ level = this.#path.level, carriedBitsPerSecond, isBucket }: Partial<Suspect> = {}): void {
    const { link, levels, nowUs, climbedUs } = this.#path;
    link.failed(nowUs, levels.rateOf(level), isBucket);
    if (carriedBitsPerSecond !== undefined) link.carried(carriedBitsPerSecond);
    if (link.hasLied) {
      const lowest = Math.min(level, levels.within(link.ceilingBitsPerSecond) + 1);
      for (let failed = lowest; failed <= level; failed++) this.backOff.failed(failed, LONG_FAILURES);
      const lastedUs = Number.isFinite(climbedUs) ? nowUs - climbedUs : 0;
      this.blameUs = Math.min(MAX_BLAME_US, Math.max(this.blameUs, LASTED_FACTOR * lastedUs));
    } else {
      this.backOff.failed(level);
    }
    this.#path.climbedUs = Number.NEGATIVE_INFINITY;
  }

  /** Takes note of how long the present level has lasted. */
  noteLasting(): void {
    const { link, levels, level, nowUs, heardUs } = this.#path;
    if (heardUs === undefined) return;
    const isOutlasted = nowUs - heardUs > this.blameUs;
    if (isOutlasted) this.backOff.held(level);
    if (isOutlasted || (!link.hasLied && nowUs - heardUs > HELD_US)) link.held(levels.rateOf(level));
  }
}
