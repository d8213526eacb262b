import type { Holdings } from '../../dist/object/holdings.js';
import type { ReadonlyHoldings } from '../../dist/receiver/assemble/object-store.js';

/** How many places hold their own symbol, and how many a guest. */
export function heldIn(holdings: ReadonlyHoldings): { readonly ownCount: number; readonly guestCount: number } {
  let guestCount = 0;
  for (const [, , count] of holdings.guestRuns(holdings.filled)) guestCount += count;
  return { ownCount: holdings.filled.count - guestCount, guestCount };
}

/** Guests that a journal claims: ESI by place. */
export function claimedGuests(holdings: Holdings): ReadonlyMap<number, number> {
  const runs = [...holdings.guestRuns(holdings.claimedGuests)];
  return new Map(
    runs.flatMap(([place, esi, count]) => Array.from({ length: count }, (_, i) => [place + i, esi + i] as const)),
  );
}
