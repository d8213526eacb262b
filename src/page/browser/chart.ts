import uPlot from 'uplot';
import { element, setAttribute, withAttributes } from './elements.js';
import { timeText } from './formats.js';

const HEIGHT_PX = 150;

export interface Line {
  readonly title: string;
  /** A level stays what it is until the next one. */
  readonly isStepped?: boolean;
}

export interface ChartOptions {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  /** The scale has at least this, so that noise does not look like much. */
  readonly least: number;
}

/** Lines over time, with a text that says the same. */
export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #place = withAttributes(element('div'), { role: 'img' });
  readonly #plot: uPlot;

  constructor(options: ChartOptions) {
    this.#options = options;
    const keys = options.lines.map(({ title }, i) => element('span', `k${i + 1}`, title));
    const caption = element('figcaption', '', element('b', '', options.title), ...keys);
    this.element = element('figure', '', caption, this.#place);
    this.#plot = new uPlot(settingsOf(options), [[], ...options.lines.map(() => [])], this.#place);
    new ResizeObserver(([entry]) => {
      this.#plot.setSize({ width: Math.floor(entry!.contentRect.width), height: HEIGHT_PX });
    }).observe(this.#place);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.redraw(false, true));
  }

  /** @param atMs times, and for each line its values; null where there is none */
  show(atMs: readonly number[], lines: readonly (readonly (number | null)[])[]): void {
    this.#plot.setData([atMs.map((at) => at / 1000), ...lines.map((line) => [...line])]);
    setAttribute(this.#place, 'aria-label', this.#text(atMs, lines));
  }

  #text(atMs: readonly number[], lines: readonly (readonly (number | null)[])[]): string {
    const { title, format } = this.#options;
    if (atMs.length === 0) return `${title}: nothing measured yet`;
    const minutes = Math.ceil((atMs.at(-1)! - atMs[0]!) / 60_000);
    const texts = lines.map((line, i) => {
      const known = line.filter((value) => value !== null);
      const { title: name } = this.#options.lines[i]!;
      if (known.length === 0) return `${name} not measured`;
      const [least, most] = [Math.min(...known), Math.max(...known)];
      return `${name} now ${format(known.at(-1)!)}, least ${format(least)}, most ${format(most)}`;
    });
    return `${title} over the last ${minutes} min: ${texts.join('; ')}`;
  }
}

function settingsOf({ lines, format, least }: ChartOptions): uPlot.Options {
  const ink = { stroke: () => colour('quiet'), grid: { stroke: () => colour('line'), width: 1 } };
  const range: uPlot.Range.Function = (_, __, most) => [0, Math.max(least, most * 1.05)];
  return {
    width: 320,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range } },
    axes: [
      {
        ...{ ...ink, ticks: ink.grid, size: 26, space: 80, incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600] },
        values: (_, at, __, ___, step) => at.map((s) => clock(s, step)),
      },
      { ...ink, ticks: ink.grid, size: 72, splits: splitsOf, values: (_, at) => at.map((value) => format(value)) },
    ],
    series: [
      {},
      ...lines.map(({ isStepped }, i) => ({
        stroke: () => colour(`c${i + 1}`),
        width: 2,
        points: { show: false },
        ...(isStepped ? { paths: uPlot.paths.stepped!({ align: 1 }) } : {}),
      })),
    ],
  };
}

/** @param stepS from one text to the next */
function clock(atS: number, stepS: number): string {
  return timeText(1000 * atS).slice(0, stepS < 60 ? 8 : 5);
}

/** Three lines of the grid are enough for a small picture. */
function splitsOf(_: uPlot, __: number, ___: number, most: number): number[] {
  const raw = most / 3;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((one) => one >= raw) ?? raw;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
}
