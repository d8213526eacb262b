import { describe, expect, it } from 'vitest';
import { Prng } from '../../../dist/simulate/random/prng.js';

/** xoshiro128** 1.1 as in its authors' C, in BigInt. */
function* reference(state: readonly number[]): Generator<number> {
  let [s0, s1, s2, s3] = state.map(BigInt) as [bigint, bigint, bigint, bigint];
  const word = (value: bigint) => value & 0xffff_ffffn;
  const rotl = (value: bigint, by: bigint) => word((value << by) | (value >> (32n - by)));
  for (;;) {
    yield Number(word(rotl(word(s1 * 5n), 7n) * 9n));
    const t = word(s1 << 9n);
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotl(s3, 11n);
  }
}

describe('the random numbers of a simulation', () => {
  it('are those of xoshiro128**', async () => {
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256').update('a seed').digest();
    const expected = reference([0, 4, 8, 12].map((at) => hash.readUInt32LE(at)));
    const prng = new Prng('a seed');
    for (let i = 0; i < 1000; i++) expect(prng.next()).toBe(expected.next().value);
  });

  it('are the same for the same seed and others for another, or for another part', () => {
    const first = (prng: Prng) => Array.from({ length: 8 }, () => prng.next());
    expect(first(new Prng(7))).toEqual(first(new Prng('7')));
    expect(first(new Prng(7).fork('a'))).toEqual(first(new Prng(7).fork('a')));
    const firsts = [new Prng(7), new Prng(8), new Prng(7).fork('a'), new Prng(7).fork('b')].map((p) => first(p).join());
    expect(new Set(firsts).size).toBe(4);
  });

  it('are spread evenly, and things happen as often as they should', () => {
    const prng = new Prng('spread');
    const buckets = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) buckets[prng.below(10)]!++;
    // Six standard deviations of a bucket of 10,000 are 570.
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(570);
    let count = 0;
    for (let i = 0; i < 100_000; i++) if (prng.happens(0.03)) count++;
    expect(Math.abs(count - 3000)).toBeLessThan(330);
  });

  it('are not drawn for what is certain', () => {
    const [one, other] = [new Prng('x'), new Prng('x')];
    expect([one.happens(0), one.happens(1)]).toEqual([false, true]);
    expect(one.next()).toBe(other.next());
  });

  it('fill bytes to the last, whatever their number', () => {
    const all = new Prng('fill').fill(new Uint8Array(16));
    expect(Buffer.from(new Prng('fill').fill(new Uint8Array(7)))).toEqual(Buffer.from(all.subarray(0, 7)));
    expect(new Set(all).size).toBeGreaterThan(10);
  });
});
