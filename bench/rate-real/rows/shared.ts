import { carried } from '../carried.js';
import { ladderOf } from '../ladder.js';
import { averageRate, bestLevel, equalMs } from '../levels.js';
import { type Leave, play, type Stage } from '../play.js';
import { type Asked, seconds as inSeconds, mbit, percent, type Report, report } from '../report.js';

interface Shared {
  readonly rateBitsPerSecond: number;
  readonly leave: Leave;
  /** From the arrival of the second, the third and, after one has left, the fourth, until all that are there have one level for 2 s. */
  readonly equalMs: readonly (number | undefined)[];
  /** Bytes on the link ÷ bytes of the receiver that got the most, while three are there. */
  readonly linkRatio: number;
  /** Average of the receivers' levels of the best level, in the same time. */
  readonly shareOfBest: number;
  readonly dropRatio: number;
}

const site = 'office';
/** Shares of the whole time. */
const arrivals = { r1: 0, r2: 0.25, r3: 0.45, r4: 0.8 } as const;
const departure = { r1: 0.75 } as const;

/** Row c: receivers that come and go behind one link. */
export async function shared(asked: Asked): Promise<Report> {
  const figures: Shared[] = [];
  for (const rate of asked.rates ?? [2e6, 7e6]) {
    for (const queueMs of asked.queuesMs ?? [100]) {
      for (const leave of asked.leaves) figures.push(await together(asked, { rate, queueMs, leave }));
    }
  }
  return report('c  two, three, two, three behind one link', figures, [
    { title: 'link Mbit/s', cell: ({ rateBitsPerSecond }) => mbit(rateBitsPerSecond) },
    { title: 'leave', cell: ({ leave }) => leave },
    { title: 'two equal after s', cell: ({ equalMs }) => inSeconds(equalMs[0]) },
    { title: 'three', cell: ({ equalMs }) => inSeconds(equalMs[1]) },
    { title: 'one gone, one new', cell: ({ equalMs }) => inSeconds(equalMs[2]) },
    { title: 'link ÷ best receiver', cell: ({ linkRatio }) => linkRatio },
    { title: 'of best', cell: ({ shareOfBest }) => shareOfBest },
    { title: 'drops %', cell: ({ dropRatio }) => percent(dropRatio) },
  ]);
}

async function together(asked: Asked, given: { rate: number; queueMs: number; leave: Leave }): Promise<Shared> {
  const { rate, queueMs, leave } = given;
  const { seconds = 80 } = asked;
  const name = `c-${rate / 1e6}-${queueMs}ms-${leave}`;
  asked.say(name);
  const hosts = Object.keys(arrivals) as (keyof typeof arrivals)[];
  /** Behind the shared link nothing is slow; this only counts what each gets, at the moments when the link is counted. */
  const countEach = async ({ bed }: Stage) => {
    await Promise.all(hosts.map((host) => bed.port(host).shape({ rateBitsPerSecond: 1e9, queueMs: 100 })));
  };
  const recording = await play(
    {
      name,
      seconds,
      leave,
      fastestBitsPerSecond: rate,
      sites: { [site]: hosts },
      links: { [site]: { rateBitsPerSecond: rate, queueMs } },
      receivers: hosts.map((host) => ({
        host,
        toldBitsPerSecond: rate,
        fromS: arrivals[host] * seconds,
        untilS: host === 'r1' ? departure.r1 * seconds : seconds,
      })),
      cues: [{ atS: 0, act: countEach }],
    },
    asked,
  );
  const at = (share: number) => recording.startMs + share * seconds * 1000;
  // While three are there, the last third of that time: they should long be equal.
  const [fromMs, toMs] = [at(0.65), at(departure.r1)];
  const steps = (...names: string[]) => names.map((host) => recording.receiver(host).steps);
  const samples = recording.samples(site);
  const most = Math.max(...hosts.map((host) => carried(recording.samples(host), fromMs, toMs).bytes));
  const best = bestLevel(ladderOf(rate).levels, rate);
  const three = steps('r1', 'r2', 'r3');
  return {
    rateBitsPerSecond: rate,
    leave,
    equalMs: [
      equalMs(steps('r1', 'r2'), at(arrivals.r2), at(arrivals.r3)),
      equalMs(three, at(arrivals.r3), toMs),
      equalMs(steps('r2', 'r3', 'r4'), at(arrivals.r4), at(1)),
    ],
    linkRatio: carried(samples, fromMs, toMs).bytes / most,
    shareOfBest: three.reduce((sum, one) => sum + averageRate(one, fromMs, toMs), 0) / three.length / best,
    dropRatio: carried(samples, at(0), at(1)).dropRatio,
  };
}
