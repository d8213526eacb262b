import { RULES, type Rules } from './rules.js';

/**
 * How long to avoid a level that failed. The wait is counted in slot numbers instead of seconds, so that receivers behind
 * one bottleneck that failed together try again together. Neighbouring levels are never tried in the same slot, because each
 * receiver would take the queue of the other's try for its own.
 */
export class BackOff {
  /** Failures in a row, by level. */
  readonly #failures = new Map<number, number>();
  readonly #rules: Rules;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  /** @param leastCount failures that this one counts for at least. */
  failed(level: number, leastCount = 1): void {
    if (!this.#rules.switches.backOff) return;
    this.#failures.set(
      level,
      Math.min(Math.max(this.failureCount(level) + 1, leastCount), this.#rules.failures.maxWaitDoublings),
    );
  }

  held(level: number): void {
    this.#failures.delete(level);
  }

  failureCount(level: number): number {
    return this.#failures.get(level) ?? 0;
  }

  /** Whether a level may be tried at the beginning of a slot. */
  permits(level: number, slot: number): boolean {
    const failureCount = this.failureCount(level);
    if (failureCount === 0) return true;
    return (
      slot % this.#rules.failures.roundSlots === 0 &&
      (slot / this.#rules.failures.roundSlots) % 2 ** failureCount === level % 2
    );
  }
}
