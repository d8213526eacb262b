import { carried } from '../carried.js';
import { averageRate } from '../levels.js';
import { type Leave, play } from '../play.js';
import { type Asked, mbit, percent, type Report, report } from '../report.js';
import { type CongestionControl, sendByTcp } from '../tcp.js';

interface BesideTcp {
  readonly rateBitsPerSecond: number;
  readonly roomMs: number;
  readonly leave: Leave;
  readonly control: CongestionControl;
  /** What of the link was not TCP. */
  readonly oursBitsPerSecond: number;
  readonly tcpBitsPerSecond: number;
  /** What we had joined, on average. */
  readonly levelBitsPerSecond: number;
  readonly dropRatio: number;
}

/** Time alone before TCP comes, s. */
const before = 10;
/** TCP's start and end need not fit the window to the millisecond; the play ends this long after it, s. */
const after = 2;

/** Row d: one TCP connection through the same link, one with each congestion control, on two links of the same rate. */
export async function besideTcp(asked: Asked): Promise<Report> {
  const figures: BesideTcp[] = [];
  for (const rate of asked.rates ?? [7e6, 30e6]) {
    for (const roomMs of asked.queuesMs ?? [100]) {
      for (const leave of asked.leaves) figures.push(...(await beside(asked, { rate, roomMs, leave })));
    }
  }
  return report('d  beside TCP', figures, [
    { title: 'link Mbit/s', cell: ({ rateBitsPerSecond }) => mbit(rateBitsPerSecond) },
    { title: 'queue ms', cell: ({ roomMs }) => roomMs },
    { title: 'leave', cell: ({ leave }) => leave },
    { title: 'TCP', cell: ({ control }) => control },
    { title: 'ours Mbit/s', cell: ({ oursBitsPerSecond }) => mbit(oursBitsPerSecond) },
    { title: 'TCP Mbit/s', cell: ({ tcpBitsPerSecond }) => mbit(tcpBitsPerSecond) },
    { title: 'ours ÷ TCP', cell: ({ oursBitsPerSecond, tcpBitsPerSecond }) => oursBitsPerSecond / tcpBitsPerSecond },
    { title: 'level', cell: ({ levelBitsPerSecond }) => mbit(levelBitsPerSecond) },
    { title: 'drops %', cell: ({ dropRatio }) => percent(dropRatio) },
  ]);
}

async function beside(asked: Asked, given: { rate: number; roomMs: number; leave: Leave }): Promise<BesideTcp[]> {
  const { rate, roomMs, leave } = given;
  const window = asked.seconds ?? 60;
  const name = `d-${rate / 1e6}-${roomMs}ms-${leave}`;
  asked.say(name);
  const pairs = [
    { host: 'r1', from: 'tcp1', control: 'reno' },
    { host: 'r2', from: 'tcp2', control: 'cubic' },
  ] as const;
  const sent = new Map<string, { readonly fromMs: number; readonly toMs: number; readonly rate: number }>();
  const recording = await play(
    {
      name,
      seconds: before + window + after,
      leave,
      fastestBitsPerSecond: rate,
      others: pairs.map(({ from }) => from),
      receivers: pairs.map(({ host }) => ({ host, toldBitsPerSecond: rate / 2 })),
      links: Object.fromEntries(pairs.map(({ host }) => [host, { rateBitsPerSecond: rate, queueMs: roomMs }])),
      cues: pairs.map(({ host, from, control }) => ({
        atS: before,
        act: async (stage) => {
          const fromMs = performance.now();
          const flow = { from, to: host, control, seconds: window };
          sent.set(host, { fromMs, rate: await sendByTcp(stage, flow), toMs: fromMs + window * 1000 });
        },
      })),
    },
    asked,
  );
  return pairs.map(({ host, control }) => {
    const { fromMs, toMs, rate: tcp } = sent.get(host)!;
    const whole = carried(recording.samples(host), fromMs, toMs);
    return {
      rateBitsPerSecond: rate,
      roomMs,
      leave,
      control,
      oursBitsPerSecond: whole.rateBitsPerSecond - tcp,
      tcpBitsPerSecond: tcp,
      levelBitsPerSecond: averageRate(recording.receiver(host).steps, fromMs, toMs),
      dropRatio: whole.dropRatio,
    };
  });
}
