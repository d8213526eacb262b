/** Maps the values of an axis to pixels, and says which values get a label. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Least and largest value of an axis. */
export type Range = readonly [least: number, largest: number];

/** About how many ticks an axis has. They are spaced 1, 2 or 5 times a power of ten. */
const TICK_COUNT = 6;

/** A linear scale from `start` to `end` (pixels) with about `tickCount` ticks; with at least 2 if `tickCount` is 3 or more. */
export function linearScale([least, largest]: Range, start: number, end: number, tickCount = TICK_COUNT): Scale {
  const step = tickStep((largest - least) / tickCount);
  const first = Math.ceil(least / step - 1e-9);
  const count = Math.floor(largest / step + 1e-9) - first + 1;
  return {
    at: (value) => start + ((value - least) / (largest - least)) * (end - start),
    ticks: Array.from({ length: count }, (_, index) => (first + index) * step),
  };
}

/** Ticks besides 0, in order of preference. A tick that is nearer than `ROOT_TICK_GAP` pixels to one before it is left out. */
const ROOT_TICKS = [100, 50, 20, 10, 5, 2, 1, 0.5, 0.1] as const;
const ROOT_TICK_GAP = 15;

/**
 * A square-root scale of per cent, from 0 to at least 1 and at most 100. It shows a loss of 0.1 % beside one of 50 %, and it can
 * show 0, which a logarithmic scale cannot.
 */
export function rootScale(largest: number, start: number, end: number): Scale {
  const top = ROOT_TICKS.findLast((tick) => tick >= Math.max(1, largest)) ?? 100;
  const at = (value: number) => start + Math.sqrt(Math.max(0, value) / top) * (end - start);
  const ticks = [0];
  for (const tick of ROOT_TICKS) {
    if (tick <= top && ticks.every((other) => Math.abs(at(tick) - at(other)) >= ROOT_TICK_GAP)) ticks.push(tick);
  }
  return { at, ticks: ticks.sort((a, b) => a - b) };
}

/** The range from 0, or from a round number below all values, to a round number above all values; never empty. */
export function roundRange(values: Iterable<number>, tickCount = TICK_COUNT): Range {
  let [least, largest] = [0, 0];
  for (const value of values) {
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  if (least === largest) return [least, least + 1];
  const step = tickStep((largest - least) / tickCount);
  return [Math.floor(least / step) * step, Math.ceil(largest / step) * step];
}

/** A value as text without its rounding error: the tick 0.30000000000000004 is written 0.3. */
export function numberText(value: number): string {
  return String(Number(value.toPrecision(10)));
}

function tickStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= atLeast * (1 - 1e-9))!;
}
