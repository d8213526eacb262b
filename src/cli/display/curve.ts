const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * A curve of block characters, one column for each value, the newest at the right.
 *
 * @param values at least 0, the oldest first; only as many as there are columns are drawn
 * @param most the value that fills all rows
 * @returns the rows, from the top; each has `columns` characters
 */
export function curve(values: readonly number[], most: number, columns: number, rowCount: number): readonly string[] {
  const shown = values.slice(-columns);
  const heights = shown.map((value) => (most === 0 ? 0 : Math.round((8 * rowCount * Math.min(value, most)) / most)));
  return Array.from({ length: rowCount }, (_, row) => {
    const below = 8 * (rowCount - 1 - row);
    const cells = heights.map((height) => EIGHTHS[Math.min(8, Math.max(0, height - below))]);
    return cells.join('').padStart(columns);
  });
}
