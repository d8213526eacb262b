import type { CapacityTrace } from './capacity-trace.js';
import type { FqCodelOptions } from './fq-codel.js';

/** How what leaves at once is put on the wire. */
interface Wire {
  /**
   * Rate of the wire behind the discipline, at which packets that leave at once follow each other, if the link is not faster.
   * @default 1 Gbit/s
   */
  readonly lineRateBitsPerSecond?: number | undefined;
}

/** How a link serves packets, other than one after the other at its rate from one queue. */
export type DisciplineOptions =
  | (Wire & { readonly kind: 'tokenBucket'; readonly burstBytes: number })
  /** A token bucket without a queue. */
  | (Wire & { readonly kind: 'policer'; readonly burstBytes: number })
  | (Wire & { readonly kind: 'bursts'; readonly periodUs: number })
  | { readonly kind: 'beacons'; readonly periodUs: number }
  /** The trace is the capacity; the link has no rate. */
  | (Wire & { readonly kind: 'trace'; readonly trace: CapacityTrace; readonly offsetUs?: number | undefined })
  | ({ readonly kind: 'fqCodel' } & FqCodelOptions);

/** RFC 8290, section 5.2: what Linux has by default, and for Ethernet. */
export const FQ_CODEL_DEFAULTS: FqCodelOptions = {
  targetUs: 5000,
  intervalUs: 100_000,
  maxPacketBytes: 1514,
  quantumBytes: 1514,
  flowCount: 1024,
};
/** 10,240 full packets: the limit of `tc fq_codel` unless one is given. */
export const FQ_CODEL_QUEUE_BYTES = 10_240 * 1514;
