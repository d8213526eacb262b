import type { Descriptor } from '../wire/descriptor.js';
import { windowAt } from '../wire/sending-windows.js';

type Sent = Pick<Descriptor, 'schedule' | 'createdS'>;

/** Receivers listen this long before a window begins: joins take a moment, and clocks that are set by NTP differ by less. */
export const EARLY_S = 2;
/** For how long after a window's end datagrams are still waited for: queues hold less, and clocks that are set by NTP differ by less. */
const GRACE_S = 5;
/** A record is at most this much older than its date on a clock that is right (the bound of dates in signed records). */
const CREATED_MARGIN_S = 60;

/** Whether servers send the object at this moment, or are about to, by its schedule. @param wallS seconds since 1970 */
export function isOnAir(sent: Sent, wallS: number): boolean {
  const windows = windowsOf(sent, wallS);
  return windows === undefined || windowAt(windows, wallS).isOpen || windowAt(windows, wallS + EARLY_S).isOpen;
}

/** Whether servers have stopped sending for now, and what they sent has arrived. */
export function isOffAir(sent: Sent, wallS: number): boolean {
  return !isOnAir(sent, wallS) && !isOnAir(sent, wallS - GRACE_S);
}

/** When servers send the object next, in seconds since 1970; undefined if they send it now. Listen from `EARLY_S` before. */
export function onAirAgainS(sent: Sent, wallS: number): number | undefined {
  return isOnAir(sent, wallS) ? undefined : windowAt(sent.schedule!, wallS).changesS;
}

/** When `isOffAir` is true next, in seconds since 1970; undefined if it is so now, and for an object that is always sent. */
export function offAirS(sent: Sent, wallS: number): number | undefined {
  const windows = windowsOf(sent, wallS);
  if (windows === undefined || windows.lastsS + EARLY_S + GRACE_S >= windows.everyS || isOffAir(sent, wallS))
    return undefined;
  // The window that is open, has just ended, or is about to begin.
  const isNear = [wallS, wallS - GRACE_S].find((atS) => windowAt(windows, atS).isOpen);
  return windowAt(windows, isNear ?? wallS + EARLY_S).changesS + GRACE_S;
}

/**
 * The windows of an object by this clock; undefined if it is always sent. A clock that is earlier than the record is wrong, and its time of day says
 * nothing: the object is taken whenever it comes.
 */
export function windowsOf({ schedule, createdS }: Sent, wallS: number): Descriptor['schedule'] {
  return schedule === undefined || wallS < createdS - CREATED_MARGIN_S ? undefined : schedule;
}
