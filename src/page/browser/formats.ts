import { DURATION, formatQuantity, SIZE } from '../../base/units.js';

export { percentOf, rateText } from '../../base/units.js';

export const sizeText = (bytes: number): string => formatQuantity(SIZE, bytes);
export const durationText = (ms: number): string => formatQuantity(DURATION, ms * 1000, 2);
export const shareText = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
export const countText = (count: number): string => count.toLocaleString('en');

/** Made once, because making it takes a hundred times as long as using it. */
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** The time of day, by the clock of the browser; of what is no time, that it is none. */
export function timeText(atMs: number): string {
  return Number.isNaN(atMs) ? 'no time' : TIME.format(atMs);
}
