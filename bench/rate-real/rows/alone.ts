import { faredColumns } from '../columns.js';
import { type Leave, play } from '../play.js';
import { type Asked, type Report, report } from '../report.js';
import { type Fared, fared } from '../steady.js';

interface Alone extends Fared {
  readonly roomMs: number;
  readonly leave: Leave;
}

/** Links above this are played by themselves, those below together: they take this machine's time from each other. */
const togetherBitsPerSecond = 10e6;

/** Row a: a receiver alone behind a link, for each rate, queue and leave latency. */
export async function alone(asked: Asked): Promise<Report> {
  const { seconds = 40, rates = [0.5e6, 2e6, 7e6, 30e6, 100e6], queuesMs = [20, 100, 500] } = asked;
  const slow = rates.filter((rate) => rate < togetherBitsPerSecond);
  const fast = rates.filter((rate) => rate >= togetherBitsPerSecond).map((rate) => [rate]);
  const figures: Alone[] = [];
  for (const roomMs of queuesMs) {
    for (const leave of asked.leaves) {
      for (const some of [slow, ...fast].filter((group) => group.length > 0)) {
        figures.push(...(await behindTheirOwn(asked, { rates: some, roomMs, leave, seconds })));
      }
    }
  }
  return report('a  alone behind a link', figures, [
    { title: 'queue ms', cell: ({ roomMs }) => roomMs },
    { title: 'leave', cell: ({ leave }) => leave },
    ...faredColumns,
  ]);
}

async function behindTheirOwn(
  asked: Asked,
  given: { rates: readonly number[]; roomMs: number; leave: Leave; seconds: number },
): Promise<Alone[]> {
  const { rates, roomMs, leave, seconds } = given;
  const name = `a-${rates.map((rate) => rate / 1e6).join('-')}-${roomMs}ms-${leave}`;
  asked.say(name);
  const fastestBitsPerSecond = Math.max(...rates);
  const receivers = rates.map((rate, index) => ({ host: `r${index + 1}`, toldBitsPerSecond: rate }));
  const links = rates.map((rate, index) => [`r${index + 1}`, { rateBitsPerSecond: rate, queueMs: roomMs }] as const);
  const plan = { name, seconds, leave, receivers, links: Object.fromEntries(links), fastestBitsPerSecond };
  const recording = await play(plan, asked);
  return rates.map((rateBitsPerSecond, index) => ({
    roomMs,
    leave,
    ...fared(recording, `r${index + 1}`, { rateBitsPerSecond, fastestBitsPerSecond }),
  }));
}
