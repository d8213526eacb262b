import type { Rules } from '../../../dist/rate/rules.js';
import { drainedLimitMs } from '../../rate-real/carried.js';
import { prevailingRate } from '../../rate-real/levels.js';
import { Draw, LAYERS, mbit } from '../draw.js';
import { heldMs } from '../levels.js';
import { drainedMs, dropRatio } from '../recording.js';
import { atMost, type Outcome, type Row } from '../row.js';
import { PACKET_BYTES, playTrial } from '../trial.js';

const HALVED_MS = 20_000;
const DOUBLED_MS = 40_000;
const END_MS = 80_000;

const FIGURES = [
  { name: 'drained s − leave', target: atMost(1) },
  { name: 'lost % 5 s' },
  { name: 'back up s' },
] as const;

/** A link loses half of its rate and gets it back. */
export const halving: Row = {
  title: 'capacity halves at 20 s, doubles at 40 s, 2–60 Mbit/s',
  figures: FIGURES,
  play: async (seed, rules) => {
    const draw = new Draw('b', seed);
    return await playFall(draw, rules, { path: draw.path(), before: [], atMs: HALVED_MS });
  },
};

/** The same while a receiver waits for the leave of a level that was only just too much. */
export const halvingWhileDeaf: Row = {
  title: 'capacity rises by a third at 18 s, is back at 20 s, halves within 1.5 s, doubles at 40 s, 2–60 Mbit/s',
  figures: FIGURES,
  play: async (seed, rules) => {
    const draw = new Draw('b2', seed);
    const before = [
      { atS: 18, share: 4 / 3 },
      { atS: 20, share: 1 },
    ];
    const path = draw.path();
    return await playFall(draw, rules, { path, before, atMs: Math.round(draw.between(20_500, 21_500)) });
  },
};

/** @param before what happens to the link before it halves, as shares of its rate. */
async function playFall(
  draw: Draw,
  rules: Rules,
  fall: {
    readonly path: ReturnType<Draw['path']>;
    readonly before: readonly { readonly atS: number; readonly share: number }[];
    readonly atMs: number;
  },
): Promise<Outcome> {
  const { path, atMs } = fall;
  const rateBitsPerSecond = draw.rate(2e6, 60e6);
  const recording = await playTrial(
    {
      seed: draw.prng.seed,
      seconds: END_MS / 1000,
      channels: LAYERS,
      bottlenecks: [{ ...path, rateBitsPerSecond }],
      changes: [
        ...fall.before.map(({ atS, share }) => ({ atS, rateBitsPerSecond: rateBitsPerSecond * share })),
        { atS: atMs / 1000, rateBitsPerSecond: rateBitsPerSecond / 2 },
        { atS: DOUBLED_MS / 1000, rateBitsPerSecond },
      ],
    },
    rules,
  );
  const steps = recording.steps[0]!;
  const limitMs = drainedLimitMs(rateBitsPerSecond / 2, PACKET_BYTES);
  const before = prevailingRate(steps, 13_000, 18_000);
  const drained = drainedMs(recording, atMs, DOUBLED_MS, limitMs) - path.leaveLatencyMs;
  return {
    seed: draw.number,
    group: `queue ${path.queueMs} ms, leave ${path.leaveLatencyMs / 1000} s`,
    conditions: mbit(rateBitsPerSecond),
    figures: {
      'drained s − leave': Math.max(0, drained) / 1000,
      'lost % 5 s': 100 * dropRatio(recording, atMs, atMs + 5000),
      'back up s': heldMs(steps, DOUBLED_MS, END_MS, (rate) => rate >= 0.9 * before) / 1000,
    },
    decisions: recording.decisions,
  };
}
