import { IP_AND_UDP_BYTES } from '../../base/limits.js';

/**
 * Default bound for a server's announcements, in bit/s. It is enough for 40 objects of eight channels a second, each on the fleet's
 * group and on the directory's. A server then announces a thousand such objects every 25 s (`layercast plan`), less than the 30 s
 * that a receiver waits for the first announcement.
 */
export const DEFAULT_ANNOUNCE_RATE = 256_000;

export interface AnnouncePace {
  /** The server announces each object once in this time, as far as the rate allows. */
  readonly intervalUs: number;
  /** Bound for the announcements of one server on all its announcement channels together. Counts whole IPv6 packets. */
  readonly rateBitsPerSecond: number;
}

/** Bytes of the IPv6 packet that carries a datagram. */
export function packetBytes(datagramBytes: number): number {
  return datagramBytes + IP_AND_UDP_BYTES;
}

/**
 * The time in which a server announces every object once on its fleet's announcement channel: the interval, or more if the rate is
 * too low for that.
 *
 * @param roundBytes bytes of the packets that announce every object once
 * @param slowdowns those of the server's announcement channels. On a channel of slowdown 3, a round takes three times as long.
 */
export function announceRoundUs(pace: AnnouncePace, roundBytes: number, slowdowns: readonly number[]): number {
  return Math.max(pace.intervalUs, leastUs(pace, roundBytes, slowdowns));
}

/** The time that the rate alone requires for packets of `bytes` on the fleet's announcement channel. */
export function leastUs(pace: AnnouncePace, bytes: number, slowdowns: readonly number[]): number {
  const share = slowdowns.reduce((sum, slowdown) => sum + 1 / slowdown, 0);
  return (bytes * 8e6 * share) / pace.rateBitsPerSecond;
}
