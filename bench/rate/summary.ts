import type { FigureKind, Outcome, Row } from './row.js';

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
  /** 0–1; undefined without a target. */
  readonly metShare: number | undefined;
}

export function summariesOf(row: Row, outcomes: readonly Outcome[]): readonly Summary[] {
  return row.figures.map((kind) => summaryOf(kind, outcomes));
}

export function summaryOf({ name, target }: FigureKind, outcomes: readonly Outcome[]): Summary {
  const values = outcomes.flatMap(({ figures }) => figures[name] ?? []);
  const finite = values.filter(Number.isFinite);
  return {
    figure: name,
    target: target?.text,
    count: values.length,
    mean: finite.reduce((sum, value) => sum + value, 0) / finite.length,
    p10: quantile(values, 0.1),
    p50: quantile(values, 0.5),
    p90: quantile(values, 0.9),
    neverCount: values.length - finite.length,
    metShare: target === undefined ? undefined : values.filter(target.isMet).length / values.length,
  };
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

/** Figures of an outcome that are not what they should be. */
export function missedBy({ figures }: Row, outcome: Outcome): readonly string[] {
  return figures.flatMap(({ name, target }) => {
    const value = outcome.figures[name];
    return value === undefined || target === undefined || target.isMet(value) ? [] : [name];
  });
}

/** The outcomes that miss most figures, worst first; of those that miss as many, the lower first figure is the worse. */
export function worstOf(row: Row, outcomes: readonly Outcome[], count: number): readonly Outcome[] {
  const first = row.figures[0]!.name;
  return outcomes
    .filter((outcome) => missedBy(row, outcome).length > 0)
    .toSorted(
      (a, b) => missedBy(row, b).length - missedBy(row, a).length || (a.figures[first] ?? 0) - (b.figures[first] ?? 0),
    )
    .slice(0, count);
}
