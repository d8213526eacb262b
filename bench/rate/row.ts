import type { Ablation } from './ablation.js';

/** What a figure should be. */
export interface Target {
  readonly text: string;
  readonly isMet: (value: number) => boolean;
}

/** One thing that a row measures. */
export interface FigureKind {
  readonly name: string;
  /** From "What to reach"; undefined where nothing is said. */
  readonly target?: Target;
}

/** What one seed brought. */
export interface Outcome {
  readonly seed: number;
  /** Seeds of a row are shown together, and by this. */
  readonly group: string;
  /** What the seed drew, for people. */
  readonly conditions: string;
  /** By name; infinite is never, and what does not apply is missing. */
  readonly figures: Readonly<Record<string, number>>;
  /** One line for each time that a receiver joined or left something. */
  readonly decisions: readonly string[];
}

/** One kind of trial, of which a seed decides everything that is left open. */
export interface Row {
  readonly title: string;
  readonly figures: readonly FigureKind[];
  readonly play: (seed: number, ablation: Ablation) => Promise<Outcome>;
}

export function atLeast(least: number): Target {
  return { text: `≥ ${least}`, isMet: (value) => value >= least };
}

export function atMost(most: number): Target {
  return { text: `≤ ${most}`, isMet: (value) => value <= most };
}

export function between(least: number, most: number): Target {
  return { text: `${least}–${most}`, isMet: (value) => value >= least && value <= most };
}
