/**
 * The harm that a failed try does to others lasts for seconds. After a failure, tries are this many slots apart, or a
 * multiple.
 */
const ROUND_SLOTS = 4;
/** After this many failures in a row the wait no longer doubles: 32 rounds of 2 s are about a minute. */
const MAX_WAIT_DOUBLINGS = 5;
/**
 * Where trains pass at any rate, only trying shows whether a level fits, and with slow leaves each try that fails loses 1 % of what a
 * minute brings. There a level waits for half a minute after its first failure.
 */
export const LONG_FAILURES = 4;

/**
 * How long to avoid a level that failed. The wait is counted in slot numbers instead of seconds, so that receivers behind
 * one bottleneck that failed together try again together. Neighbouring levels are never tried in the same slot, because each
 * receiver would take the queue of the other's try for its own.
 */
export class BackOff {
  /** Failures in a row, by level. */
  readonly #failures = new Map<number, number>();

  /** @param leastCount failures that this one counts for at least. */
  failed(level: number, leastCount = 1): void {
    this.#failures.set(level, Math.min(Math.max(this.failureCount(level) + 1, leastCount), MAX_WAIT_DOUBLINGS));
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
    return slot % ROUND_SLOTS === 0 && (slot / ROUND_SLOTS) % 2 ** failureCount === level % 2;
  }
}
