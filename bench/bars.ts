import { linearScale, numberText, roundRange } from '../dist/plot/scale.js';
import { element, escapeText, picture } from '../dist/plot/svg.js';

const WIDTH = 720;
const LEFT = 210;
const RIGHT = WIDTH - 56;
const ROW_HEIGHT = 24;
const BAR_HEIGHT = 15;
/** Bars of one row that stand below each other. */
const THIN_HEIGHT = 12;
const NAME_WIDTH = 90;

/** What some bars show of each row. */
export interface BarPanel<Row> {
  readonly title: string;
  /** A value that is undefined has no bar. */
  readonly parts: readonly { readonly name: string; readonly of: (row: Row) => number | undefined }[];
  /** Each part has a bar of its own. @default false: they follow each other in one bar, and their sum is written */
  readonly isApart?: boolean;
}

export interface NamedRow<Row> {
  readonly name: string;
  readonly row: Row;
}

/** A picture of horizontal bars, as SVG: panel below panel, each with all rows. */
export function barPicture<Row>(
  title: string,
  rows: readonly NamedRow<Row>[],
  panels: readonly BarPanel<Row>[],
): string {
  const elements: string[] = [];
  let top = 40;
  for (const panel of panels) {
    elements.push(...drawn(panel, rows, top));
    top += rows.length * rowHeight(panel) + 76;
  }
  return picture({ width: WIDTH, height: top - 16, title }, [
    element('text', { x: 16, y: 24, class: 'title' }, escapeText(title)),
    ...elements,
  ]);
}

function rowHeight<Row>({ parts, isApart = false }: BarPanel<Row>): number {
  return isApart ? parts.length * THIN_HEIGHT + 8 : ROW_HEIGHT;
}

function drawn<Row>(panel: BarPanel<Row>, rows: readonly NamedRow<Row>[], top: number): readonly string[] {
  const { title, parts, isApart = false } = panel;
  const values = rows.map(({ row }) => parts.map(({ of }) => of(row)));
  const most = values.map((some) => (isApart ? Math.max(...some.map((value) => value ?? 0)) : sumOf(some)));
  const scale = linearScale(roundRange(most), LEFT, RIGHT);
  const height = rowHeight(panel);
  const [first, bottom] = [top + 30, top + 30 + rows.length * height];
  const elements = [element('text', { x: 16, y: top + 16, class: 'strong' }, escapeText(title))];
  for (const tick of scale.ticks) {
    elements.push(
      element('path', { class: 'grid', d: `M${scale.at(tick)} ${first - 4}V${bottom}` }),
      element('text', { class: 'small', x: scale.at(tick), y: bottom + 16, 'text-anchor': 'middle' }, numberText(tick)),
    );
  }
  if (parts.length > 1) elements.push(...names(parts, top + 16));
  const bar = (index: number, from: number, to: number, y: number, barHeight: number) =>
    element('rect', {
      class: `area c${index}`,
      x: scale.at(from),
      y,
      width: scale.at(to) - scale.at(from),
      height: barHeight,
    });
  const written = (value: number, y: number) =>
    element('text', { class: 'small', x: scale.at(value) + 5, y }, value.toFixed(2));
  for (const [index, { name }] of rows.entries()) {
    const y = first + index * height;
    const middle = y + (isApart ? (parts.length * THIN_HEIGHT) / 2 + 4 : 12);
    elements.push(element('text', { class: 'small', x: LEFT - 8, y: middle, 'text-anchor': 'end' }, escapeText(name)));
    let sum = 0;
    for (const [part, value] of values[index]!.entries()) {
      if (isApart) {
        if (value === undefined) continue;
        const at = y + part * THIN_HEIGHT;
        elements.push(bar(part, 0, value, at, THIN_HEIGHT - 2), written(value, at + THIN_HEIGHT - 3));
      } else {
        elements.push(bar(part, sum, sum + (value ?? 0), y, BAR_HEIGHT));
        sum += value ?? 0;
      }
    }
    if (!isApart) elements.push(written(sum, y + 12));
  }
  return elements;
}

function names(parts: BarPanel<never>['parts'], y: number): readonly string[] {
  return parts.flatMap(({ name }, index) => {
    const x = RIGHT - NAME_WIDTH * (parts.length - index);
    return [
      element('rect', { class: `area c${index}`, x, y: y - 10, width: 12, height: 12 }),
      element('text', { class: 'small', x: x + 17, y }, escapeText(name)),
    ];
  });
}

function sumOf(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}
