import { SLOT_NUMBERS } from '../ladder/step-plan.js';

/**
 * What one stream (one channel of one server) brought since it was last read. Delays are differences of two clocks, modulo
 * 2^32 µs, so delays of different servers cannot be compared.
 */
export interface StreamReading {
  readonly serverIndex: number;
  readonly channelIndex: number;
  readonly receivedCount: number;
  /** Gaps in the sequence that have stayed open for a reading or longer. */
  readonly lostCount: number;
  /**
   * Those of the lost that were missing in or before trains and previews, which are bursts that other senders do not send.
   */
  readonly burstLostCount: number;
  /** Those of the received that brought nothing new. */
  readonly duplicateCount: number;
  /** Whole IPv6 packets. */
  readonly wireBytes: number;
  /** Counts restarts of the server, which gives its datagrams another clock. */
  readonly epoch: number;
  /**
   * When the first datagram arrived after the join; ∞ before that, −∞ if the channel may have been arriving all the time.
   */
  readonly sinceUs: number;
  /** Least of arrival time − send time; meaningless if nothing was received. */
  readonly minDelayUs: number;
  /** Mean of the delays, above the least delay. */
  readonly meanExcessUs: number;
  /** Those of the received, with a delay of their own, that were sent outside of trains and previews. */
  readonly calmCount: number;
  /** Those of them that arrived nearly together with the one before, although they were sent apart. */
  readonly bunchedCount: number;
  /** Mean of their delays, above the least delay of all. */
  readonly meanCalmExcessUs: number;
  /** Rate of the last train that ended, in bit/s of whole packets; 0 if none ended since the last reading. */
  readonly trainBitsPerSecond: number;
  /** Marks of the last datagram. */
  readonly slot: number;
  readonly stepLevel: number;
  readonly preview: PreviewReading;
}

/**
 * How the delay moved during a preview: sums about the means. Add them up over all streams before dividing them
 * (slope = Σ covariance ÷ Σ spread).
 */
export interface PreviewReading {
  /** Slot of the preview; −1 before the first. */
  readonly slot: number;
  readonly count: number;
  /** Σ (x − x̄)², x = send time in µs. */
  readonly spread: number;
  /** Σ (x − x̄)(y − ȳ), y = delay in µs. */
  readonly covariance: number;
  /** Σ (y − ȳ)². */
  readonly scatter: number;
}

/** Losses and delays since the last reading that this host caused, not the network. */
export interface LocalReading {
  /** Datagrams that arrived and were not read in time. The sequences miss them too. */
  readonly unreadCount: number;
  /** Datagrams that were read but that the disk could not take. */
  readonly droppedCount: number;
  /** How late this reading is because the host was busy. Datagrams that arrived meanwhile waited here. */
  readonly latenessUs: number;
}

/** What one path has to know of the other paths of the same receiver. */
export interface OtherPaths {
  /** Rate that the other paths carry through the same bottleneck. */
  readonly bitsPerSecond: number;
  /** Whether no other path is trying a level. Only one path tries a level at a time. */
  readonly areQuiet: boolean;
}

export const NO_OTHER_PATHS: OtherPaths = { bitsPerSecond: 0, areQuiet: true };

/** What one server brought on some streams in one reading. */
export interface HeardServer {
  readonly serverIndex: number;
  /** Its streams that brought something. */
  readonly streams: readonly StreamReading[];
  /** The least of their least delays, modulo 2^32 µs. */
  readonly minDelayUs: number;
  /** The stream with the longest mean delay. */
  readonly slowest: StreamReading;
  /** Whether none of them has ever restarted. */
  readonly isFirstEpoch: boolean;
  /** The newest slot of their marks, and its step level: the lower one if marks contradict each other. */
  readonly slot: number;
  readonly stepLevel: number;
}

/**
 * What some streams brought in one reading, summed. The sums take longer than most of what is made of them, so thousands of
 * simulated receivers that hear the same streams share them.
 */
export interface ReadingSums {
  readonly receivedCount: number;
  /** Losses without those in our own bursts, which say nothing about the average rate. */
  readonly lostCount: number;
  readonly duplicateCount: number;
  readonly wireBytes: number;
  /** Streams in which a train ended. */
  readonly trains: readonly StreamReading[];
  /** Servers that brought something, in the order of the readings. */
  readonly servers: readonly HeardServer[];
}

/** Sums the readings of some streams. */
export function sumsOf(readings: readonly StreamReading[]): ReadingSums {
  const sums = { receivedCount: 0, lostCount: 0, duplicateCount: 0, wireBytes: 0 };
  const trains: StreamReading[] = [];
  const byServer = new Map<number, StreamReading[]>();
  for (const reading of readings) {
    sums.lostCount += reading.lostCount - reading.burstLostCount;
    if (reading.trainBitsPerSecond > 0) trains.push(reading);
    if (reading.receivedCount === 0) continue;
    sums.receivedCount += reading.receivedCount;
    sums.duplicateCount += reading.duplicateCount;
    sums.wireBytes += reading.wireBytes;
    const streams = byServer.get(reading.serverIndex);
    if (streams === undefined) byServer.set(reading.serverIndex, [reading]);
    else streams.push(reading);
  }
  return { ...sums, trains, servers: [...byServer.values()].map(heardOf) };
}

/** Whether one slot is newer than another. Slot numbers wrap. */
export function isAfter(slot: number, other: number): boolean {
  const ahead = (slot - other + SLOT_NUMBERS) % SLOT_NUMBERS;
  return ahead > 0 && ahead < SLOT_NUMBERS / 2;
}

/** A server, and the next one: a list costs the one server that most receivers have a single step in memory. */
export interface ListedServer<T> {
  /** The header names a server in one byte, so a list has at most 256. */
  readonly index: number;
  readonly next: T | undefined;
}

/** The server of this index in a list that begins with `first`; undefined if it is not there. */
export function serverIn<T extends ListedServer<T>>(first: T | undefined, index: number): T | undefined {
  for (let server = first; server !== undefined; server = server.next) if (server.index === index) return server;
  return undefined;
}

function heardOf(streams: readonly StreamReading[]): HeardServer {
  const [first] = streams as readonly [StreamReading];
  let leastUs = 0;
  let mostUs = Number.NEGATIVE_INFINITY;
  let slowest = first;
  let { slot, stepLevel } = first;
  for (const stream of streams) {
    if (stream.slot === slot) {
      stepLevel = Math.min(stepLevel, stream.stepLevel);
    } else if (isAfter(stream.slot, slot)) {
      slot = stream.slot;
      stepLevel = stream.stepLevel;
    }
    const aboveUs = (stream.minDelayUs - first.minDelayUs) | 0;
    leastUs = Math.min(leastUs, aboveUs);
    if (aboveUs + stream.meanExcessUs <= mostUs) continue;
    mostUs = aboveUs + stream.meanExcessUs;
    slowest = stream;
  }
  return {
    serverIndex: first.serverIndex,
    streams,
    minDelayUs: (first.minDelayUs + leastUs) >>> 0,
    slowest,
    isFirstEpoch: streams.every(({ epoch }) => epoch === 0),
    slot,
    stepLevel,
  };
}
