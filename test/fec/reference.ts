import { type BlockCode, internalId } from '../../dist/fec/code.js';
import { V0, V1, V2, V3 } from '../../dist/fec/tables/random.js';

/**
 * RFC 6330 as its text reads, with dense matrices and loops over bytes: slow, and easy to compare with the RFC. It uses
 * only the tables of the code under test and the sizes that come straight from the tables.
 */
const DEGREES = [
  0, 5243, 529531, 704294, 791675, 844104, 879057, 904023, 922747, 937311, 948962, 958494, 966438, 973160, 978921,
  983914, 988283, 992138, 995565, 998631, 1001391, 1003887, 1006157, 1008229, 1010129, 1011876, 1013490, 1014983,
  1016370, 1017662, 1048576,
];

/** Multiplication in GF(256) bit by bit, modulo x^8 + x^4 + x^3 + x^2 + 1. */
export function times(a: number, b: number): number {
  let product = 0;
  let shifted = a;
  for (let bit = 0; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= shifted;
    shifted <<= 1;
    if (shifted > 255) shifted ^= 0x11d;
  }
  return product;
}

/** Section 5.3.5.1. */
export function rand(y: number, i: number, m: number): number {
  const byte = (n: number) => Math.floor(y / 2 ** (8 * n)) % 256;
  const tables = [V0, V1, V2, V3];
  const drawn = tables.reduce((sum, table, n) => sum ^ BigInt(table[(byte(n) + i) % 256]!), 0n);
  return Number(drawn % BigInt(m));
}

/** Sections 5.3.5.3 and 5.3.5.4: the intermediate symbols whose sum is symbol X of the padded block. */
export function ltSymbols(code: BlockCode, x: number): number[] {
  const { ltCount: W, permanentCount: P, permanentPrime: P1, systematicIndex: J } = code;
  let A = 53591 + J * 997;
  if (A % 2 === 0) A++;
  const B = 10267 * (J + 1);
  const y = Number((BigInt(B) + BigInt(x) * BigInt(A)) % 2n ** 32n);
  const v = rand(y, 0, 2 ** 20);
  const d = Math.min(
    DEGREES.findIndex((bound) => v < bound),
    W - 2,
  );
  const a = 1 + rand(y, 1, W - 1);
  let b = rand(y, 2, W);
  const d1 = d < 4 ? 2 + rand(x, 3, 2) : 2;
  const a1 = 1 + rand(x, 4, P1 - 1);
  let b1 = rand(x, 5, P1);
  const symbols = [b];
  for (let j = 1; j < d; j++) {
    b = (b + a) % W;
    symbols.push(b);
  }
  while (b1 >= P) b1 = (b1 + a1) % P1;
  symbols.push(W + b1);
  for (let j = 1; j < d1; j++) {
    b1 = (b1 + a1) % P1;
    while (b1 >= P) b1 = (b1 + a1) % P1;
    symbols.push(W + b1);
  }
  return symbols;
}

/** The symbol with this ESI, from the intermediate symbols. */
export function symbolOf(code: BlockCode, intermediate: Uint8Array, symbolBytes: number, esi: number): Uint8Array {
  const sum = new Uint8Array(symbolBytes);
  for (const row of ltSymbols(code, internalId(code, esi))) {
    for (let i = 0; i < symbolBytes; i++) sum[i]! ^= intermediate[row * symbolBytes + i]!;
  }
  return sum;
}

/** Section 5.3.3.3, the first S rows of the matrix A. */
export function ldpcRows(code: BlockCode): Uint8Array[] {
  const { intermediateCount: L, ldpcCount: S, ltCount: W, permanentCount: P } = code;
  const rows = Array.from({ length: S }, () => new Uint8Array(L));
  const B = W - S;
  for (let i = 0; i < B; i++) {
    const a = 1 + Math.floor(i / S);
    let b = i % S;
    for (let n = 0; n < 3; n++) {
      rows[b]![i]! ^= 1;
      b = (b + a) % S;
    }
  }
  for (let i = 0; i < S; i++) {
    rows[i]![B + i]! ^= 1;
    rows[i]![W + (i % P)]! ^= 1;
    rows[i]![W + ((i + 1) % P)]! ^= 1;
  }
  return rows;
}

/** Section 5.3.3.3, the next H rows: MT times GAMMA, beside a unit matrix. */
export function hdpcRows(code: BlockCode): Uint8Array[] {
  const { hdpcCount: H, intermediateCount: L, ldpcCount: S, paddedCount } = code;
  const width = paddedCount + S;
  const mt = Array.from({ length: H }, () => new Uint8Array(width));
  for (let j = 0; j < width - 1; j++) {
    const first = rand(j + 1, 6, H);
    mt[first]![j] = 1;
    mt[(first + rand(j + 1, 7, H - 1) + 1) % H]![j] = 1;
  }
  const powers = [1];
  for (let i = 1; i < width; i++) powers.push(times(powers[i - 1]!, 2));
  for (let i = 0; i < H; i++) mt[i]![width - 1] = powers[i]!;
  return mt.map((row, h) => {
    const result = new Uint8Array(L);
    for (let j = 0; j < width; j++) {
      for (let i = j; i < width; i++) if (row[i] !== 0) result[j]! ^= times(row[i]!, powers[i - j]!);
    }
    result[width + h] = 1;
    return result;
  });
}

/** Sum of coefficient times symbol over all symbols. */
export function combination(row: Uint8Array, symbols: Uint8Array, symbolBytes: number): Uint8Array {
  const sum = new Uint8Array(symbolBytes);
  for (let j = 0; j < row.length; j++) {
    if (row[j] === 0) continue;
    for (let i = 0; i < symbolBytes; i++) sum[i]! ^= times(row[j]!, symbols[j * symbolBytes + i]!);
  }
  return sum;
}
