import type { Rules } from '../../dist/rate/rules.js';
import type { BarPanel } from '../bars.js';

/** What a figure should be. */
export interface Target {
  readonly text: string;
  /** 0 for what it should be, or else how far it is from that, as a share; 1 at most. */
  readonly miss: (value: number) => number;
  /** The mean over all seeds should be so, and not each. */
  readonly isOfMean: boolean;
}

/** One thing that a row measures. */
export interface FigureKind {
  readonly name: string;
  /** From "What to reach"; undefined where nothing is said. */
  readonly target?: Target;
  /** Twice as much and half as much are equally far from 1: its mean is the geometric one. @default false */
  readonly isRatio?: boolean;
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
  /** What a picture shows of the means of a group, by figure. @default the row has no picture */
  readonly panels?: readonly BarPanel<ReadonlyMap<string, number>>[];
  /** @param traces files of capacity, for rows that need some. */
  readonly play: (seed: number, rules: Rules, traces: readonly string[]) => Promise<Outcome>;
}

export function atLeast(least: number): Target {
  return { text: `≥ ${least}`, miss: (value) => Math.max(0, 1 - value / least), isOfMean: false };
}

export function atMost(most: number): Target {
  return { text: `≤ ${most}`, miss: (value) => Math.max(0, 1 - most / value), isOfMean: false };
}

export function between(least: number, most: number): Target {
  const [low, high] = [atLeast(least), atMost(most)];
  return { text: `${least}–${most}`, miss: (value) => low.miss(value) + high.miss(value), isOfMean: false };
}

export function inTheMean(target: Target): Target {
  return { ...target, text: `mean ${target.text}`, isOfMean: true };
}
