import type { Rules } from '../rules.js';

/** Queues up to this length are normal. */
export function lowQueueUs({ overload }: Rules, serviceUs: number, periodUs: number): number {
  return Math.max(overload.lowQueuePeriods * periodUs, overload.lowQueueUs, overload.lowQueuePackets * serviceUs);
}

/** A queue below this shows that the path is idle now and then: it carries less than its capacity. */
export function emptyQueueUs({ overload }: Rules, serviceUs: number, periodUs: number): number {
  return Math.max(overload.emptyQueuePeriods * periodUs, overload.emptyQueueUs, 2 * serviceUs);
}
