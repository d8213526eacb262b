import { payloadRateOf } from '../../../dist/rate/ladder/ladder.js';
import { ladderOf } from '../ladder.js';
import { bestLevel } from '../levels.js';
import { type Leave, play } from '../play.js';
import { type Asked, seconds as inSeconds, mbit, type Report, report } from '../report.js';

interface Completed {
  readonly rateBitsPerSecond: number;
  readonly leave: Leave;
  readonly sizeBytes: number;
  /** Size ÷ payload rate of the best level. */
  readonly idealMs: number;
  /** From the first join to the file in its place; undefined when it took more than twice the ideal and half a minute. */
  readonly tookMs: number | undefined;
}

const symbolBytes = 1184;
const largestBytes = 100e6;

/**
 * Row h: time to fetch a coded object. It has 100 MB where a receiver at the best level gets that in the time asked for (60 s),
 * and otherwise what it gets in that time; with `--whole` always 100 MB (half an hour at 0.5 Mbit/s).
 */
export async function wholeObject(asked: Asked): Promise<Report> {
  const { rates = [0.5e6, 2e6, 7e6, 30e6, 100e6], queuesMs: [queueMs = 100] = [] } = asked;
  const figures: Completed[] = [];
  for (const leave of asked.leaves) {
    for (const rate of rates) figures.push(await completion(asked, { rate, queueMs, leave }));
  }
  return report('h  a whole object', figures, [
    { title: 'link Mbit/s', cell: ({ rateBitsPerSecond }) => mbit(rateBitsPerSecond) },
    { title: 'leave', cell: ({ leave }) => leave },
    { title: 'MB', cell: ({ sizeBytes }) => sizeBytes / 1e6 },
    { title: 'ideal s', cell: ({ idealMs }) => inSeconds(idealMs) },
    { title: 'took s', cell: ({ tookMs }) => inSeconds(tookMs) },
    { title: 'took ÷ ideal', cell: ({ tookMs, idealMs }) => (tookMs === undefined ? undefined : tookMs / idealMs) },
  ]);
}

async function completion(asked: Asked, given: { rate: number; queueMs: number; leave: Leave }): Promise<Completed> {
  const { rate, queueMs, leave } = given;
  const name = `h-${rate / 1e6}-${queueMs}ms-${leave}`;
  asked.say(name);
  const best = bestLevel(ladderOf(rate).levels, rate);
  const bytesPerSecond = payloadRateOf(best, symbolBytes) / 8;
  const sizeBytes = asked.whole
    ? largestBytes
    : Math.round(Math.min(largestBytes, bytesPerSecond * (asked.seconds ?? 60)));
  const idealMs = (sizeBytes / bytesPerSecond) * 1000;
  const recording = await play(
    {
      name,
      seconds: (2 * idealMs) / 1000 + 30,
      leave,
      object: { sizeBytes },
      links: { r1: { rateBitsPerSecond: rate, queueMs } },
      receivers: [{ host: 'r1', toldBitsPerSecond: rate }],
      fastestBitsPerSecond: rate,
    },
    asked,
  );
  const { firstJoinMs, completeMs } = recording.receiver('r1');
  const tookMs = firstJoinMs === undefined || completeMs === undefined ? undefined : completeMs - firstJoinMs;
  return { rateBitsPerSecond: rate, leave, sizeBytes, idealMs, tookMs };
}
