import { barPicture } from '../bars.js';
import type { Outcome, Row } from './row.js';
import { grouped, summaryOf } from './summary.js';

/** A row's picture as SVG: the means of each group of its seeds; undefined if the row has none. */
export function rowPicture({ title, figures, panels }: Row, outcomes: readonly Outcome[]): string | undefined {
  if (panels === undefined) return undefined;
  const groups = [...grouped(outcomes)].toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  const rows = groups.map(([name, some]) => {
    const means = new Map<string, number>();
    for (const kind of figures) {
      const { mean } = summaryOf(kind, some);
      if (Number.isFinite(mean)) means.set(kind.name, mean);
    }
    return { name, row: means };
  });
  return barPicture(title, rows, panels);
}
