/** One figure: a number is shown with 4 significant digits and grouped thousands; undefined as a dash. */
export type Cell = string | number | undefined;

/** A column: its heading and its cell in each row. With `ratio`, a second column shows each cell divided by the cell in the first row. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Cell;
  readonly ratio?: boolean;
}

/**
 * An aligned table as text: words aligned left, numbers right, a line under the headings.
 *
 * @example
 * table(rows, [{ title: 'way', cell: (row) => row.way }, { title: 'MB/s', cell: (row) => row.rate, ratio: true }])
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const filled = columns.flatMap((column) => {
    const values = rows.map(column.cell);
    const shown = {
      title: column.title,
      isNumeric: values.some((value) => typeof value === 'number'),
      cells: values.map(show),
    };
    if (column.ratio !== true) return [shown];
    const ratios = values.map((value) => (value === undefined ? '-' : ratioTo(values[0], value)));
    return [shown, { title: '×', isNumeric: true, cells: ratios }];
  });
  const widths = filled.map(({ title, cells }) => Math.max(title.length, ...cells.map((cell) => cell.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (filled[i]?.isNumeric ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [
    line(filled.map(({ title }) => title)),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map((_, row) => line(filled.map(({ cells }) => cells[row] ?? ''))),
  ].join('\n');
}

/** The median of some figures (of an even number, the lower of the two in the middle): one slow run does not move it. */
export function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[(figures.length - 1) >> 1] ?? Number.NaN;
}

function show(value: Cell): string {
  if (value === undefined) return '-';
  return typeof value === 'string' ? value : value.toLocaleString('en', { maximumSignificantDigits: 4 });
}

function ratioTo(first: Cell, value: Cell): string {
  return typeof first === 'number' && typeof value === 'number' && first !== 0 ? (value / first).toFixed(2) : '-';
}
