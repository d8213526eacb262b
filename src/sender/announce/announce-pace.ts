import { IP_AND_UDP_BYTES } from '../../base/limits.js';

/**
 * Most bandwidth that a server's announcements take, where nobody chose: 40 objects of eight channels a second, each on the
 * fleet's group and on the directory's. A thousand such objects are then announced every 25 s (`layercast plan`), less than the
 * 30 s that a receiver waits for the first announcement.
 */
export const DEFAULT_ANNOUNCE_RATE = 256_000;

export interface AnnouncePace {
  /** Each object is announced once in this time, as long as the rate allows it. */
  readonly intervalUs: number;
  /** Bound for the announcements of one server, on all of its announcement channels together; whole IPv6 packets. */
  readonly rateBitsPerSecond: number;
}

/** Bytes of a datagram on the network. */
export function packetBytes(datagramBytes: number): number {
  return datagramBytes + IP_AND_UDP_BYTES;
}

/**
 * The time in which a server announces everything once on its fleet's announcement channel: the interval, or more when the
 * rate is not enough for that.
 *
 * @param roundBytes packets of all announcements once
 * @param slowdowns of the server's announcement channels: on a channel of slowdown 3, a round takes three times as long
 */
export function announceRoundUs(pace: AnnouncePace, roundBytes: number, slowdowns: readonly number[]): number {
  return Math.max(pace.intervalUs, leastUs(pace, roundBytes, slowdowns));
}

/** The time between two announcements on the fleet's channel when the rate alone counts. */
export function leastUs(pace: AnnouncePace, bytes: number, slowdowns: readonly number[]): number {
  const share = slowdowns.reduce((sum, slowdown) => sum + 1 / slowdown, 0);
  return (bytes * 8e6 * share) / pace.rateBitsPerSecond;
}
