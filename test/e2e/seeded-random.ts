import { randomInt } from 'node:crypto';

/** Numbers from 0 to 1, the same for the same seed. A test prints its seed; LAYERCAST_TEST_SEED sets it. */
export function seededRandom(seed = Number(process.env.LAYERCAST_TEST_SEED ?? randomInt(2 ** 31))) {
  let state = seed >>> 0;
  /** mulberry32 (public domain, Tommy Ettinger). */
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { seed, random };
}
