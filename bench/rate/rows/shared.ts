import { equalMs } from '../../rate-real/levels.js';
import { bestOf, Draw, LAYERS, LEVELS, mbit } from '../draw.js';
import { shareOf } from '../levels.js';
import { type Recording, rateBetween } from '../recording.js';
import { atLeast, atMost, type Row } from '../row.js';
import { playTrial } from '../trial.js';

const ARRIVAL_MS = 15_000;
const DEPARTURE_MS = 40_000;
const END_MS = 60_000;

/** Several receivers behind one link: the last one comes later, the first one goes earlier. */
export const shared = rowOf('c', '2–4 receivers behind one link, 1–50 Mbit/s; one comes at 15 s, one goes at 40 s');
/** The same where the link is just short of a level, and trains, as wrong as those of real hosts, cannot tell. */
export const sharedUnsure = rowOf('cn', 'the same, links up to 5 % short of a level, trains up to 10 % too fast', {
  shortRatio: 0.05,
  trainErrorRatio: 0.1,
});

function rowOf(
  name: string,
  title: string,
  hard: { readonly shortRatio: number; readonly trainErrorRatio: number } | undefined = undefined,
): Row {
  return {
    title,
    figures: [
      { name: 'all equal s', target: atMost(10) },
      { name: 'link ÷ best', target: atMost(1.05) },
      { name: 'of best', target: atLeast(0.95) },
    ],
    async play(seed, rules) {
      const draw = new Draw(name, seed);
      const count = draw.turn([2, 3, 4]);
      const path = draw.path(3);
      const drawn = draw.rate(1e6, 50e6);
      const rateBitsPerSecond =
        hard === undefined ? drawn : Math.round(bestOf(LEVELS, drawn) * (1 - hard.shortRatio * draw.prng.ratio()));
      const recording = await playTrial(
        {
          seed: draw.prng.seed,
          seconds: END_MS / 1000,
          channels: LAYERS,
          trainErrorRatio: hard?.trainErrorRatio ?? 0,
          bottlenecks: [{ ...path, rateBitsPerSecond }],
          receivers: Array.from({ length: count }, (_, index) => ({
            fromS: index === count - 1 ? ARRIVAL_MS / 1000 : draw.between(0, 1),
            ...(index === 0 ? { untilS: DEPARTURE_MS / 1000 } : {}),
          })),
        },
        rules,
      );
      const { steps } = recording;
      const best = bestOf(LEVELS, rateBitsPerSecond);
      const stages = [
        { among: steps.slice(0, -1), fromMs: 1000, toMs: ARRIVAL_MS },
        { among: steps, fromMs: ARRIVAL_MS, toMs: DEPARTURE_MS },
        { among: steps.slice(1), fromMs: DEPARTURE_MS, toMs: END_MS },
      ].filter(({ among }) => among.length > 1);
      const equal = stages.map(({ among, fromMs, toMs }) => equalMs(among, fromMs, toMs) ?? Number.POSITIVE_INFINITY);
      // The second is there from the first second to the end, but where there are only two.
      const ofBest = steps.map((own, index) => {
        return shareOf(own, index === count - 1 ? 25_000 : 10_000, index === 0 ? DEPARTURE_MS : END_MS, best);
      });
      return {
        seed,
        group: `${count} receivers`,
        conditions: `${mbit(rateBitsPerSecond)}, queue ${path.queueMs} ms, leave ${path.leaveLatencyMs / 1000} s`,
        figures: {
          'all equal s': Math.max(...equal) / 1000,
          'link ÷ best': Math.max(
            linkToBest(recording, ARRIVAL_MS + 10_000, DEPARTURE_MS),
            linkToBest(recording, DEPARTURE_MS + 10_000, END_MS),
          ),
          'of best': ofBest.reduce((sum, share) => sum + share, 0) / count,
        },
        decisions: recording.decisions,
      };
    },
  };
}

/** What the link carried, as a multiple of what reached the receiver that got most. */
function linkToBest(recording: Recording, fromMs: number, toMs: number): number {
  const heard = recording.steps.map((_, index) =>
    rateBetween(recording, fromMs, toMs, ({ heardBytes }) => heardBytes[index]!),
  );
  return rateBetween(recording, fromMs, toMs, ({ links }) => links[0]!.carriedBytes) / Math.max(...heard);
}
