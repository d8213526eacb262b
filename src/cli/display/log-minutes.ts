/** Long enough that a log of a night stays short, short enough to see whether a fetch goes on. */
const LOG_INTERVAL_MS = 60_000;

/** Says when a log gets a line of progress: a minute after the first progress, and each minute from there. */
export class LogMinutes {
  /** When the last line was due; undefined before the first progress. */
  #lastMs: number | undefined;

  /** Whether a line is due. Counts as the line if so. */
  takeDue(nowMs: number): boolean {
    this.#lastMs ??= nowMs;
    if (nowMs - this.#lastMs < LOG_INTERVAL_MS) return false;
    this.#lastMs = nowMs;
    return true;
  }
}
