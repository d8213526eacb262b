import { faredColumns } from '../columns.js';
import { type Leave, play } from '../play.js';
import { type Asked, type Report, report } from '../report.js';
import { type Fared, fared } from '../steady.js';

interface OneOfMany extends Fared {
  readonly leave: Leave;
}

/** Ten rates from 0.5 to 100 Mbit/s, each the same step above the last. */
const tenRates = Array.from({ length: 10 }, (_, index) => Math.round(0.5e6 * 200 ** (index / 9)));

/** Row g: receivers of many rates at one bridge, all at once. */
export async function many(asked: Asked): Promise<Report> {
  const { seconds = 40, rates = tenRates, queuesMs: [queueMs = 100] = [] } = asked;
  const figures: OneOfMany[] = [];
  for (const leave of asked.leaves) {
    const name = `g-${queueMs}ms-${leave}`;
    asked.say(name);
    const hosts = rates.map((_, index) => `r${index + 1}`);
    const links = Object.fromEntries(rates.map((rate, index) => [hosts[index], { rateBitsPerSecond: rate, queueMs }]));
    const receivers = rates.map((rate, index) => ({ host: hosts[index]!, toldBitsPerSecond: rate }));
    const fastestBitsPerSecond = Math.max(...rates);
    const recording = await play({ name, seconds, leave, links, receivers, fastestBitsPerSecond }, asked);
    for (const [index, rateBitsPerSecond] of rates.entries()) {
      figures.push({ leave, ...fared(recording, hosts[index]!, { rateBitsPerSecond, fastestBitsPerSecond }) });
    }
  }
  return report('g  many rates at one bridge', figures, [
    { title: 'leave', cell: ({ leave }) => leave },
    ...faredColumns,
  ]);
}
