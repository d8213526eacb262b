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
export function windowAt(windows: SendingWindows, wallS: number): WindowState {
  const nextS = nextWindowS(windows, wallS);
  const endS = nextS - windows.everyS + windows.lastsS;
  const isOpen = wallS < endS;
  // Windows that touch are one that never ends, so their ends change nothing; whoever waits for one looks again and waits on.
  return { isOpen, changesS: isOpen ? endS : nextS };
}

/** When the first window after this moment begins, in seconds since 1970. */
export function nextWindowS({ everyS, fromS }: SendingWindows, wallS: number): number {
  return (Math.floor((wallS - fromS) / everyS) + 1) * everyS + fromS;
}

/** Whether two are the same. */
export function sameWindows(a: SendingWindows | undefined, b: SendingWindows | undefined): boolean {
  return a?.everyS === b?.everyS && a?.lastsS === b?.lastsS && a?.fromS === b?.fromS;
}
