import { type DisciplineOptions, FQ_CODEL_DEFAULTS } from '../../../dist/simulate/index.js';
import { Draw, LAYERS, mbit } from '../draw.js';
import { dropRatio, rateBetween } from '../recording.js';
import { between, type Row } from '../row.js';
import { playTrial } from '../trial.js';

/** Who comes later comes then. */
const SECOND_S = 10;
/** Settling for 20 s, then a window of 60 s. */
const FROM_MS = 30_000;
const END_MS = 90_000;

interface Variant {
  readonly name: string;
  readonly title: string;
  /** @default 1 */
  readonly flowCount?: number;
  /** Whether TCP was there before us. */
  readonly isFirst?: boolean;
  /** Whether another TCP of the same kind is in our place: what is the most that can be asked. */
  readonly isReference?: boolean;
  /** What the link is. @default a queue that is served packet after packet */
  readonly discipline?: DisciplineOptions;
}

export const besideTcp = rowOf({ name: 'd', title: 'beside a TCP that comes later' });
export const afterTcp = rowOf({ name: 'df', title: 'beside a TCP that was first', isFirst: true });
export const besideTwoTcp = rowOf({ name: 'd2', title: 'beside two TCPs that come later', flowCount: 2 });
export const tcpAlone = rowOf({
  name: 'd',
  title: 'a TCP in our place beside one that comes later',
  isReference: true,
});
export const besideTcpBucket = rowOf({
  name: 'dtbf',
  title: 'beside a TCP that comes later, behind a token bucket of 16 kB',
  discipline: { kind: 'tokenBucket', burstBytes: 16_000 },
});
export const besideTcpFair = rowOf({
  name: 'dfq',
  title: 'beside a TCP that comes later, behind fair queueing (fq_codel)',
  discipline: { ...FQ_CODEL_DEFAULTS, kind: 'fqCodel' },
});

/** Seeds go through 2, 7, 30 Mbit/s, queues of 20, 100, 500 ms, Reno and CUBIC: 18 combinations. */
function rowOf({ name, title, flowCount = 1, isFirst = false, isReference = false, discipline }: Variant): Row {
  return {
    title: `${title}; 2, 7, 30 Mbit/s`,
    figures: [
      { name: 'ours ÷ TCP', target: between(0.67, 1.5), isRatio: true },
      { name: 'link use' },
      { name: 'lost %' },
    ],
    async play(seed, rules) {
      const draw = new Draw(name, seed);
      const kind = draw.turn(['reno', 'cubic'] as const);
      // Fair queueing keeps its queues short itself.
      const queueMs = discipline?.kind === 'fqCodel' ? 2000 : draw.turn([20, 100, 500], 2);
      const rateBitsPerSecond = draw.turn([2e6, 7e6, 30e6], 6);
      const leaveLatencyMs = draw.prng.happens(0.5) ? 2000 : 100;
      const fromS = () => (isFirst ? 0 : SECOND_S + draw.between(0, 1));
      const flows = Array.from({ length: flowCount }, () => ({ kind, fromS: fromS() }));
      const recording = await playTrial(
        {
          seed: draw.prng.seed,
          seconds: END_MS / 1000,
          channels: LAYERS,
          bottlenecks: [{ rateBitsPerSecond, queueMs, leaveLatencyMs, discipline }],
          receivers: isReference ? [] : [{ fromS: isFirst ? SECOND_S : 0 }],
          traffic: isReference ? [{ kind, fromS: 0 }, ...flows] : flows,
        },
        rules,
      );
      const ours = rateBetween(recording, FROM_MS, END_MS, (sample) =>
        isReference ? sample.flowBytes[0]! : sample.heardBytes[0]!,
      );
      const all = rateBetween(recording, FROM_MS, END_MS, ({ flowBytes }) => flowBytes.reduce((a, b) => a + b));
      const theirs = isReference ? all - ours : all;
      return {
        seed,
        group: `${kind}, queue ${queueMs} ms`,
        conditions: `${mbit(rateBitsPerSecond)}, leave ${leaveLatencyMs / 1000} s`,
        figures: {
          'ours ÷ TCP': ours / (theirs / flowCount),
          'link use': (ours + theirs) / rateBitsPerSecond,
          'lost %': 100 * dropRatio(recording, FROM_MS, END_MS),
        },
        decisions: recording.decisions,
      };
    },
  };
}
