/** Lets lines through that repeat for as long as something goes on, each thing's at least some time apart. The first one is let through. */
export class SpacedLines {
  readonly #gapMs: number;
  /** As many as there are objects. */
  readonly #lastMs = new Map<string, number>();

  constructor(gapMs: number) {
    this.#gapMs = gapMs;
  }

  /** Whether a line about something is due. Counts as the line if so. */
  takeDue(what: string, nowMs = performance.now()): boolean {
    if (nowMs - (this.#lastMs.get(what) ?? Number.NEGATIVE_INFINITY) < this.#gapMs) return false;
    this.#lastMs.set(what, nowMs);
    return true;
  }
}
