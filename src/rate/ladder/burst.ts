/**
 * Longest time of a channel's rate that leaves at once, unless a fleet says otherwise: as much as TCP of Linux sends at once when it paces
 * (`sk_pacing_shift` of 10). At 0.5 Gbit/s that is 62 kB.
 */
export const DEFAULT_BURST_US = 1000;

/** Most datagrams that leave at once: Linux takes as many with one call (UDP_MAX_SEGMENTS of UDP_SEGMENT, at least 64). */
export const MAX_BURST_DATAGRAMS = 64;

/** How many datagrams of a channel leave at once: those of `burstUs` at the channel's rate, at least 1 and at most 64. */
export function burstCount(burstUs: number, intervalUs: number): number {
  return Math.min(MAX_BURST_DATAGRAMS, Math.max(1, Math.floor(burstUs / intervalUs + ROUNDING)));
}

/** 500 ÷ 100.00000000000001 is 5 all the same: rates are turned into intervals and back. */
const ROUNDING = 1e-9;
