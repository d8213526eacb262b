/** What is known of a transfer that is to begin. */
export interface Demand {
  /** The rate of the highest level of its ladder, bit/s. */
  readonly topBitsPerSecond: number;
  /** The rate of its lowest channel, bit/s. */
  readonly lowestBitsPerSecond: number;
}

/**
 * The rate that a new transfer may join beside those under way, bit/s: what is left of the limit, but no more than its ladder has.
 * Undefined without a limit; 0 when it has to wait, because not even its lowest channel fits.
 *
 * @param grantedBitsPerSecond what the transfers under way may join
 */
export function rateShare(
  limitBitsPerSecond: number | undefined,
  grantedBitsPerSecond: readonly number[],
  { topBitsPerSecond, lowestBitsPerSecond }: Demand,
): number | undefined {
  if (limitBitsPerSecond === undefined) return undefined;
  const left = limitBitsPerSecond - grantedBitsPerSecond.reduce((sum, one) => sum + one, 0);
  // Alone, an object gets all, even if its lowest channel is faster: a receiver then joins that channel all the same.
  if (grantedBitsPerSecond.length > 0 && left < lowestBitsPerSecond) return 0;
  return Math.min(left, Math.max(topBitsPerSecond, lowestBitsPerSecond));
}
