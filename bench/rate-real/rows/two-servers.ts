import { carried } from '../carried.js';
import { ladderOf } from '../ladder.js';
import { averageRate, bestLevel } from '../levels.js';
import { type Leave, type Link, play } from '../play.js';
import { type Asked, mbit, percent, type Report, report } from '../report.js';

interface TwoServers {
  readonly ssm: boolean;
  readonly leave: Leave;
  readonly rates: readonly number[];
  /** What both servers together can send through without loss; with any-source joins, at one level. */
  readonly bestBitsPerSecond: number;
  readonly levelBitsPerSecond: number;
  readonly carriedBitsPerSecond: number;
  readonly dropRatio: number;
}

const servers = ['alpha', 'beta'];

/** Row f: two servers, heard by one join or source-specifically, behind one link and behind one each. */
export async function twoServers(asked: Asked): Promise<Report> {
  const [rate = 7e6, slower = rate / 3] = asked.rates ?? [];
  const queueMs = asked.queuesMs?.[0] ?? 100;
  const figures: TwoServers[] = [];
  for (const leave of asked.leaves) {
    for (const ssm of [false, true]) {
      for (const rates of [[rate], [rate, slower]]) figures.push(await both(asked, { ssm, rates, queueMs, leave }));
    }
  }
  return report('f  two servers', figures, [
    { title: 'joins', cell: ({ ssm }) => (ssm ? 'ssm' : 'any source') },
    { title: 'leave', cell: ({ leave }) => leave },
    { title: 'links Mbit/s', cell: ({ rates }) => rates.map((one) => mbit(one).toFixed(1)).join(' and ') },
    { title: 'best sum', cell: ({ bestBitsPerSecond }) => mbit(bestBitsPerSecond) },
    { title: 'joined', cell: ({ levelBitsPerSecond }) => mbit(levelBitsPerSecond) },
    { title: 'carried', cell: ({ carriedBitsPerSecond }) => mbit(carriedBitsPerSecond) },
    { title: 'of best', cell: ({ carriedBitsPerSecond: rate, bestBitsPerSecond }) => rate / bestBitsPerSecond },
    { title: 'drops % steady', cell: ({ dropRatio }) => percent(dropRatio) },
  ]);
}

async function both(
  asked: Asked,
  given: { ssm: boolean; rates: readonly number[]; queueMs: number; leave: Leave },
): Promise<TwoServers> {
  const { ssm, rates, queueMs, leave } = given;
  const { seconds = 40 } = asked;
  const name = `f-${ssm ? 'ssm' : 'any'}-${rates.length}-${leave}`;
  asked.say(name);
  const links: Link[] = rates.map((rateBitsPerSecond) => ({ rateBitsPerSecond, queueMs }));
  const bottlenecks = links.length === 1 ? { links: { r1: links[0]! } } : { apart: { host: 'r1', links } };
  const fastestBitsPerSecond = Math.max(...rates);
  const least = Math.min(...rates);
  const toldBitsPerSecond = links.length === 1 ? least / servers.length : least;
  const receivers = [{ host: 'r1', toldBitsPerSecond }];
  const recording = await play(
    { name, seconds, leave, ssm, servers, receivers, fastestBitsPerSecond, ...bottlenecks },
    asked,
  );
  const receiver = recording.receiver('r1');
  const [fromMs, toMs] = [(recording.startMs + recording.leftMs(receiver)) / 2, recording.leftMs(receiver)];
  const names = links.length === 1 ? ['r1'] : links.map((_, index) => `r1/${index + 1}`);
  const passed = names.map((link) => carried(recording.samples(link), fromMs, toMs));
  return {
    ssm,
    leave,
    rates,
    bestBitsPerSecond: bestSum(ladderOf(fastestBitsPerSecond).levels, rates, ssm),
    levelBitsPerSecond: averageRate(receiver.steps, fromMs, toMs),
    carriedBitsPerSecond: passed.reduce((sum, { rateBitsPerSecond }) => sum + rateBitsPerSecond, 0),
    dropRatio: Math.max(...passed.map(({ dropRatio }) => dropRatio)),
  };
}

/** The most that the two servers' levels can add up to: the same level of both, or with `ssm` any two. */
function bestSum(levels: readonly number[], rates: readonly number[], ssm: boolean): number {
  const [first = 0, second] = rates;
  if (!ssm)
    return second === undefined ? 2 * bestLevel(levels, first / 2) : 2 * bestLevel(levels, Math.min(first, second));
  if (second !== undefined) return bestLevel(levels, first) + bestLevel(levels, second);
  const sums = levels.flatMap((level) => [level, level + bestLevel(levels, first - level)]);
  return bestLevel(sums, first);
}
