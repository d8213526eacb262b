import { element, setText, withAttributes } from './elements.js';

export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
  /** On one line. */
  readonly isShort?: boolean;
  /** Left out on narrow screens. */
  readonly isWide?: boolean;
}

/** The first text is the heading of its row. */
export type Row = readonly string[];

/** A table whose cells change only where their texts do. */
export class Rows {
  /** A part that scrolls by itself, also by the keyboard. */
  readonly element: HTMLElement;
  readonly #columns: readonly Column[];
  readonly #body = element('tbody');

  constructor(caption: string, columns: readonly Column[], classes = '') {
    this.#columns = columns;
    const heads = columns.map((column) =>
      withAttributes(element('th', classesOf(column), column.title), { scope: 'col' }),
    );
    const table = element(
      'table',
      '',
      element('caption', '', caption),
      element('thead', '', element('tr', '', ...heads)),
    );
    table.append(this.#body);
    this.element = withAttributes(element('div', `scroll ${classes}`, table), {
      ...{ role: 'region', tabindex: '0', 'aria-label': caption },
    });
  }

  show(rows: readonly Row[]): void {
    while (this.#body.rows.length > rows.length) this.#body.deleteRow(-1);
    while (this.#body.rows.length < rows.length) this.#body.append(rowOf(this.#columns));
    for (const [i, row] of rows.entries()) showRow(this.#body.rows[i]!, row);
  }
}

export function rowOf(columns: readonly Column[]): HTMLTableRowElement {
  const cells = columns.map((column, i) =>
    i === 0 ? withAttributes(element('th', classesOf(column)), { scope: 'row' }) : element('td', classesOf(column)),
  );
  return element('tr', '', ...cells);
}

export function showRow({ cells }: HTMLTableRowElement, row: Row): void {
  row.forEach((text, i) => {
    setText(cells[i]!, text);
  });
}

function classesOf({ isNumber, isShort, isWide }: Column): string {
  return [isNumber ? 'number' : '', isShort ? 'line' : '', isWide ? 'wide' : ''].join(' ').trim();
}
