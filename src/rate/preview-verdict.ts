import type { StreamReading } from './readings.js';

/** A queue that grows by less than this share of the time cannot be told from a steady one. */
const LEAST_SLOPE = 0.02;
/** With fewer datagrams the error of the slope is not known. */
const MIN_DATAGRAMS = 6;

/** Whether a preview showed room for the next level. */
export type PreviewVerdict = 'room' | 'no room' | 'unknown';

/**
 * Whether the queue grew during the preview of the next level. The slope of delay over send time is the share by which the
 * previewed rate exceeds what the path carries.
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
