import { type Column, table } from '../table.js';
import type { Outcome, Row } from './row.js';
import { grouped, missesOf, type Summary, summariesOf, summaryOf, worstOf } from './summary.js';

/** How many of the seeds that miss something are shown. */
const WORST_COUNT = 5;

const summaryColumns: readonly Column<Summary>[] = [
  { title: 'figure', cell: ({ figure }) => figure },
  { title: 'seeds', cell: ({ count }) => count },
  { title: 'mean', cell: ({ mean }) => shown(mean) },
  { title: 'p10', cell: ({ p10 }) => shown(p10) },
  { title: 'p50', cell: ({ p50 }) => shown(p50) },
  { title: 'p90', cell: ({ p90 }) => shown(p90) },
  { title: 'never', cell: ({ neverCount }) => neverCount },
  { title: 'to reach', cell: ({ target }) => target },
  {
    title: 'met by',
    cell: ({ metShare, count }) => (metShare === undefined || count === 0 ? undefined : percent(metShare)),
  },
];

/** A row for people: all figures, what they are in each group, and the seeds that are worst. */
export function reportOf(name: string, row: Row, outcomes: readonly Outcome[]): string {
  const worst = worstOf(row, outcomes, WORST_COUNT);
  const parts = [`${name}  ${row.title}`, table(summariesOf(row, outcomes), summaryColumns)];
  const groups = [...grouped(outcomes)].toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  if (groups.length > 1) {
    parts.push(
      table(groups, [
        { title: 'mean (met by)', cell: ([group]) => group },
        { title: 'seeds', cell: ([, some]) => some.length },
        ...row.figures.map((kind) => ({
          title: kind.name,
          cell: ([, some]: (typeof groups)[number]) => brief(summaryOf(kind, some)),
        })),
      ]),
    );
  }
  if (worst.length > 0) {
    parts.push(
      table(worst, [
        { title: 'worst seeds', cell: ({ seed }) => `${seed}` },
        { title: 'group', cell: ({ group }) => group },
        { title: 'conditions', cell: ({ conditions }) => conditions },
        ...row.figures.map(({ name: figure }) => ({
          title: figure,
          cell: (outcome: Outcome) =>
            `${shown(outcome.figures[figure] ?? Number.NaN)}${missesOf(row, outcome).has(figure) ? ' !' : ''}`,
        })),
      ]),
    );
  }
  return parts.join('\n\n');
}

/** Mean, and how many seeds met what is to be reached. */
export function brief({ mean, metShare, neverCount, count }: Summary): string {
  if (count === 0) return '-';
  const figure = neverCount === count ? '∞' : shown(mean);
  return metShare === undefined ? figure : `${figure} (${percent(metShare)})`;
}

/** One line with all of an outcome. */
export function lineOf(name: string, { seed, group, conditions, figures }: Outcome): string {
  const values = Object.entries(figures).map(([figure, value]) => `${figure} ${shown(value)}`);
  return `${name} seed ${seed}: ${group}; ${conditions}: ${values.join(', ')}`;
}

function shown(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '-' : '∞';
  const digits = Math.abs(value) >= 10 ? 1 : 3;
  return value.toFixed(digits);
}

function percent(ratio: number): string {
  return `${Math.round(100 * ratio)} %`;
}
