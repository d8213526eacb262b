/** Most kernel memory for datagrams on their way to the interface: 2 MB is 10 ms at 1.6 Gbit/s. The system may allow less. */
export const SEND_BUFFER_BYTES = 2 * 2 ** 20;
/** Two trains and some datagrams more fit, also on channels of a few datagrams a second. */
const LEAST_BYTES = 32 * 1024;
/** What waits in this host for a link that is too slow is older than this soon, and what is a quarter of a second late is skipped (src/rate/ladder/pacer.ts). */
const WAIT_SECONDS = 0.1;

/**
 * Kernel memory for datagrams of a channel of this rate. With 2 MB, a channel of 1 Mbit/s whose link carries less would send what it made 16 s
 * ago, and never learn that it is too fast.
 *
 * @param rateBitsPerSecond undefined if it is not known
 */
export function sendBufferBytes(rateBitsPerSecond: number | undefined): number {
  if (rateBitsPerSecond === undefined) return SEND_BUFFER_BYTES;
  return Math.round(Math.min(SEND_BUFFER_BYTES, Math.max(LEAST_BYTES, (rateBitsPerSecond / 8) * WAIT_SECONDS)));
}
