import type { Scale } from './scale.js';
import { COLOUR_COUNT, tenth } from './svg.js';

/** Points of a line, from left to right. A point whose y is NaN makes a gap. */
export type Points = readonly (readonly [x: number, y: number])[];

/** The path of a line: straight from point to point, or, as steps, level from each point to the next. */
export function linePath(points: Points, x: Scale, y: Scale, isStep = false): string {
  let draws = false;
  return points
    .map(([px, py]) => {
      const isPoint = Number.isFinite(px) && Number.isFinite(py);
      const step = isPoint ? pieceTo(tenth(x.at(px)), tenth(y.at(py)), draws, isStep) : '';
      draws = isPoint;
      return step;
    })
    .join('');
}

export function lineClass(colourIndex: number): string {
  return `line c${colourIndex % COLOUR_COUNT}`;
}

export function areaClass(colourIndex: number): string {
  return `area c${colourIndex % COLOUR_COUNT}`;
}

/** Values of `stroke-dasharray`. */
export const DASHES = '6 4';
export const DOTS = '2 3';

function pieceTo(x: string, y: string, draws: boolean, isStep: boolean): string {
  if (!draws) return `M${x} ${y}`;
  return isStep ? `H${x}V${y}` : `L${x} ${y}`;
}
