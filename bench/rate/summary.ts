import type { FigureKind, Outcome, Row, Target } from './row.js';

/** What all seeds of a row came to in one figure. */
export interface Summary {
  readonly figure: string;
  readonly target: string | undefined;
  /** Seeds to which it applies. */
  readonly count: number;
  /** Of those that ever got there. */
  readonly mean: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly neverCount: number;
  /** Seeds of which it is what it should be, 0–1; where the mean should be so, 0 or 1. Undefined without a target. */
  readonly metShare: number | undefined;
}

export function summariesOf(row: Row, outcomes: readonly Outcome[]): readonly Summary[] {
  return row.figures.map((kind) => summaryOf(kind, outcomes));
}

export function summaryOf({ name, target, isRatio = false }: FigureKind, outcomes: readonly Outcome[]): Summary {
  const values = outcomes.flatMap(({ figures }) => figures[name] ?? []);
  const finite = values.filter(Number.isFinite);
  const mean = isRatio ? Math.exp(meanOf(finite.map(Math.log))) : meanOf(finite);
  return {
    figure: name,
    target: target?.text,
    count: values.length,
    mean,
    p10: quantile(values, 0.1),
    p50: quantile(values, 0.5),
    p90: quantile(values, 0.9),
    neverCount: values.length - finite.length,
    metShare: target === undefined ? undefined : metShareOf(target, target.isOfMean ? [mean] : values),
  };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function metShareOf(target: Target, values: readonly number[]): number {
  return values.filter((value) => target.miss(value) === 0).length / values.length;
}

/** The least value that is not below this share of the values; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Outcomes by their group, in the order of the first of each. */
export function grouped(outcomes: readonly Outcome[]): ReadonlyMap<string, readonly Outcome[]> {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) groups.set(outcome.group, [...(groups.get(outcome.group) ?? []), outcome]);
  return groups;
}

/** How far figures of an outcome are from what they should be in every one, by name: only those that are. */
export function missesOf({ figures }: Row, outcome: Outcome): ReadonlyMap<string, number> {
  const misses = figures.map(({ name, target }) => {
    const value = outcome.figures[name];
    const isAsked = value !== undefined && target?.isOfMean === false;
    return [name, isAsked ? target.miss(value) : 0] as const;
  });
  return new Map(misses.filter(([, miss]) => miss > 0));
}

/** The outcomes that miss most, worst first. */
export function worstOf(row: Row, outcomes: readonly Outcome[], count: number): readonly Outcome[] {
  const missed = new Map(
    outcomes.map((outcome) => [outcome, [...missesOf(row, outcome).values()].reduce((sum, miss) => sum + miss, 0)]),
  );
  return outcomes
    .filter((outcome) => missed.get(outcome)! > 0)
    .toSorted((a, b) => missed.get(b)! - missed.get(a)!)
    .slice(0, count);
}
