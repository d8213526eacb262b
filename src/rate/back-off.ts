/** What a failure costs others takes seconds to pass: after one, tries are so many slots apart, or a multiple. */
const ROUND_SLOTS = 4;
/** After that many failures in a row the wait no longer doubles: 32 rounds of 2 s are a minute. */
const MAX_WAIT_DOUBLINGS = 5;

/**
 * How long to stay away from a level that failed, counted in the slots' own numbers rather than in seconds: receivers behind
 * one bottleneck, which failed together, come back together. Those of levels next to each other never do, as each would take
 * the other's queue for its own.
 */
export class BackOff {
  /** By level. */
  readonly #failures = new Map<number, number>();

  failed(level: number): void {
    this.#failures.set(level, Math.min(this.failureCount(level) + 1, MAX_WAIT_DOUBLINGS));
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
