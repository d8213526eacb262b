/**
 * A receiver or a sender at work, in whichever thread. It runs once.
 *
 * @template Stats what it counts
 * @template Result what a run results in
 */
export interface Engine<Stats, Result> {
  /**
   * Works until the result is there, or until the signal is aborted. When the promise is settled, all sockets, files and threads
   * of the engine are closed.
   */
  run(signal: AbortSignal): Promise<Result>;
  /** Counts so far; after the end, those at the end. */
  stats(): Stats;
}
