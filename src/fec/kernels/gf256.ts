/** RFC 6330, section 5.7.2: GF(256) with the polynomial x^8 + x^4 + x^3 + x^2 + 1, in which 2 generates all but zero. */
const POLYNOMIAL = 0x11d;

/** `EXP[i]` = 2^i, for i up to 509, so that two logarithms can be added without a remainder. */
const EXP = new Uint8Array(510);
/** `LOG[EXP[i]]` = i for i < 255; zero has no logarithm, and `LOG[0]` is not used. */
export const LOG = new Uint8Array(256);

for (let i = 0, power = 1; i < 255; i++) {
  EXP[i] = power;
  EXP[i + 255] = power;
  LOG[power] = i;
  power = power << 1 < 256 ? power << 1 : (power << 1) ^ POLYNOMIAL;
}

export function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : EXP[LOG[a]! + LOG[b]!]!;
}

/** The element whose product with `a` is 1; `a` is not zero. */
export function inverse(a: number): number {
  return EXP[255 - LOG[a]!]!;
}
