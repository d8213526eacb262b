/** How long to wait before something that failed is tried again. */
export interface BackOffTimes {
  /** After the first failure. */
  readonly firstUs: number;
  /** The longest wait. */
  readonly mostUs: number;
}

/** Waits differ by at most this share, so that devices that failed together do not come back together. */
const JITTER_RATIO = 0.2;

/** The wait after so many failures in a row, before chance: it doubles with each, up to the longest. @param failureCount from 1 */
export function doubledUs({ firstUs, mostUs }: BackOffTimes, failureCount: number): number {
  return Math.min(mostUs, firstUs * 2 ** Math.min(failureCount - 1, 40));
}

/**
 * The same with chance.
 *
 * @param random from 0 to 1
 * @param jitterRatio how far waits differ at most
 */
export function backOffUs(
  times: BackOffTimes,
  failureCount: number,
  random: number,
  jitterRatio = JITTER_RATIO,
): number {
  return Math.round(doubledUs(times, failureCount) * (1 + jitterRatio * (2 * random - 1)));
}
