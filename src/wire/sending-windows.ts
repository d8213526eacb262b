/**
 * When servers send an object, if not always: in windows that come again and again, by the clock of the day. Window n lasts from
 * `fromS + n · everyS` for `lastsS`, in seconds since 1970-01-01T00:00Z, so `everyS` of a day counts days of UTC.
 */
export interface SendingWindows {
  readonly everyS: number;
  readonly lastsS: number;
  /** Less than `everyS`. */
  readonly fromS: number;
}

/** Bounds of `everyS`: less than a minute would be a lower rate, more than a year is no schedule. */
export const MIN_EVERY_S = 60;
export const MAX_EVERY_S = 366 * 86_400;

/** Where a moment lies. */
export interface WindowState {
  readonly isOpen: boolean;
  /** When that changes next, in seconds since 1970. */
  readonly changesS: number;
}

/** @param wallS seconds since 1970, and may be a fraction */
export function windowAt({ everyS, lastsS, fromS }: SendingWindows, wallS: number): WindowState {
  const beganS = Math.floor((wallS - fromS) / everyS) * everyS + fromS;
  const isOpen = wallS < beganS + lastsS;
  // Windows that touch are one that never ends, so their ends change nothing; whoever waits for one looks again and waits on.
  return { isOpen, changesS: beganS + (isOpen ? lastsS : everyS) };
}

/** Whether two are the same. */
export function sameWindows(a: SendingWindows | undefined, b: SendingWindows | undefined): boolean {
  return a?.everyS === b?.everyS && a?.lastsS === b?.lastsS && a?.fromS === b?.fromS;
}
