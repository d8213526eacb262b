import { COLOUR_COUNT, element, escapeText, picture } from './svg.js';

export interface Series {
  readonly name: string;
  /** From left to right. A gap in a line is a point whose y is NaN. */
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly isDashed?: boolean;
}

export interface ChartOptions {
  readonly title: string;
  /** What the axes show, with units. */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Least and largest value of an axis; by default what the points need, and 0. */
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
}

const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 16;
const TOP = 40;
const AXIS_HEIGHT = 52;
const LEGEND_LINE = 20;
/** About as many lines across, spaced 1, 2 or 5 times a power of ten. */
const TICK_COUNT = 6;

/** A line chart as SVG: title, grid, axes with units, lines with a legend below. */
export function chart(options: ChartOptions): string {
  const { title, xLabel, yLabel, series } = options;
  const xs = series.flatMap(({ points }) => points.map(([x]) => x));
  const ys = series.flatMap(({ points }) => points.map(([, y]) => y));
  const bottom = HEIGHT - AXIS_HEIGHT;
  const x = scaleOf(options.xRange ?? rangeOf(xs), LEFT, WIDTH - RIGHT);
  const y = scaleOf(options.yRange ?? rangeOf(ys), bottom, TOP);
  const legend = legendOf(series, HEIGHT + 4);
  return picture(WIDTH, HEIGHT + legend.height + 8, title, [
    element('text', { x: LEFT, y: 22, class: 'title' }, escapeText(title)),
    ...x.ticks.flatMap((tick) => [
      element('path', { class: 'grid', d: `M${at(x, tick)} ${TOP}V${bottom}` }),
      element('text', { class: 'small', x: at(x, tick), y: bottom + 18, 'text-anchor': 'middle' }, numberText(tick)),
    ]),
    ...y.ticks.flatMap((tick) => [
      element('path', { class: 'grid', d: `M${LEFT} ${at(y, tick)}H${WIDTH - RIGHT}` }),
      element('text', { class: 'small', x: LEFT - 8, y: y.at(tick) + 4, 'text-anchor': 'end' }, numberText(tick)),
    ]),
    element('path', { class: 'axis', d: `M${LEFT} ${TOP}V${bottom}H${WIDTH - RIGHT}` }),
    element('text', { x: (LEFT + WIDTH - RIGHT) / 2, y: bottom + 40, 'text-anchor': 'middle' }, escapeText(xLabel)),
    element(
      'text',
      { transform: `translate(18 ${(TOP + bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle' },
      escapeText(yLabel),
    ),
    ...series.map(({ points, isDashed }, index) =>
      element('path', {
        class: lineClass(index),
        d: pathOf(points, x, y),
        'stroke-dasharray': isDashed ? '6 4' : undefined,
      }),
    ),
    ...legend.elements,
  ]);
}

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

function scaleOf([least, largest]: readonly [number, number], start: number, end: number): Scale {
  const step = tickStep((largest - least) / TICK_COUNT);
  const first = Math.ceil(least / step - 1e-9);
  const count = Math.floor(largest / step + 1e-9) - first + 1;
  return {
    at: (value) => start + ((value - least) / (largest - least)) * (end - start),
    ticks: Array.from({ length: count }, (_, index) => (first + index) * step),
  };
}

function tickStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= atLeast * (1 - 1e-9))!;
}

/** From 0, or below, to the next round number; never empty. */
function rangeOf(values: readonly number[]): readonly [number, number] {
  let [least, largest] = [0, 0];
  for (const value of values) {
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  if (least === largest) return [least, least + 1];
  const step = tickStep((largest - least) / TICK_COUNT);
  return [Math.floor(least / step) * step, Math.ceil(largest / step) * step];
}

function pathOf(points: Series['points'], x: Scale, y: Scale): string {
  let draws = false;
  return points
    .map(([px, py]) => {
      const isPoint = Number.isFinite(px) && Number.isFinite(py);
      const step = isPoint ? `${draws ? 'L' : 'M'}${at(x, px)} ${at(y, py)}` : '';
      draws = isPoint;
      return step;
    })
    .join('');
}

/** As many entries on a line as there is room for, at 7 pixels a letter. */
function legendOf(series: readonly Series[], top: number): { readonly elements: string[]; readonly height: number } {
  const elements: string[] = [];
  let [left, line] = [LEFT, 0];
  for (const [index, { name, isDashed }] of series.entries()) {
    const width = 48 + 7 * [...name].length;
    if (left > LEFT && left + width > WIDTH) [left, line] = [LEFT, line + 1];
    const middle = top + line * LEGEND_LINE + 8;
    const dashes = isDashed ? '6 4' : undefined;
    elements.push(
      element('path', { class: lineClass(index), d: `M${left} ${middle}h24`, 'stroke-dasharray': dashes }),
      element('text', { x: left + 30, y: middle + 4 }, escapeText(name)),
    );
    left += width;
  }
  return { elements, height: series.length === 0 ? 0 : (line + 1) * LEGEND_LINE };
}

function lineClass(index: number): string {
  return `line c${index % COLOUR_COUNT}`;
}

function at(scale: Scale, value: number): string {
  return String(Math.round(scale.at(value) * 10) / 10);
}

/** Ticks are sums of steps: 0.30000000000000004 is 0.3. */
function numberText(value: number): string {
  return String(Number(value.toPrecision(10)));
}
