import { layersOf, thirdsLevels } from '../../../dist/rate/ladder/ladder.js';
import { bestOf, Draw, LAYERS, mbit } from '../draw.js';
import type { Row } from '../row.js';
import { type Bottleneck, levelsOf, playTrial, type Trial } from '../trial.js';
import { aloneFigures, figuresOf } from './alone.js';

interface Oddity {
  readonly name: string;
  readonly channels?: readonly number[];
  readonly rates?: readonly [from: number, to: number];
  /** What is odd about a link of this rate. */
  readonly bottleneck?: (draw: Draw) => Partial<Bottleneck>;
  readonly driftPpm?: number;
  /** Share of the link that others have at a constant rate. */
  readonly othersRatio?: (draw: Draw) => number;
}

const ODDITIES: readonly Oddity[] = [
  { name: 'jitter of 2–5 ms, reordering', bottleneck: (draw) => ({ jitterUs: draw.between(2000, 5000) }) },
  { name: 'clock 50 ppm fast', driftPpm: 50 },
  { name: 'clock 50 ppm slow', driftPpm: -50 },
  { name: '30–60 % taken by UDP', othersRatio: (draw) => draw.between(0.3, 0.6) },
  { name: 'channels of 1, 4, 16 Mbit/s', channels: [1e6, 4e6, 16e6], rates: [1.1e6, 30e6] },
  { name: '64 kbit/s–2 Mbit/s, no trains', channels: layersOf(thirdsLevels(64e3, 2e6)), rates: [70e3, 3e6] },
];

/** What receivers meet outside of laboratories. */
export const oddities: Row = {
  title: 'jitter, drift, constant cross traffic, ladders of users',
  figures: aloneFigures,
  async play(seed, rules) {
    const draw = new Draw('h', seed);
    const oddity = draw.turn(ODDITIES);
    const path = draw.path(ODDITIES.length);
    const { name, channels = LAYERS, rates = [1e6, 50e6], driftPpm } = oddity;
    const rateBitsPerSecond = draw.rate(...rates);
    const others = rateBitsPerSecond * (oddity.othersRatio?.(draw) ?? 0);
    const trial: Trial = {
      seed: draw.prng.seed,
      seconds: 60,
      channels,
      bottlenecks: [{ ...path, rateBitsPerSecond, ...oddity.bottleneck?.(draw) }],
      receivers: [{ driftPpm }],
      traffic: others > 0 ? [{ kind: 'udp', fromS: 0, rateBitsPerSecond: others }] : [],
    };
    const recording = await playTrial(trial, rules);
    const left = rateBitsPerSecond - others;
    const best = bestOf(levelsOf(channels), left);
    return {
      seed,
      group: name,
      conditions: `${mbit(left)} (best ${mbit(best)}), queue ${path.queueMs} ms, leave ${path.leaveLatencyMs / 1000} s`,
      figures: figuresOf(recording, best, left),
      decisions: recording.decisions,
    };
  },
};
