/** `longCount` parts of `longSize`, then `shortCount` parts of `shortSize`. */
export interface Partition {
  readonly longSize: number;
  readonly shortSize: number;
  readonly longCount: number;
  readonly shortCount: number;
}

/**
 * Divides `total` symbols into `partCount` parts whose sizes differ by one at most: the function Partition[I, J] of RFC 6330,
 * section 4.4.1.2, which divides an object into blocks.
 */
export function partition(total: number, partCount: number): Partition {
  const longSize = Math.ceil(total / partCount);
  const shortSize = Math.floor(total / partCount);
  const longCount = total - shortSize * partCount;
  return { longSize, shortSize, longCount, shortCount: partCount - longCount };
}
