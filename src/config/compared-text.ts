import { DURATION, formatQuantity, RATIO, rateText } from '../base/units.js';

/** Endings of names, the longest first, and how such a number is written. */
const UNITS: readonly (readonly [ending: string, write: (value: number) => string])[] = [
  ['BitsPerSecond', rateText],
  ['Ratio', (share) => formatQuantity(RATIO, share, 3)],
  ['Count', String],
  ['Ms', (ms) => formatQuantity(DURATION, Math.round(ms * 1000), 3)],
];

/**
 * The numbers that a decision compared, for people: `loss 12 %, most loss 5 %` for `lossRatio` and `mostLossRatio`.
 *
 * @param compared as in the events `join` and `leave`: names end with their units
 */
export function comparedText(compared: Readonly<Record<string, number>>): string {
  return Object.entries(compared)
    .map(([name, value]) => {
      const [ending, write] = UNITS.find(([unit]) => name.endsWith(unit)) ?? ['', String];
      const number = value < 0 ? `−${write(-value)}` : write(value);
      return `${wordsOf(name.slice(0, name.length - ending.length))} ${number}`.trim();
    })
    .join(', ');
}

/** `mostLoss` as `most loss`. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
