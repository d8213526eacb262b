import type { ProgressEvent } from '../../../dist/receiver/events.js';

export const progress: ProgressEvent = {
  bytes: 42_100_000,
  totalBytes: 50_000_000,
  verifiedBytes: 30_000_000,
  rateBitsPerSecond: 3_400_000,
  etaMs: 18_600,
  lossRatio: 0.0123,
  level: 3,
  levelCount: 4,
  levelRateBitsPerSecond: 4_000_000,
  queueMs: 12,
  capacityBitsPerSecond: 5_000_000,
  servers: ['alpha', 'beta'],
  channels: [0, 1, 2],
  map: Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 : i < 48 ? 0.5 : 0)),
};
