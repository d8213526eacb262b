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

/**
 * Dashes that tell lines of the same colour apart, as a value of `stroke-dasharray`: none for the first line of each colour, and longer ones for each that
 * follows. So no two of any number of lines look the same.
 */
export function dashesOf(colourIndex: number): string | undefined {
  const round = Math.floor(colourIndex / COLOUR_COUNT);
  return round === 0 ? undefined : `${3 * round} 3`;
}

/** Values of `stroke-dasharray`. */
export const DASHES = '6 4';
export const DOTS = '2 3';

function pieceTo(x: string, y: string, draws: boolean, isStep: boolean): string {
  if (!draws) return `M${x} ${y}`;
  return isStep ? `H${x}V${y}` : `L${x} ${y}`;
}
