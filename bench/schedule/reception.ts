import { payloadRateOf, rateOf } from '../../dist/rate/ladder/ladder.js';
import { type Loss, type Random, randomFrom } from './random.js';
import { CodedCollector, PlainCollector } from './receiver.js';
import { ringOf, type Stream, streamsOf, type Transmission } from './transmission.js';

/** A receiver gives up after this many times the object. */
const MAX_PASSES = 1000;
/** Servers have been sending for up to a day when a receiver comes. */
const MAX_AGE_US = 86_400e6;

/** Which channels a receiver has joined, by time since it began. */
export interface Levels {
  channelsAt(elapsedUs: number): readonly number[];
  /** They change at multiples of this. */
  readonly changeEveryUs: number;
}

export interface Reception {
  /** Symbols received ÷ symbols of the object − 1, at completion. */
  readonly overhead: number;
  /** Time ÷ (F ÷ (R · (1 − p))), R being the payload rate of the channels that were joined, headers not counted. */
  readonly timeRatio: number;
  /** Datagrams with symbols that were sent on the joined channels ÷ symbols of the object. */
  readonly passes: number;
}

/** Runs one receiver from a given moment until the object is complete. */
export function receive(
  transmission: Transmission,
  levels: Levels,
  lossOf: (random: Random) => Loss,
  lossRatio: number,
  seed: number,
): Reception {
  const random = randomFrom(seed);
  const { geometry, code, clockErrorsUs } = transmission;
  const wallUs = 1.7e15 + random() * 1e14;
  const ages = clockErrorsUs.map(() => random() * MAX_AGE_US);
  const streams = streamsOf(transmission, wallUs, ages, random);
  const collector =
    code === 'none'
      ? new PlainCollector(geometry)
      : new CodedCollector(geometry, ringOf(transmission).esiCount, random);
  const isLost = lossOf(random);
  let [sentCount, receivedCount, nowUs, changeUs, capacityBytes] = [0, 0, 0, 0, 0];
  let joined: Stream[] = [];
  while (!collector.isComplete && sentCount < MAX_PASSES * geometry.symbolCount) {
    let stream = earliest(joined);
    while (stream === undefined || stream.nextUs >= changeUs) {
      joined = rejoin(streams, joined, levels.channelsAt(changeUs), changeUs);
      capacityBytes += capacityOf(joined, geometry.symbolBytes, levels.changeEveryUs);
      changeUs += levels.changeEveryUs;
      stream = earliest(joined);
    }
    nowUs = stream.nextUs;
    const isSymbol = stream.departs();
    const lost = isLost();
    if (!isSymbol) continue;
    sentCount++;
    if (!lost) {
      receivedCount++;
      collector.add(stream.order.block, stream.order.esi);
    }
    stream.order.advance();
  }
  capacityBytes -= capacityOf(joined, geometry.symbolBytes, changeUs - nowUs);
  return {
    overhead: receivedCount / geometry.symbolCount - 1,
    timeRatio: (capacityBytes * (1 - lossRatio)) / geometry.sizeBytes,
    passes: sentCount / geometry.symbolCount,
  };
}

function earliest(streams: readonly Stream[]): Stream | undefined {
  let first = streams[0];
  for (let i = 1; i < streams.length; i++) if (streams[i]!.nextUs < first!.nextUs) first = streams[i];
  return first;
}

function rejoin(streams: readonly Stream[], before: readonly Stream[], channels: readonly number[], nowUs: number) {
  const joined = streams.filter(({ channelIndex }) => channels.includes(channelIndex));
  for (const stream of before) if (!joined.includes(stream)) stream.leave();
  for (const stream of joined) if (!before.includes(stream)) stream.join(nowUs);
  return joined;
}

function capacityOf(streams: readonly Stream[], symbolBytes: number, durationUs: number): number {
  const rate = streams.reduce((sum, { intervalUs }) => sum + rateOf(intervalUs, symbolBytes), 0);
  return (payloadRateOf(rate, symbolBytes) / 8e6) * durationUs;
}
