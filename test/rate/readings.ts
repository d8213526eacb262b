import type { PreviewReading, StreamReading } from '../../dist/rate/measuring/readings.js';

const NO_PREVIEW: PreviewReading = { slot: -1, count: 0, spread: 0, covariance: 0, scatter: 0 };

/** What was read from the only server's lowest channel outside of trains, in as far as a test says no other. */
export function reading(part: Partial<StreamReading> = {}): StreamReading {
  const receivedCount = part.receivedCount ?? 10;
  return {
    serverIndex: 0,
    channelIndex: 0,
    receivedCount,
    lostCount: 0,
    burstLostCount: 0,
    duplicateCount: 0,
    wireBytes: receivedCount * 1250,
    epoch: 0,
    sinceUs: 0,
    minDelayUs: 0,
    meanExcessUs: 0,
    calmCount: receivedCount,
    bunchedCount: (part.meanCalmExcessUs ?? 0) > 0 ? receivedCount : 0,
    meanCalmExcessUs: part.meanExcessUs ?? 0,
    trainBitsPerSecond: 0,
    slot: 0,
    stepLevel: 0,
    preview: NO_PREVIEW,
    ...part,
  };
}
