import { DURATION, formatQuantity } from '../../base/units.js';
import type { SendingWindows } from '../../wire/sending-windows.js';

/** When servers send an object, for people: `sent for 90 min every 1 d, from 02:00 UTC`. */
export function windowsText({ everyS, lastsS, fromS }: SendingWindows): string {
  const [every, lasts] = [everyS, lastsS].map((seconds) => formatQuantity(DURATION, seconds * 1e6));
  // Within a day, windows have the same times each day only if the day is a multiple of their distance.
  const isDaily = 86_400 % everyS === 0;
  const from = isDaily ? `, from ${new Date(fromS * 1000).toISOString().slice(11, 16)} UTC` : '';
  return `sent for ${lasts} every ${every}${from}`;
}
