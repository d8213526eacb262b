import type { LossOptions } from '../../../dist/simulate/index.js';
import { bestOf, Draw, LAYERS, LEVELS, mbit } from '../draw.js';
import { atLeast, type Row } from '../row.js';
import { playTrial } from '../trial.js';
import { figuresOf } from './alone.js';

interface Loss {
  readonly name: string;
  readonly loss: LossOptions;
}

/** Bursts of four packets on the average, 2 % of all. */
const BURSTY: LossOptions = { goodToBadRatio: 0.02 / 4 / 0.98, badToGoodRatio: 1 / 4 };

const LOSSES: readonly Loss[] = [
  { name: '1 %', loss: 0.01 },
  { name: '2 %', loss: 0.02 },
  { name: '5 %', loss: 0.05 },
  { name: '2 % in bursts', loss: BURSTY },
];

/** Loss that no queue causes, as radios have. */
export const randomLoss: Row = {
  title: 'random loss, 0.6–50 Mbit/s',
  figures: [{ name: 'of best', target: atLeast(0.8) }, { name: 'settled s' }, { name: 'steady loss %' }],
  async play(seed, rules) {
    const draw = new Draw('e', seed);
    const { name, loss } = draw.turn(LOSSES);
    const path = draw.path(LOSSES.length);
    const rateBitsPerSecond = draw.rate(0.6e6, 50e6);
    const recording = await playTrial(
      { seed: draw.prng.seed, seconds: 60, channels: LAYERS, bottlenecks: [{ ...path, rateBitsPerSecond, loss }] },
      rules,
    );
    const best = bestOf(LEVELS, rateBitsPerSecond);
    return {
      seed,
      group: name,
      conditions: `${mbit(rateBitsPerSecond)}, queue ${path.queueMs} ms, leave ${path.leaveLatencyMs / 1000} s`,
      figures: figuresOf(recording, best, rateBitsPerSecond),
      decisions: recording.decisions,
    };
  },
};
