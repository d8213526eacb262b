import { linearScale, numberText, roundRange } from '../../dist/plot/scale.js';
import { element, escapeText, picture } from '../../dist/plot/svg.js';
import type { Measured } from './measured.js';

const WIDTH = 720;
const LEFT = 210;
const RIGHT = WIDTH - 56;
const ROW_HEIGHT = 24;
const BAR_HEIGHT = 15;

interface Panel {
  readonly title: string;
  readonly parts: readonly { readonly name: string; readonly of: (run: Measured) => number | undefined }[];
}

const PANELS: readonly Panel[] = [
  { title: 'Goodput, Gbit/s (longer is better)', parts: [{ name: 'goodput', of: (run) => run.goodputGigabits }] },
  {
    title: 'Processor seconds for a gigabyte (shorter is better)',
    parts: [
      { name: 'sender', of: (run) => run.sendCpuSeconds },
      { name: 'receiver', of: (run) => run.receiveCpuSeconds },
    ],
  },
];

/** Bars of goodput and of processor time, one for each way to transfer the file, as SVG. */
export function speedPicture(title: string, runs: readonly Measured[]): string {
  const elements: string[] = [];
  let top = 40;
  for (const panel of PANELS) {
    elements.push(...drawn(panel, runs, top));
    top += runs.length * ROW_HEIGHT + 76;
  }
  return picture({ width: WIDTH, height: top - 16, title }, [
    element('text', { x: 16, y: 24, class: 'title' }, escapeText(title)),
    ...elements,
  ]);
}

function drawn({ title, parts }: Panel, runs: readonly Measured[], top: number): readonly string[] {
  const sums = runs.map((run) => parts.reduce((sum, { of }) => sum + (of(run) ?? 0), 0));
  const scale = linearScale(roundRange(sums), LEFT, RIGHT);
  const [first, bottom] = [top + 30, top + 30 + runs.length * ROW_HEIGHT];
  const elements = [element('text', { x: 16, y: top + 16, class: 'strong' }, escapeText(title))];
  for (const tick of scale.ticks) {
    elements.push(
      element('path', { class: 'grid', d: `M${scale.at(tick)} ${first - 4}V${bottom}` }),
      element('text', { class: 'small', x: scale.at(tick), y: bottom + 16, 'text-anchor': 'middle' }, numberText(tick)),
    );
  }
  if (parts.length > 1) elements.push(...names(parts, top + 16));
  for (const [row, run] of runs.entries()) {
    const y = first + row * ROW_HEIGHT;
    elements.push(
      element('text', { class: 'small', x: LEFT - 8, y: y + 12, 'text-anchor': 'end' }, escapeText(run.what)),
    );
    let sum = 0;
    for (const [index, { of }] of parts.entries()) {
      const value = of(run) ?? 0;
      const [from, to] = [scale.at(sum), scale.at(sum + value)];
      sum += value;
      elements.push(element('rect', { class: `area c${index}`, x: from, y, width: to - from, height: BAR_HEIGHT }));
    }
    elements.push(element('text', { class: 'small', x: scale.at(sum) + 5, y: y + 12 }, sum.toFixed(2)));
  }
  return elements;
}

function names(parts: Panel['parts'], y: number): readonly string[] {
  return parts.flatMap(({ name }, index) => {
    const x = RIGHT - 90 * (parts.length - index);
    return [
      element('rect', { class: `area c${index}`, x, y: y - 10, width: 12, height: 12 }),
      element('text', { class: 'small', x: x + 17, y }, escapeText(name)),
    ];
  });
}
