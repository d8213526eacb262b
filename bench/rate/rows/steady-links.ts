import { layersOf, thirdsLevels } from '../../../dist/rate/ladder/ladder.js';
import { type DisciplineOptions, FQ_CODEL_DEFAULTS, type LossOptions } from '../../../dist/simulate/index.js';
import { Draw, mbit } from '../draw.js';
import { bestFixedLevel, triedLevelCount } from '../links/fixed-level.js';
import { goodput, linkFigures, SECONDS, START_MS } from '../links/link-figures.js';
import { tcpAlone } from '../links/tcp-alone.js';
import { atLeast, atMost, type FigureKind, type Row } from '../row.js';
import { type Bottleneck, optionsOf, playTrial } from '../trial.js';

/** Fixed levels are tried for this long. */
const TRIED_S = 20;
/** TCP is measured from here to there. */
const [TCP_FROM_S, TCP_TO_S] = [5, 20];
const FROM_BITS_PER_SECOND = 0.5e6;
const LAST_BITS_PER_SECOND = 128e6;
/** The ladder goes on to this many times the link's rate: nine levels more, for receivers that flood a link. */
const LADDER_EXCESS = 8;
const LEAVES_MS = [2000, 100] as const;
const LEAVES = LEAVES_MS.length;

interface SteadyLink {
  readonly title: string;
  /** Of the best fixed level's goodput. */
  readonly goodput: number;
  /** Most that may be dropped in the first 10 s, and after, with leaves of 2 s, %. */
  readonly dropped: readonly [start: number, after: number];
  /** With leaves of 0.1 s. */
  readonly droppedFast: readonly [start: number, after: number];
  /** Choices in turn keep for as many seeds as there are leave latencies, which change with every seed. */
  readonly draw: (draw: Draw) => {
    /** Beside the leave latency. */
    readonly group: string;
    readonly bottleneck: Omit<Bottleneck, 'leaveLatencyMs'>;
    /** Share that the wire loses. */
    readonly lossRatio?: number;
  };
}

const ofBothLeaves = (figure: string) => (means: ReadonlyMap<string, number>) =>
  means.get(`${figure} (2 s)`) ?? means.get(`${figure} (0.1 s)`);

const PANELS: Row['panels'] = [
  {
    title: 'Goodput ÷ the best fixed level’s',
    isApart: true,
    parts: [
      { name: 'layercast', of: (means) => means.get('÷ best level') },
      { name: 'one CUBIC', of: (means) => means.get('CUBIC ÷ best level') },
    ],
  },
  {
    title: 'Dropped by the link, % of what layercast’s servers sent to it',
    isApart: true,
    parts: [
      { name: 'first 10 s', of: ofBothLeaves('start drops %') },
      { name: 'after', of: ofBothLeaves('later drops %') },
    ],
  },
];

/** A shaper with a bucket and a queue. */
export const tokenBuckets = rowOf('tbf', {
  title: 'token bucket of 4–256 kB with a queue of 20–1000 ms, 0.5–100 Mbit/s',
  goodput: 0.9,
  dropped: [5, 1],
  droppedFast: [2, 0.3],
  draw: (draw) => {
    const burstBytes = draw.turn([4000, 16_000, 64_000, 256_000], LEAVES);
    const queueMs = draw.turn([20, 100, 300, 1000], 4 * LEAVES);
    const discipline: DisciplineOptions = { kind: 'tokenBucket', burstBytes };
    const bottleneck = { rateBitsPerSecond: draw.rate(0.5e6, 100e6), queueMs, discipline };
    return { group: `burst ${burstBytes / 1000} kB`, bottleneck };
  },
});

export const policers = rowOf('policer', {
  title: 'policer of 16–256 kB, 0.5–100 Mbit/s',
  goodput: 0.85,
  dropped: [6, 1],
  droppedFast: [3, 0.5],
  draw: (draw) => {
    const burstBytes = draw.turn([16_000, 64_000, 256_000], LEAVES);
    const discipline: DisciplineOptions = { kind: 'policer', burstBytes };
    const bottleneck = { rateBitsPerSecond: draw.rate(0.5e6, 100e6), queueMs: 0, discipline };
    return { group: `burst ${burstBytes / 1000} kB`, bottleneck };
  },
});

/** CAKE's quantum is what the rate brings in 0.24 ms, from 300 to 1514 bytes, and its target at least 1.5 full packets. */
function cake(rateBitsPerSecond: number): DisciplineOptions {
  const quantumBytes = Math.round(Math.min(1514, Math.max(300, rateBitsPerSecond / 8 / 4096)));
  const targetUs = Math.max(5000, (1.5 * 1514 * 8e6) / rateBitsPerSecond);
  return { ...FQ_CODEL_DEFAULTS, kind: 'fqCodel', quantumBytes, targetUs };
}

export const fairQueues = rowOf('fq', {
  title: 'fair queueing with CoDel, 0.5–100 Mbit/s',
  goodput: 0.85,
  dropped: [5, 1],
  droppedFast: [2, 0.5],
  draw: (draw) => {
    const rateBitsPerSecond = draw.rate(0.5e6, 100e6);
    const group = draw.turn(['fq_codel', 'CAKE'], LEAVES);
    const discipline = group === 'CAKE' ? cake(rateBitsPerSecond) : { ...FQ_CODEL_DEFAULTS, kind: 'fqCodel' as const };
    return { group, bottleneck: { rateBitsPerSecond, queueMs: 2000, discipline } };
  },
});

const LOSSES: readonly { readonly name: string; readonly ratio: number; readonly loss: LossOptions }[] = [
  { name: 'no loss', ratio: 0, loss: 0 },
  { name: '5 % in bursts', ratio: 0.05, loss: { goodToBadRatio: 0.05 / 5 / 0.95, badToGoodRatio: 1 / 5 } },
];

export const beacons = rowOf('beacons', {
  title: 'multicast with beacons, 6–24 Mbit/s',
  goodput: 0.85,
  dropped: [3, 0.5],
  droppedFast: [2, 0.5],
  draw: (draw) => {
    const periodUs = draw.turn([102_400, 307_200], LEAVES);
    const { name, ratio, loss } = draw.turn(LOSSES, 2 * LEAVES);
    const rateBitsPerSecond = draw.turn([6e6, 12e6, 24e6], 4 * LEAVES);
    const bottleneck = { rateBitsPerSecond, queueMs: 500, loss, discipline: { kind: 'beacons' as const, periodUs } };
    return { group: `${periodUs / 1000} ms, ${name}`, bottleneck, lossRatio: ratio };
  },
});

export const bursts = rowOf('bursts', {
  title: 'bursts every 4–20 ms, 1–50 Mbit/s',
  goodput: 0.85,
  dropped: [3, 0.5],
  droppedFast: [2, 0.5],
  draw: (draw) => {
    const periodUs = draw.turn([4000, 10_000, 20_000], LEAVES);
    const { name, ratio, loss } = draw.turn(LOSSES, 3 * LEAVES);
    const queueMs = draw.turn([100, 300], 6 * LEAVES);
    const rateBitsPerSecond = draw.rate(1e6, 50e6);
    const bottleneck = { rateBitsPerSecond, queueMs, loss, discipline: { kind: 'bursts' as const, periodUs } };
    return { group: `${periodUs / 1000} ms, ${name}`, bottleneck, lossRatio: ratio };
  },
});

function rowOf(name: string, link: SteadyLink): Row {
  const figures: FigureKind[] = [
    { name: '÷ best level', target: atLeast(link.goodput) },
    { name: 'start drops % (2 s)', target: atMost(link.dropped[0]) },
    { name: 'start drops % (0.1 s)', target: atMost(link.droppedFast[0]) },
    { name: 'later drops % (2 s)', target: atMost(link.dropped[1]) },
    { name: 'later drops % (0.1 s)', target: atMost(link.droppedFast[1]) },
    { name: 'reached s', target: atMost(4) },
    { name: 'joins' },
    { name: 'CUBIC ÷ best level' },
  ];
  return {
    title: link.title,
    figures,
    panels: PANELS,
    async play(seed, rules) {
      const draw = new Draw(name, seed);
      const { group, bottleneck: drawn, lossRatio = 0 } = link.draw(draw);
      const leaveLatencyMs = draw.turn(LEAVES_MS);
      const bottleneck = { ...drawn, leaveLatencyMs };
      const { rateBitsPerSecond } = bottleneck;
      const levels = thirdsLevels(
        FROM_BITS_PER_SECOND,
        Math.min(LAST_BITS_PER_SECOND, LADDER_EXCESS * rateBitsPerSecond),
      );
      const recording = await playTrial(
        {
          seed: draw.prng.seed,
          seconds: SECONDS,
          channels: layersOf(levels),
          bottlenecks: [bottleneck],
          recorded: { seconds: TRIED_S, channelCount: triedLevelCount(levels, rateBitsPerSecond) },
        },
        rules,
      );
      const options = optionsOf(bottleneck);
      const best = bestFixedLevel(recording.departures, levels, options, rateBitsPerSecond);
      const tcp = await tcpAlone(options, TCP_FROM_S, TCP_TO_S);
      const got = best.goodputBitsPerSecond * (1 - lossRatio);
      const { startDrops, laterDrops, reachedS, joins } = linkFigures(recording);
      const what = `queue ${bottleneck.queueMs} ms, leave ${leaveLatencyMs / 1000} s`;
      return {
        seed,
        group: `${group}, leave ${leaveLatencyMs / 1000} s`,
        conditions: `${mbit(rateBitsPerSecond)} (best ${mbit(best.rateBitsPerSecond)}), ${group}, ${what}`,
        figures: {
          '÷ best level': goodput(recording, START_MS) / got,
          [`start drops % (${leaveLatencyMs / 1000} s)`]: startDrops,
          [`later drops % (${leaveLatencyMs / 1000} s)`]: laterDrops,
          'reached s': reachedS,
          joins,
          'CUBIC ÷ best level': tcp.goodputBitsPerSecond / got,
        },
        decisions: recording.decisions,
      };
    },
  };
}
