import { prevailingRate } from '../../rate-real/levels.js';
import { Draw, LAYERS, mbit } from '../draw.js';
import { heldMs } from '../levels.js';
import { drainedMs, dropRatio } from '../recording.js';
import { atMost, type Row } from '../row.js';
import { PACKET_BYTES, playTrial } from '../trial.js';

const HALVED_MS = 20_000;
const DOUBLED_MS = 40_000;
const END_MS = 80_000;
/** A queue below this has drained; where a packet takes long, below three of them. */
const LIMIT_MS = 20;
const LIMIT_PACKETS = 3;

/** A link loses half of its rate and gets it back. */
export const halving: Row = {
  title: 'capacity halves at 20 s, doubles at 40 s, 2–60 Mbit/s',
  figures: [{ name: 'drained s − leave', target: atMost(1) }, { name: 'lost % 5 s' }, { name: 'back up s' }],
  async play(seed, ablation) {
    const draw = new Draw('b', seed);
    const path = draw.path();
    const rateBitsPerSecond = draw.rate(2e6, 60e6);
    const recording = await playTrial(
      {
        seed: draw.prng.seed,
        seconds: END_MS / 1000,
        channels: LAYERS,
        bottlenecks: [{ ...path, rateBitsPerSecond }],
        changes: [
          { atS: HALVED_MS / 1000, rateBitsPerSecond: rateBitsPerSecond / 2 },
          { atS: DOUBLED_MS / 1000, rateBitsPerSecond },
        ],
      },
      ablation,
    );
    const steps = recording.steps[0]!;
    const limitMs = Math.max(LIMIT_MS, (LIMIT_PACKETS * PACKET_BYTES * 8000) / (rateBitsPerSecond / 2));
    const before = prevailingRate(steps, HALVED_MS - 5000, HALVED_MS);
    const drained = drainedMs(recording, HALVED_MS, DOUBLED_MS, limitMs) - path.leaveLatencyMs;
    return {
      seed,
      group: `queue ${path.queueMs} ms, leave ${path.leaveLatencyMs / 1000} s`,
      conditions: mbit(rateBitsPerSecond),
      figures: {
        'drained s − leave': Math.max(0, drained) / 1000,
        'lost % 5 s': 100 * dropRatio(recording, HALVED_MS, HALVED_MS + 5000),
        'back up s': heldMs(steps, DOUBLED_MS, END_MS, (rate) => rate >= 0.9 * before) / 1000,
      },
      decisions: recording.decisions,
    };
  },
};
