import type { TickText } from './axes.js';
import { linearScale, numberText, type Scale } from './scale.js';

const UNITS = [
  { name: 's', ms: 1000 },
  { name: 'min', ms: 60_000 },
  { name: 'h', ms: 3_600_000 },
] as const;
/** The axis uses the largest unit of which it shows at least this many. */
const FEWEST = 3;
/** About how many pixels lie between two ticks. */
const TICK_WIDTH = 90;

/** A scale of milliseconds whose ticks are round in seconds, minutes or hours, and say which. */
export function timeAxis(
  [firstMs, lastMs]: readonly [number, number],
  left: number,
  right: number,
): { readonly scale: Scale; readonly textOf: TickText } {
  const unit = UNITS.findLast(({ ms }) => lastMs - firstMs >= FEWEST * ms) ?? UNITS[0];
  // The range is never empty, so that a log of one moment has an axis.
  const range = [firstMs / unit.ms, Math.max(lastMs, firstMs + 1) / unit.ms] as const;
  const inUnit = linearScale(range, left, right, Math.max(3, (right - left) / TICK_WIDTH));
  return {
    scale: { at: (value) => inUnit.at(value / unit.ms), ticks: inUnit.ticks.map((tick) => tick * unit.ms) },
    textOf: (value) => (value === 0 ? '0' : `${numberText(value / unit.ms)} ${unit.name}`),
  };
}

/** Seconds with one decimal: `12.5 s`. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
