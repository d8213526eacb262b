import { thirdsLevels } from '../../../dist/rate/ladder/ladder.js';
import { bestOf, Draw, mbit } from '../draw.js';
import type { Row } from '../row.js';
import { playTrial } from '../trial.js';
import { aloneFigures, figuresOf } from './alone.js';

const LADDERS = [
  { name: 'doubling, 0.5–64 Mbit/s', channels: [0.5e6, 1e6, 2e6, 4e6, 8e6, 16e6, 32e6, 64e6], most: 100e6 },
  { name: 'thirds, 0.5–16 Mbit/s', channels: thirdsLevels(0.5e6, 16e6), most: 20e6 },
] as const;

/** Channels that each bring everything: one is joined at a time. */
export const replicated: Row = {
  title: 'replicated ladders, 0.5–100 Mbit/s',
  figures: aloneFigures,
  async play(seed, rules) {
    const draw = new Draw('g', seed);
    const { name, channels, most } = draw.turn(LADDERS);
    const path = draw.path(LADDERS.length);
    const rateBitsPerSecond = draw.rate(0.5e6, most);
    const recording = await playTrial(
      { seed: draw.prng.seed, seconds: 60, channels, mode: 'best', bottlenecks: [{ ...path, rateBitsPerSecond }] },
      rules,
    );
    const best = bestOf(channels, rateBitsPerSecond);
    return {
      seed,
      group: name,
      conditions: `${mbit(rateBitsPerSecond)} (best ${mbit(best)}), queue ${path.queueMs} ms, leave ${path.leaveLatencyMs / 1000} s`,
      figures: figuresOf(recording, best, rateBitsPerSecond),
      decisions: recording.decisions,
    };
  },
};
