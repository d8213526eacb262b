/** After that many failures in a row the wait no longer doubles: 32 permissions of 4 s are two minutes. */
const MAX_DOUBLINGS = 5;

/**
 * How long to stay away from a level that failed, counted in permissions rather than in seconds: receivers behind one
 * bottleneck, which failed together, come back together.
 */
export class BackOff {
  /** By level. */
  readonly #failures = new Map<number, number>();

  failed(level: number): void {
    this.#failures.set(level, Math.min(this.failureCount(level) + 1, MAX_DOUBLINGS));
  }

  held(level: number): void {
    this.#failures.delete(level);
  }

  failureCount(level: number): number {
    return this.#failures.get(level) ?? 0;
  }

  /** Whether a permission may be used; permissions of a level are numbered by the slots' own numbers. */
  permits(level: number, permission: number): boolean {
    return permission % 2 ** this.failureCount(level) === 0;
  }
}
