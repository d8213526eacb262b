import { PACKET_OVERHEAD_BYTES } from '../../base/limits.js';

/**
 * PKT_DELAY: the time between two datagrams of a channel at this rate, in µs, as an exact fraction. The inverse of `rateOf`.
 */
export function intervalUs(rateBitsPerSecond: number, symbolBytes: number): number {
  return (packetBits(symbolBytes) * 1e6) / rateBitsPerSecond;
}

/** Rate in bit/s of whole IPv6 packets, with one packet every `intervalUs`. */
export function rateOf(intervalUs: number, symbolBytes: number): number {
  return (packetBits(symbolBytes) * 1e6) / intervalUs;
}

/** The part of a rate that carries bytes of the object, in bit/s. */
export function payloadRateOf(rateBitsPerSecond: number, symbolBytes: number): number {
  return (rateBitsPerSecond * symbolBytes) / (symbolBytes + PACKET_OVERHEAD_BYTES);
}

/**
 * Rates of levels from `from` up to `to` bit/s, at 1, 4/3 and 5/3 times `from`, 2 · `from`, 4 · `from`, …: steps of 33, 25
 * and 20 %. A receiver can use at least three quarters of any capacity between them, and three steps double the rate.
 * Rounded to whole bit/s.
 */
export function thirdsLevels(from: number, to: number): number[] {
  const levels: number[] = [];
  for (let octave = from; octave <= to; octave *= 2) {
    levels.push(...[3, 4, 5].map((third) => Math.round((octave * third) / 3)).filter((level) => level <= to));
  }
  return levels;
}

/** The rates of layered channels whose running sums are these levels. */
export function layersOf(levels: readonly number[]): number[] {
  return levels.map((level, index) => level - (levels[index - 1] ?? 0));
}

/** The rates that the first 1, 2, … channels of a layered ladder have together: running sums. */
export function cumulativeRates(rates: readonly number[]): number[] {
  let sum = 0;
  return rates.map((rate) => {
    sum += rate;
    return sum;
  });
}

function packetBits(symbolBytes: number): number {
  return (symbolBytes + PACKET_OVERHEAD_BYTES) * 8;
}
