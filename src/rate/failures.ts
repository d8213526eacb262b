import { BackOff } from './back-off.js';
import type { PathState } from './path-state.js';
import type { Rules } from './rules.js';

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
  readonly backOff: BackOff;
  /** For this long after a step up, an overload is blamed on the step. */
  blameUs: number;
  readonly #rules: Rules;
  readonly #path: PathState;

  constructor(path: PathState) {
    this.#path = path;
    this.#rules = path.rules;
    this.backOff = new BackOff(this.#rules);
    this.blameUs = this.#rules.failures.blameUs;
  }

  /** Takes note that a level was too much: the present one, or one that was left and has been judged since. */
  record({ level = this.#path.level, carriedBitsPerSecond, isBucket }: Partial<Suspect> = {}): void {
    const { link, levels, nowUs, climbedUs } = this.#path;
    link.failed(nowUs, levels.rateOf(level), isBucket);
    if (carriedBitsPerSecond !== undefined) link.carried(carriedBitsPerSecond);
    if (link.hasLied) {
      const lowest = Math.min(level, levels.within(link.ceilingBitsPerSecond) + 1);
      for (let failed = lowest; failed <= level; failed++)
        this.backOff.failed(failed, this.#rules.failures.longFailures);
      const lastedUs = Number.isFinite(climbedUs) ? nowUs - climbedUs : 0;
      this.blameUs = Math.min(
        this.#rules.failures.maxBlameUs,
        Math.max(this.blameUs, this.#rules.failures.lastedFactor * lastedUs),
      );
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
    if (isOutlasted || (!link.hasLied && nowUs - heardUs > this.#rules.climb.trialUs)) link.held(levels.rateOf(level));
  }
}
