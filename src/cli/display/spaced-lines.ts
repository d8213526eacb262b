/** Between two lines of progress in a log: a log of a night stays short, and shows whether a transfer goes on. */
export const LOG_GAP_MS = 60_000;

/** Lets lines through that repeat for as long as something goes on, each thing's at least some time apart. */
export class SpacedLines {
  readonly #gapMs: number;
  readonly #isFirstDue: boolean;
  /** As many as there are objects. */
  readonly #lastMs = new Map<string, number>();

  /** @param isFirstDue whether the first line is let through at once, and not only after the gap */
  constructor(gapMs: number, isFirstDue = true) {
    this.#gapMs = gapMs;
    this.#isFirstDue = isFirstDue;
  }

  /** Whether a line about something is due. Counts as the line if so. */
  takeDue(what: string, nowMs = performance.now()): boolean {
    const lastMs = this.#lastMs.get(what) ?? (this.#isFirstDue ? Number.NEGATIVE_INFINITY : nowMs);
    const isDue = nowMs - lastMs >= this.#gapMs;
    this.#lastMs.set(what, isDue ? nowMs : lastMs);
    return isDue;
  }
}
