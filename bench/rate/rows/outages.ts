import { bestOf, Draw, LAYERS, LEVELS, mbit } from '../draw.js';
import { atLeast, atMost, type Row } from '../row.js';
import { playTrial } from '../trial.js';
import { figuresOf } from './alone.js';

const SECONDS = 60;
const LENGTHS_S = [0.1, 0.3, 0.7, 2] as const;
/** From the end of an outage to the next; the first comes while a receiver still looks for its level. */
const [LEAST_APART_S, MOST_APART_S] = [3, 10];

/** A link that fails for a moment again and again, as loose plugs and radios that change their station do: all is lost, and nothing waits. */
export const outages: Row = {
  title: 'outages of 0.1–2 s, 3–10 s apart, 0.6–50 Mbit/s',
  figures: [
    { name: 'of best', target: atLeast(0.95) },
    { name: 'steady loss %', target: atMost(0.1) },
    { name: 'joins' },
  ],
  async play(seed, rules) {
    const draw = new Draw('outages', seed);
    const lengthS = draw.turn(LENGTHS_S);
    const path = draw.path(LENGTHS_S.length);
    const rateBitsPerSecond = draw.rate(0.6e6, 50e6);
    const changes: { readonly atS: number; readonly loss: number }[] = [];
    for (let atS = draw.between(1, MOST_APART_S); atS + lengthS < SECONDS; ) {
      changes.push({ atS, loss: 1 }, { atS: atS + lengthS, loss: 0 });
      atS += lengthS + draw.between(LEAST_APART_S, MOST_APART_S);
    }
    const bottlenecks = [{ ...path, rateBitsPerSecond }];
    const trial = { seed: draw.prng.seed, seconds: SECONDS, channels: LAYERS, bottlenecks, changes };
    const recording = await playTrial(trial, rules);
    const best = bestOf(LEVELS, rateBitsPerSecond);
    const { 'of best': ofBest, 'steady loss %': loss } = figuresOf(recording, best, rateBitsPerSecond);
    return {
      seed,
      group: `outages of ${lengthS} s`,
      conditions: `${mbit(rateBitsPerSecond)}, queue ${path.queueMs} ms, leave ${path.leaveLatencyMs / 1000} s`,
      figures: { 'of best': ofBest!, 'steady loss %': loss!, joins: recording.steps[0]!.length },
      decisions: recording.decisions,
    };
  },
};
