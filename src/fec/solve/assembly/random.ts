// The pseudo-random choices of RFC 6330.

const TABLE_BYTES: usize = 256 * 4;
/** V0 to V3 of section 5.5, then the bounds of degrees (section 5.3.5.2), in words. The host writes them here. */
export const RANDOM_TABLES: usize = memory.data(4 * 256 * 4 + 31 * 4, 16);
const DEGREE_BOUNDS: usize = RANDOM_TABLES + 4 * TABLE_BYTES;

/** Section 5.3.5.1: a pseudo-random whole number below `bound`, chosen by `seed` (32 bits) and `salt` (8 bits). */
export function random(seed: u32, salt: u32, bound: u32): u32 {
  const drawn = entry(0, seed + salt) ^ entry(1, (seed >> 8) + salt) ^ entry(2, (seed >> 16) + salt);
  return (drawn ^ entry(3, (seed >> 24) + salt)) % bound;
}

function entry(table: usize, index: u32): u32 {
  return load<u32>(RANDOM_TABLES + table * TABLE_BYTES + ((<usize>index & 255) << 2));
}

/** Section 5.3.5.2: how many of `ltCount` symbols are added up to one symbol, for a random number of 20 bits. */
export function degreeOf(draw: u32, ltCount: i32): i32 {
  let degree = 1;
  while (draw >= load<u32>(DEGREE_BOUNDS + ((<usize>degree) << 2))) degree++;
  return min<i32>(degree, ltCount - 2);
}
