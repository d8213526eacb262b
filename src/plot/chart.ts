import { axisLines, type Frame, xAxis, yAxis } from './axes.js';
import { legend } from './legend.js';
import { DASHES, lineClass, linePath, type Points } from './line.js';
import { linearScale, numberText, type Range, roundRange } from './scale.js';
import { element, escapeText, picture } from './svg.js';

export interface Series {
  readonly name: string;
  readonly points: Points;
  readonly isDashed?: boolean;
}

export interface ChartOptions {
  readonly title: string;
  /** What the axes show, with units. */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Least and largest value of an axis; by default the range that holds all points and 0. */
  readonly xRange?: Range;
  readonly yRange?: Range;
}

const WIDTH = 720;
const HEIGHT = 420;
const AXIS_HEIGHT = 52;
const FRAME: Frame = { left: 64, right: WIDTH - 16, top: 40, bottom: HEIGHT - AXIS_HEIGHT };

/** A line chart as SVG: title, grid, axes with units, lines with a legend below. */
export function chart(options: ChartOptions): string {
  const { title, xLabel, yLabel, series } = options;
  const { left, right, top, bottom } = FRAME;
  const x = linearScale(options.xRange ?? roundRange(valuesOf(series, 0)), left, right);
  const y = linearScale(options.yRange ?? roundRange(valuesOf(series, 1)), bottom, top);
  const lines = series.map(({ isDashed, ...line }, index) => ({
    ...line,
    colourIndex: index,
    dashes: isDashed ? DASHES : undefined,
  }));
  const names = legend(lines, { left, right, top: HEIGHT + 4 });
  return picture({ width: WIDTH, height: HEIGHT + names.height + 8, title }, [
    element('text', { x: left, y: 22, class: 'title' }, escapeText(title)),
    ...xAxis(FRAME, x, numberText),
    ...yAxis(FRAME, y, numberText),
    axisLines(FRAME),
    element('text', { x: (left + right) / 2, y: bottom + 40, 'text-anchor': 'middle' }, escapeText(xLabel)),
    element(
      'text',
      { transform: `translate(18 ${(top + bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle' },
      escapeText(yLabel),
    ),
    ...lines.map(({ points, colourIndex, dashes }) =>
      element('path', { class: lineClass(colourIndex), d: linePath(points, x, y), 'stroke-dasharray': dashes }),
    ),
    ...names.elements,
  ]);
}

function valuesOf(series: readonly Series[], axis: 0 | 1): readonly number[] {
  return series.flatMap(({ points }) => points.map((point) => point[axis]));
}
