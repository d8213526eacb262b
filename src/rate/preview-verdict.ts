import type { StreamReading } from './readings.js';

/** A queue that grows by less than this share of the time is not told from one that does not. */
const LEAST_SLOPE = 0.02;
/** A line through fewer points has no error to speak of. */
const MIN_DATAGRAMS = 6;

/** What a preview showed of the next level. */
export type PreviewVerdict = 'room' | 'no room' | 'unknown';

/**
 * While the next level's rate was shown, did the queue grow? The slope of delay over send time is the share by which that
 * rate exceeds what the path carries.
 */
export function previewVerdict(slot: number, readings: readonly StreamReading[]): PreviewVerdict {
  let count = 0;
  let groups = 0;
  let spread = 0;
  let covariance = 0;
  let scatter = 0;
  for (const { preview } of readings) {
    if (preview.slot !== slot || preview.count < 2) continue;
    groups++;
    count += preview.count;
    spread += preview.spread;
    covariance += preview.covariance;
    scatter += preview.scatter;
  }
  const freedom = count - groups - 1;
  if (count < MIN_DATAGRAMS || freedom < 2 || spread <= 0) return 'unknown';
  const slope = covariance / spread;
  const error = Math.sqrt(Math.max(0, scatter - slope * covariance) / freedom / spread);
  return slope > Math.max(LEAST_SLOPE, 2 * error) ? 'no room' : 'room';
}
