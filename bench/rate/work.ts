import type { Outcome } from './row.js';

/** What a worker is asked for. */
export interface Job {
  readonly row: string;
  readonly seed: number;
  /** What is switched off; undefined for nothing. */
  readonly without: string | undefined;
  /** Constants that are changed, as `rulesOf` takes them; undefined for none. */
  readonly constants: string | undefined;
  /** Files of capacity. */
  readonly traces: readonly string[];
}

export interface Done {
  readonly job: Job;
  /** Of the process, for this job. */
  readonly cpuS: number;
  readonly outcome: Outcome;
}
