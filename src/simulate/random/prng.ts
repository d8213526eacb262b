import { createHash } from 'node:crypto';

/**
 * Seeded random numbers: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021).
 * JavaScript multiplies its 32-bit words fastest. Its state is the SHA-256 of the seed, so any text is a seed, and similar
 * seeds give unrelated numbers. Not for secrets.
 */
export class Prng {
  readonly seed: string;
  readonly #state: Uint32Array;

  constructor(seed: string | number) {
    this.seed = String(seed);
    const hash = createHash('sha256').update(this.seed).digest();
    this.#state = Uint32Array.from([0, 4, 8, 12], (at) => hash.readUInt32LE(at));
  }

  /** A separate generator for one part of a simulation, so that the numbers one part draws never change those of another. */
  fork(label: string | number): Prng {
    return new Prng(`${this.seed}/${label}`);
  }

  /** A whole number from 0 to 2^32 − 1. */
  next(): number {
    const s = this.#state;
    const s1 = s[1]!;
    const scrambled = Math.imul(rotate(Math.imul(s1, 5), 7), 9);
    s[2]! ^= s[0]!;
    s[3]! ^= s1;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= s1 << 9;
    s[3] = rotate(s[3]!, 11);
    return scrambled >>> 0;
  }

  /** A number at least 0 and less than 1, in steps of 2^-32. */
  ratio(): number {
    return this.next() / 2 ** 32;
  }

  /** A whole number from 0 to `bound` − 1; the bias is below `bound` / 2^32. */
  below(bound: number): number {
    return Math.floor(this.ratio() * bound);
  }

  /** Whether an event of this probability happens. Draws no number for probabilities of 0 and 1. */
  happens(probability: number): boolean {
    return probability > 0 && (probability >= 1 || this.ratio() < probability);
  }

  /** Fills bytes with random ones, four at a time, and returns them. */
  fill(bytes: Uint8Array): Uint8Array {
    let word = 0;
    for (let i = 0; i < bytes.length; i++) {
      word = i % 4 === 0 ? this.next() : word >>> 8;
      bytes[i] = word;
    }
    return bytes;
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
