import { bestOf, Draw, LAYERS, LEVELS, mbit } from '../draw.js';
import type { Row } from '../row.js';
import { playTrial } from '../trial.js';
import { aloneFigures, figuresOf } from './alone.js';

/** Two servers that send the same channels: joined both or none (any-source), or one by one (source-specific). */
export const twoServers: Row = {
  title: 'two servers, 2–60 Mbit/s: behind one link; behind one each',
  figures: aloneFigures,
  async play(seed, rules) {
    const draw = new Draw('f', seed);
    const isApart = draw.turn([false, true]);
    const ssm = draw.turn([false, true], 2);
    const path = draw.path(4);
    const rates = Array.from({ length: isApart ? 2 : 1 }, () => draw.rate(2e6, 60e6));
    const recording = await playTrial(
      {
        seed: draw.prng.seed,
        seconds: 60,
        channels: LAYERS,
        serverCount: 2,
        ssm,
        bottlenecks: rates.map((rateBitsPerSecond) => ({ ...path, rateBitsPerSecond })),
      },
      rules,
    );
    const best = bestFor(rates, ssm);
    return {
      seed,
      group: `${ssm ? 'source-specific' : 'any-source'}, ${isApart ? 'a link each' : 'one link'}`,
      conditions: `${rates.map(mbit).join(' and ')}, queue ${path.queueMs} ms, leave ${path.leaveLatencyMs / 1000} s`,
      figures: figuresOf(recording, best, isApart && !ssm ? 2 * Math.min(...rates) : sum(rates)),
      decisions: recording.decisions,
    };
  },
};

/** What both servers' levels add up to, at best. */
function bestFor(rates: readonly number[], ssm: boolean): number {
  const [first = 0, second] = rates;
  if (!ssm) return 2 * bestOf(LEVELS, second === undefined ? first / 2 : Math.min(first, second));
  if (second !== undefined) return bestOf(LEVELS, first) + bestOf(LEVELS, second);
  // One link may be shared in any way; or given to one of them.
  const pairs = LEVELS.flatMap((one) => [0, ...LEVELS].map((other) => one + other));
  return bestOf(
    pairs.toSorted((a, b) => a - b),
    first,
  );
}

function sum(rates: readonly number[]): number {
  return rates.reduce((total, rate) => total + rate, 0);
}
