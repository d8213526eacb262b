import { type Discipline, disciplineOf, type LinkOptions, type Packet } from '../../../dist/simulate/index.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import type { Departures } from './departures.js';

/** "The highest fixed level that loses at most 1 %". */
const MOST_LOSS = 0.01;
/** A level of this many times the rate is never the best. */
const TOO_MUCH = 1.5;

/** What a receiver gets that keeps one level all the time. */
export interface FixedLevel {
  /** Nominal. */
  readonly rateBitsPerSecond: number;
  /** Whole packets that the link lets through. */
  readonly goodputBitsPerSecond: number;
  /** Share of the packets that the link drops. */
  readonly dropRatio: number;
}

/** The number of levels that may be the best. */
export function triedLevelCount(levels: readonly number[], meanBitsPerSecond: number): number {
  return Math.max(1, levels.filter((rate) => rate <= TOO_MUCH * meanBitsPerSecond).length);
}

/**
 * The highest level that loses at most 1 % on a link, found by trying levels on what was really sent; the lowest if all lose more.
 * @param levels of one server, the sums of its channels.
 * @param meanBitsPerSecond of the link.
 */
export function bestFixedLevel(
  departures: Departures,
  levels: readonly number[],
  link: LinkOptions,
  meanBitsPerSecond: number,
): FixedLevel {
  for (let level = triedLevelCount(levels, meanBitsPerSecond) - 1; level > 0; level--) {
    const tried = tryLevel(departures, level, levels[level]!, link);
    if (tried.dropRatio <= MOST_LOSS) return tried;
  }
  return tryLevel(departures, 0, levels[0]!, link);
}

function tryLevel(departures: Departures, level: number, rate: number, link: LinkOptions): FixedLevel {
  const discipline = emptied(link);
  let [count, bytes, seconds] = [0, 0, 0];
  const takeUntil = (us: number) => {
    while (discipline.nextUs <= us) bytes += discipline.take().wireBytes;
  };
  const droppedBefore = discipline.droppedCount;
  for (const [index, channel] of departures.channels.entries()) {
    if (channel > level) continue;
    const atUs = departures.atUs[index]!;
    takeUntil(atUs);
    discipline.offer(packetOf(channel, departures.bytes[index]!), atUs);
    count++;
    seconds = atUs / 1e6;
  }
  takeUntil(seconds * 1e6);
  return {
    rateBitsPerSecond: rate,
    goodputBitsPerSecond: seconds === 0 ? 0 : (bytes * 8) / seconds,
    dropRatio: count === 0 ? 0 : (discipline.droppedCount - droppedBefore) / count,
  };
}

/** The link as it is after a long time: what its bucket had saved up is gone. */
function emptied({ discipline, rateBitsPerSecond = Number.NaN, queueBytes = Number.NaN }: LinkOptions): Discipline {
  const made = disciplineOf(discipline!, { rateBitsPerSecond, queueBytes }, new Prng('fixed level'));
  if (discipline!.kind !== 'tokenBucket' && discipline!.kind !== 'policer') return made;
  for (let restBytes = discipline!.burstBytes; restBytes > 0; restBytes -= 1000) {
    made.offer(packetOf(0, Math.min(1000, restBytes)), 0);
    while (made.nextUs <= 0) made.take();
  }
  return made;
}

const packets = new Map<number, Packet>();

/** One packet for all of a channel and a size: disciplines look at their flow and size only. */
function packetOf(channel: number, wireBytes: number): Packet {
  const key = wireBytes * 256 + channel;
  const known = packets.get(key);
  if (known !== undefined) return known;
  const flow = { group: `ff15::${channel.toString(16)}`, port: 1, source: 'fd00::1' };
  const sameFlow = [...packets.values()].find((other) => other.flow.group === flow.group)?.flow ?? flow;
  const packet: Packet = { flow: sameFlow, buffer: NO_BYTES, start: 0, length: 0, wireBytes, header: null };
  packets.set(key, packet);
  return packet;
}

const NO_BYTES = new Uint8Array(0);
