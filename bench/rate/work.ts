import type { RuleChoice } from './ablation.js';
import type { Outcome } from './row.js';

/** What a worker is asked for. */
export interface Job {
  readonly row: string;
  readonly seed: number;
  readonly rules: RuleChoice;
  /** Files of capacity. */
  readonly traces: readonly string[];
}

export interface Done {
  readonly job: Job;
  /** Of the process, for this job. */
  readonly cpuS: number;
  readonly outcome: Outcome;
}
