import { bestOf, Draw, LAYERS, LEVELS, mbit } from '../draw.js';
import { settledMs, shareOf } from '../levels.js';
import { dropRatio, type Recording, rateBetween, worstSecond } from '../recording.js';
import { atLeast, atMost, type FigureKind, inTheMean, type Row } from '../row.js';
import { playTrial } from '../trial.js';

const SECONDS = 60;
/** "Steady" begins here; the first level is joined at 0. */
const STEADY_MS = 10_000;
/** The level that prevails from here on is the final one. */
const FINAL_MS = 30_000;

/** What is measured of one receiver behind one link, alone. */
export const aloneFigures: readonly FigureKind[] = [
  { name: 'use', target: inTheMean(atLeast(0.85)) },
  { name: 'of best', target: atLeast(0.95) },
  { name: 'settled s', target: atMost(4) },
  { name: 'steady loss %', target: atMost(0.1) },
  { name: 'worst second %', target: atMost(2) },
  { name: 'worst start second %' },
];

export const alone: Row = {
  title: 'one receiver alone, 0.5–100 Mbit/s',
  figures: aloneFigures,
  async play(seed, rules) {
    const draw = new Draw('a', seed);
    const path = draw.path();
    const rateBitsPerSecond = draw.rate(0.5e6, 100e6);
    const recording = await playTrial(
      { seed: draw.prng.seed, seconds: SECONDS, channels: LAYERS, bottlenecks: [{ ...path, rateBitsPerSecond }] },
      rules,
    );
    const best = bestOf(LEVELS, rateBitsPerSecond);
    return {
      seed,
      group: `queue ${path.queueMs} ms, leave ${path.leaveLatencyMs / 1000} s`,
      conditions: `${mbit(rateBitsPerSecond)} (best ${mbit(best)}, ${(rateBitsPerSecond / best).toFixed(3)} × it)`,
      figures: figuresOf(recording, best, rateBitsPerSecond),
      decisions: recording.decisions,
    };
  },
};

/** @param useOf what `use` is a share of; bit/s. */
export function figuresOf(recording: Recording, best: number, useOf: number): Record<string, number> {
  const steps = recording.steps[0]!;
  const endMs = SECONDS * 1000;
  return {
    use: rateBetween(recording, STEADY_MS, endMs, ({ heardBytes }) => heardBytes[0]!) / useOf,
    'of best': shareOf(steps, STEADY_MS, endMs, best),
    'settled s': settledMs(steps, steps[0]?.atMs ?? 0, FINAL_MS, endMs) / 1000,
    'steady loss %': 100 * dropRatio(recording, STEADY_MS, endMs),
    'worst second %': 100 * worstSecond(recording, STEADY_MS, endMs),
    'worst start second %': 100 * worstSecond(recording, 0, STEADY_MS),
  };
}
