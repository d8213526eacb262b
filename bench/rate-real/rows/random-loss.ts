import { faredColumns } from '../columns.js';
import { play } from '../play.js';
import { type Asked, percent, type Report, report } from '../report.js';
import { type Fared, fared } from '../steady.js';

interface Lossy extends Fared {
  readonly lossRatio: number;
}

const lossRatios = [0.01, 0.02, 0.05];

/** Row e: receivers behind links of one rate that lose datagrams at random, beyond their queue. */
export async function randomLoss(asked: Asked): Promise<Report> {
  const {
    seconds = 40,
    queuesMs: [queueMs = 100] = [],
    leaves: [leave = 'slow'],
  } = asked;
  const figures: Lossy[] = [];
  for (const rateBitsPerSecond of asked.rates ?? [7e6, 30e6]) {
    const name = `e-${rateBitsPerSecond / 1e6}-${queueMs}ms-${leave}`;
    asked.say(name);
    const hosts = lossRatios.map((_, index) => `r${index + 1}`);
    const links = Object.fromEntries(hosts.map((host) => [host, { rateBitsPerSecond, queueMs }]));
    const receivers = hosts.map((host, index) => ({
      host,
      toldBitsPerSecond: rateBitsPerSecond,
      lossRatio: lossRatios[index]!,
    }));
    const fastestBitsPerSecond = rateBitsPerSecond;
    const recording = await play({ name, seconds, leave, links, receivers, fastestBitsPerSecond }, asked);
    for (const [index, host] of hosts.entries()) {
      figures.push({
        lossRatio: lossRatios[index]!,
        ...fared(recording, host, { rateBitsPerSecond, fastestBitsPerSecond }),
      });
    }
  }
  return report('e  random loss', figures, [
    { title: 'loss %', cell: ({ lossRatio }) => percent(lossRatio) },
    ...faredColumns,
  ]);
}
