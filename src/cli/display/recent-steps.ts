/** Most steps that are kept: as many as a terminal of 24 lines has room for beside the other lines. */
const MAX_STEPS = 12;
/** Joins and leaves of one decision follow each other within this time; a policy decides every 50 ms. */
const MOMENT_MS = 100;

interface Step {
  readonly atMs: number;
  readonly reason: string;
}

/** The last steps with their reasons. Channels that changed together are one step. */
export class RecentSteps {
  readonly #steps: Step[] = [];

  add(atMs: number, reason: string): void {
    const last = this.#steps.at(-1);
    if (last !== undefined && last.reason === reason && atMs - last.atMs <= MOMENT_MS) return;
    this.#steps.push({ atMs, reason });
    if (this.#steps.length > MAX_STEPS) this.#steps.shift();
  }

  /** A line for each step, such as `12.5 s  level 3 → 4: the preview found room`; the oldest first. */
  get lines(): readonly string[] {
    return this.#steps.map(({ atMs, reason }) => `${(atMs / 1000).toFixed(1).padStart(7)} s  ${reason}`);
  }
}
