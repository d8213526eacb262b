import { stripVTControlCharacters } from 'node:util';

/** Columns of text, each as wide as its widest cell. @param right indexes of the columns that are aligned to the right */
export function table(rows: readonly (readonly string[])[], right: readonly number[], indent = '  '): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const padding = ' '.repeat(widths[column]! - widthOf(cell));
      return right.includes(column) ? padding + cell : cell + padding;
    });
    return (indent + cells.join('  ')).trimEnd();
  });
}

/** A text on one line of at most `width` characters, its end cut off with `…`. */
export function clip(text: string, width: number): string {
  const characters = [...stripVTControlCharacters(text)];
  return characters.length <= width ? characters.join('') : `${characters.slice(0, width - 1).join('')}…`;
}

function widthOf(text: string): number {
  return [...text].length;
}
