import { DEGREE_BOUNDS, V0, V1, V2, V3 } from '../tables/random.js';

/** RFC 6330, section 5.3.5.1: a pseudo-random whole number below `bound`, chosen by `seed` (32 bits) and `salt` (8 bits). */
export function random(seed: number, salt: number, bound: number): number {
  const drawn =
    V0[(seed + salt) & 255]! ^
    V1[((seed >>> 8) + salt) & 255]! ^
    V2[((seed >>> 16) + salt) & 255]! ^
    V3[((seed >>> 24) + salt) & 255]!;
  // The remainder, twice as fast as `%` on numbers of 32 bits. It is exact: the fraction of a quotient is 0 or at least 1/bound,
  // and the error of the quotient is below 2^32 / bound · 2^-53.
  const unsigned = drawn >>> 0;
  return unsigned - Math.floor(unsigned / bound) * bound;
}

/** RFC 6330, section 5.3.5.2: how many of `ltCount` symbols are added up to one symbol, for a random number of 20 bits. */
export function degreeOf(draw: number, ltCount: number): number {
  let degree = 1;
  while (draw >= DEGREE_BOUNDS[degree]!) degree++;
  return Math.min(degree, ltCount - 2);
}
