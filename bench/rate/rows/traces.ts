import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { LayercastError } from '../../../dist/base/errors.js';
import { layersOf, thirdsLevels } from '../../../dist/rate/ladder/ladder.js';
import { parseTrace } from '../../../dist/scenario/parse-trace.js';
import { type CapacityTrace, type WanderingOptions, wanderingTrace } from '../../../dist/simulate/index.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { Draw, mbit } from '../draw.js';
import { clairvoyant } from '../links/clairvoyant.js';
import { bestFixedLevel } from '../links/fixed-level.js';
import { goodput, linkFigures, SECONDS, START_MS } from '../links/link-figures.js';
import { tcpAlone } from '../links/tcp-alone.js';
import { dropRatio, type Recording } from '../recording.js';
import { atLeast, atMost, type Row } from '../row.js';
import { quantile } from '../summary.js';
import { optionsOf, playTrial } from '../trial.js';

const LEVELS = thirdsLevels(250e3, 32e6);
const LEAVES_MS = [2000, 100] as const;
const TRACE_S = 300;
/** Queues of base stations: what those of the recordings below 1 Mbit/s and above hold. */
const [SLOW_QUEUE_BYTES, QUEUE_BYTES] = [60_000, 150_000];

interface Named {
  readonly name: string;
  readonly trace: CapacityTrace;
}

/** Without files, links are made up: one that wanders, one that also fails for seconds. */
const MADE_UP: readonly (Omit<WanderingOptions, 'seconds'> & { readonly name: string })[] = [
  { name: 'wandering, 5 Mbit/s', meanBitsPerSecond: 5e6, outageEveryS: 40, outageS: 0.5 },
  { name: 'with outages, 1.5 Mbit/s', meanBitsPerSecond: 1.5e6, outageEveryS: 15, outageS: 3 },
];

/** Links that breathe, compared with a receiver that knows the future, and with TCP. */
export const traces: Row = {
  title: 'capacity from traces; the first 60 s, then other parts',
  figures: [
    { name: '÷ clairvoyant (2 s)', target: atLeast(0.5) },
    { name: '÷ clairvoyant (0.1 s)', target: atLeast(0.6) },
    { name: 'Mbit/s' },
    { name: 'clairvoyant Mbit/s' },
    { name: 'of it joined' },
    { name: 'dropped %' },
    { name: 'clairvoyant dropped %' },
    { name: 'more dropped, points', target: atMost(3) },
    { name: 'queue 95 %, ms' },
    { name: '÷ CUBIC’s queue', target: atMost(1) },
    { name: 'CUBIC Mbit/s' },
    { name: 'best level Mbit/s' },
    { name: 'joins' },
  ],
  panels: [
    {
      title: 'Goodput, Mbit/s',
      isApart: true,
      parts: [
        { name: 'layercast', of: (means) => means.get('Mbit/s') },
        { name: 'one CUBIC', of: (means) => means.get('CUBIC Mbit/s') },
        { name: 'clairvoyant', of: (means) => means.get('clairvoyant Mbit/s') },
      ],
    },
    {
      title: 'Dropped by the link, % of what was sent to it',
      isApart: true,
      parts: [
        { name: 'layercast', of: (means) => means.get('dropped %') },
        { name: 'clairvoyant', of: (means) => means.get('clairvoyant dropped %') },
      ],
    },
  ],
  async play(seed, rules, files) {
    const draw = new Draw('traces', seed);
    const sources = files.length > 0 ? files.map(readTrace) : MADE_UP.map((options) => madeUp(options, seed));
    const { name, trace } = draw.turn(sources, LEAVES_MS.length);
    const leaveLatencyMs = draw.turn(LEAVES_MS);
    // Whoever takes every file once with every leave sees its beginning.
    const isFirst = seed <= sources.length * LEAVES_MS.length;
    const offsetUs = isFirst ? 0 : Math.round(draw.between(0, trace.periodUs) / 1000) * 1000;
    const rateBitsPerSecond = trace.meanBitsPerSecond;
    const queueBytes = rateBitsPerSecond < 1e6 ? SLOW_QUEUE_BYTES : QUEUE_BYTES;
    const bottleneck = {
      rateBitsPerSecond,
      queueMs: (queueBytes * 8000) / rateBitsPerSecond,
      leaveLatencyMs,
      discipline: { kind: 'trace', trace, offsetUs } as const,
    };
    const recording = await playTrial(
      {
        seed: draw.prng.seed,
        seconds: SECONDS,
        channels: layersOf(LEVELS),
        bottlenecks: [bottleneck],
        recorded: { seconds: SECONDS, channelCount: LEVELS.length },
      },
      rules,
    );
    const link = optionsOf(bottleneck);
    const { departures } = recording;
    const levelCount = LEVELS.length;
    const seer = clairvoyant(departures, { trace, offsetUs, queueBytes, leaveLatencyMs, levelCount, seconds: SECONDS });
    const best = bestFixedLevel(departures, LEVELS, link, rateBitsPerSecond);
    const tcp = await tcpAlone(link, 0, SECONDS);
    const got = goodput(recording, 0);
    const dropped = dropRatio(recording, 0, SECONDS * 1000);
    const queueMs = queue95Ms(recording);
    return {
      seed,
      group: `${name}, leave ${leaveLatencyMs / 1000} s`,
      conditions: `from ${(offsetUs / 1e6).toFixed(0)} s, queue ${queueBytes / 1000} kB, mean ${mbit(rateBitsPerSecond)}`,
      figures: {
        [`÷ clairvoyant (${leaveLatencyMs / 1000} s)`]: got / seer.arrivedBitsPerSecond,
        'Mbit/s': got / 1e6,
        'clairvoyant Mbit/s': seer.arrivedBitsPerSecond / 1e6,
        'of it joined': seer.goodputBitsPerSecond / 1e6,
        'dropped %': 100 * dropped,
        'clairvoyant dropped %': 100 * seer.dropRatio,
        'more dropped, points': 100 * (dropped - seer.dropRatio),
        'queue 95 %, ms': queueMs,
        '÷ CUBIC’s queue': queueMs / tcp.queue95Ms,
        'CUBIC Mbit/s': tcp.goodputBitsPerSecond / 1e6,
        'best level Mbit/s': best.goodputBitsPerSecond / 1e6,
        joins: linkFigures(recording).joins,
      },
      decisions: recording.decisions,
    };
  },
};

function queue95Ms({ samples }: Recording): number {
  const queuesMs = samples.filter(({ atMs }) => atMs >= START_MS).map(({ links }) => links[0]!.queueMs);
  return quantile(queuesMs, 0.95);
}

function madeUp({ name, ...options }: (typeof MADE_UP)[number], seed: number): Named {
  return { name, trace: wanderingTrace({ ...options, seconds: TRACE_S }, new Prng(`trace ${name} ${seed}`)) };
}

function readTrace(file: string): Named {
  const trace = parseTrace(readFileSync(file, 'utf8'));
  if (typeof trace === 'string') throw new LayercastError('USAGE', `${file}: ${trace}`);
  return { name: basename(file), trace };
}
