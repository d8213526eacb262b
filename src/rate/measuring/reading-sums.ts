import { SLOT_NUMBERS } from '../ladder/step-plan.js';
import type { StreamReading } from './readings.js';

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

/** Whether one slot is newer than another. Slot numbers wrap. */
export function isAfter(slot: number, other: number): boolean {
  const ahead = (slot - other + SLOT_NUMBERS) % SLOT_NUMBERS;
  return ahead > 0 && ahead < SLOT_NUMBERS / 2;
}
