import type { DisciplineOptions } from './discipline/discipline-options.js';
import type { LossOptions } from './loss.js';

/** What of a link can change while it carries packets. All ratios are of packets, 0–1. */
export interface LinkSettings {
  /** Rate of the link, counting whole IPv6 packets. @default no limit, no queue */
  readonly rateBitsPerSecond?: number | undefined;
  /**
   * Size of the queue of a link with a rate, including the packet being sent. Packets that do not fit are dropped.
   * @default 64 kB
   */
  readonly queueBytes?: number | undefined;
  /** Propagation delay. @default 0 */
  readonly delayUs?: number | undefined;
  /** @default 0 */
  readonly loss?: LossOptions | undefined;
  /** Additional delay, uniform from 0 to this, so that packets overtake each other. @default 0 */
  readonly jitterUs?: number | undefined;
  /** Share of packets that have the additional delay. @default 1 */
  readonly jitterRatio?: number | undefined;
  /** Share of packets that arrive twice. @default 0 */
  readonly duplicateRatio?: number | undefined;
  /** Share of packets that arrive with flipped bits or cut short. @default 0 */
  readonly damageRatio?: number | undefined;
}

/** One direction of a link. */
export interface LinkOptions extends LinkSettings {
  /**
   * How packets are served. Needs a rate, but for a trace.
   * @default one after the other at the link's rate, from one queue
   */
  readonly discipline?: DisciplineOptions | undefined;
}

/** The queue of a small router. */
export const DEFAULT_QUEUE_BYTES = 65_536;
/** Room for one full packet of Ethernet: with less, a link would carry nothing at all. */
export const LEAST_QUEUE_BYTES = 1500;

/** What happened to the packets of one direction of a link. */
export interface LinkCounts {
  carriedCount: number;
  carriedBytes: number;
  lostCount: number;
  /** Dropped by the link: because the queue was full, for want of tokens, or to keep the queue short. */
  overflowCount: number;
}
