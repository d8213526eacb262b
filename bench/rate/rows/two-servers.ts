import { bestOf, Draw, LAYERS, LEVELS, mbit } from '../draw.js';
import type { Row } from '../row.js';
import { playTrial } from '../trial.js';
import { aloneFigures, figuresOf } from './alone.js';

/** Two servers that send the same channels, heard by any-source joins: both, or none. */
export const twoServers: Row = {
  title: 'two servers, any-source, 2–60 Mbit/s: behind one link; behind one each',
  figures: aloneFigures,
  async play(seed, ablation) {
    const draw = new Draw('f', seed);
    const isApart = draw.turn([false, true]);
    const path = draw.path(2);
    const rates = Array.from({ length: isApart ? 2 : 1 }, () => draw.rate(2e6, 60e6));
    const recording = await playTrial(
      {
        seed: draw.prng.seed,
        seconds: 60,
        channels: LAYERS,
        serverCount: 2,
        bottlenecks: rates.map((rateBitsPerSecond) => ({ ...path, rateBitsPerSecond })),
      },
      ablation,
    );
    // Each server sends the level: through one link twice, or through each once.
    const best = 2 * bestOf(LEVELS, isApart ? Math.min(...rates) : rates[0]! / 2);
    return {
      seed,
      group: isApart ? 'a link each' : 'one link',
      conditions: `${rates.map(mbit).join(' and ')}, queue ${path.queueMs} ms, leave ${path.leaveLatencyMs / 1000} s`,
      figures: figuresOf(recording, best, isApart ? 2 * Math.min(...rates) : rates[0]!),
      decisions: recording.decisions,
    };
  },
};
