import { carried, drainedLimitMs, drainedMs } from '../carried.js';
import { ladderOf } from '../ladder.js';
import { averageRate, bestLevel, prevailingRate, reachedMs } from '../levels.js';
import { type Leave, play, type Stage } from '../play.js';
import { type Asked, seconds as inSeconds, mbit, percent, type Report, report } from '../report.js';

interface Changed {
  readonly rateBitsPerSecond: number;
  readonly leave: Leave;
  /** From the halving until the queue is under 20 ms, or three packets, and stays so for a second. */
  readonly drainedMs: number | undefined;
  /** From the halving until first within 10 % of the level held for the longest of the second half until the doubling. */
  readonly downMs: number | undefined;
  /** The same, from the doubling. */
  readonly upMs: number | undefined;
  /** Joined on average in the second half of each third of the time, of the best level. */
  readonly shares: readonly number[];
  readonly dropRatio: number;
}

/** 1184 bytes of symbol and what is around it, on Ethernet. */
const PACKET_BYTES = 1294;

/** Row b: a link's rate halves after a third of the time and doubles after two thirds. */
export async function changing(asked: Asked): Promise<Report> {
  const { rates = [2e6, 7e6, 30e6] } = asked;
  const figures: Changed[] = [];
  for (const queueMs of asked.queuesMs ?? [100]) {
    for (const leave of asked.leaves) figures.push(...(await halved(asked, rates, queueMs, leave)));
  }
  return report('b  a rate that halves, and doubles again', figures, [
    { title: 'link Mbit/s', cell: ({ rateBitsPerSecond }) => mbit(rateBitsPerSecond) },
    { title: 'leave', cell: ({ leave }) => leave },
    { title: 'halved: queue < 20 ms after s', cell: ({ drainedMs }) => inSeconds(drainedMs) },
    { title: 'down s', cell: ({ downMs }) => inSeconds(downMs) },
    { title: 'doubled: up s', cell: ({ upMs }) => inSeconds(upMs) },
    { title: 'of best, before', cell: ({ shares }) => shares[0] },
    { title: 'halved', cell: ({ shares }) => shares[1] },
    { title: 'doubled', cell: ({ shares }) => shares[2] },
    { title: 'drops % while halved', cell: ({ dropRatio }) => percent(dropRatio) },
  ]);
}

async function halved(asked: Asked, rates: readonly number[], queueMs: number, leave: Leave): Promise<Changed[]> {
  const { seconds = 60 } = asked;
  const name = `b-${queueMs}ms-${leave}`;
  asked.say(name);
  const fastestBitsPerSecond = Math.max(...rates);
  const changedMs: number[] = [];
  const hosts = rates.map((_, index) => `r${index + 1}`);
  const cues = [0.5, 1].map((factor, index) => ({
    atS: (seconds * (index + 1)) / 3,
    act: async ({ relink }: Stage) => {
      changedMs.push(performance.now());
      const links = rates.map((rate) => ({ rateBitsPerSecond: rate * factor, queueMs }));
      await Promise.all(links.map((link, i) => relink(hosts[i]!, link)));
    },
  }));
  const recording = await play(
    {
      name,
      seconds,
      leave,
      fastestBitsPerSecond,
      receivers: rates.map((rate, index) => ({ host: hosts[index]!, toldBitsPerSecond: rate / 2 })),
      links: Object.fromEntries(rates.map((rate, index) => [hosts[index]!, { rateBitsPerSecond: rate, queueMs }])),
      cues,
    },
    asked,
  );
  const [downAt = 0, upAt = 0] = changedMs;
  return rates.map((rate, index) => {
    const receiver = recording.receiver(hosts[index]!);
    const samples = recording.samples(hosts[index]!);
    const endMs = recording.leftMs(receiver);
    const thirds = [
      { fromMs: receiver.firstJoinMs ?? downAt, toMs: downAt, rate },
      { fromMs: downAt, toMs: upAt, rate: rate / 2 },
      { fromMs: upAt, toMs: endMs, rate },
    ];
    const later = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => [(fromMs + toMs) / 2, toMs] as const;
    const { levels } = ladderOf(fastestBitsPerSecond);
    const [, down, up] = thirds.map((third) =>
      reachedMs(receiver.steps, third.fromMs, prevailingRate(receiver.steps, ...later(third))),
    );
    return {
      rateBitsPerSecond: rate,
      leave,
      drainedMs: drainedMs(samples, thirds[1]!, drainedLimitMs(rate / 2, PACKET_BYTES)),
      downMs: down,
      upMs: up,
      shares: thirds.map((third) => averageRate(receiver.steps, ...later(third)) / bestLevel(levels, third.rate)),
      dropRatio: carried(samples, downAt, upAt).dropRatio,
    };
  });
}
