import { LayercastError } from '../../dist/base/errors.js';

const bitsOf: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 };

/** @example parseRate('2Mbit') === 2e6 */
export function parseRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(bit|kbit|Mbit|Gbit)$/.exec(text);
  const rate = match === null ? 0 : Number(match[1]) * (bitsOf[match[2] ?? ''] ?? Number.NaN);
  // The kernel counts bytes in a second.
  if (rate >= 8 && rate <= 100e9) return rate;
  throw new LayercastError('USAGE', `"${text}" is no rate`, {
    hint: 'a number and bit, kbit, Mbit or Gbit, from 8bit to 100Gbit: 2.5Mbit',
  });
}

/** @example parseRatio('5%') === 0.05 */
export function parseRatio(text: string): number {
  const ratio = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]) / 100;
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new LayercastError('USAGE', `"${text}" is no share`, { hint: 'a percentage from 0% to 100%' });
}

/** @example parseBytes('16kB') === 16_000 */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(B|kB|MB)$/.exec(text);
  if (match !== null) return Number(match[1]) * (match[2] === 'MB' ? 1e6 : match[2] === 'kB' ? 1e3 : 1);
  throw new LayercastError('USAGE', `"${text}" is no size`, { hint: 'a number and B, kB or MB: 16kB' });
}

/** @example parseMs('102.4ms') === 102.4 */
export function parseMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
  if (match !== null) return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
  throw new LayercastError('USAGE', `"${text}" is no time`, { hint: 'a number and ms or s: 102.4ms' });
}

/** Splits `r1=2Mbit` into the host and the text after `=`. */
export function parseAssignment(text: string): readonly [host: string, amount: string] {
  const [host, amount, ...rest] = text.split('=');
  if (host && amount && rest.length === 0) return [host, amount];
  throw new LayercastError('USAGE', `"${text}" names no host and amount`, { hint: 'HOST=AMOUNT: r1=2Mbit, r1=5%' });
}
