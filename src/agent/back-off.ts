/** How long to wait before something that failed is tried again. */
export interface BackOffTimes {
  /** After the first failure. */
  readonly firstUs: number;
  /** The longest wait. */
  readonly mostUs: number;
}

/** A program that said "later", or could not be started: devices decide about reboots in minutes, and about night time in hours. */
export const PROGRAM_BACK_OFF: BackOffTimes = { firstUs: 10e6, mostUs: 3600e6 };
/** A transfer that failed: a full disk or a missing folder is mended by somebody else, and looking costs little. */
export const TRANSFER_BACK_OFF: BackOffTimes = { firstUs: 5e6, mostUs: 300e6 };

/** Waits differ by at most this share, so that devices that failed together do not come back together. */
const JITTER_RATIO = 0.2;

/**
 * The wait after so many failures in a row: it doubles with each, up to the longest.
 *
 * @param random from 0 to 1
 */
export function backOffUs({ firstUs, mostUs }: BackOffTimes, failureCount: number, random: number): number {
  const us = Math.min(mostUs, firstUs * 2 ** Math.min(failureCount - 1, 40));
  return Math.round(us * (1 + JITTER_RATIO * (2 * random - 1)));
}
