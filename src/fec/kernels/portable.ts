import { eliminate } from '../elimination.js';
import { multiply } from '../gf256.js';
import { COMBINE, type Program, SUM } from '../program.js';
import type { Kernel } from './kernel.js';

/** The same results as the SIMD kernel, in plain TypeScript, four bytes at a time where no product is needed. */
export function portableKernel(): Kernel {
  /** `products[a * 256 + b]` = a times b. */
  const products = Uint8Array.from({ length: 65_536 }, (_, i) => multiply(i >>> 8, i & 255));
  let program: Program = new Int32Array(0);
  let bytes = new Uint8Array(0);
  let words = new Int32Array(0);
  /** What an instruction writes, until it has read all operands. */
  let result = new Uint8Array(0);
  let resultWords = new Int32Array(0);
  return {
    name: 'portable',
    open(nextProgram: Program, rowCount: number, strideBytes: number): Uint8Array {
      program = nextProgram;
      result = new Uint8Array(strideBytes);
      resultWords = new Int32Array(result.buffer);
      if (bytes.length < rowCount * strideBytes) {
        bytes = new Uint8Array(rowCount * strideBytes);
        words = new Int32Array(bytes.buffer);
      }
      return bytes.subarray(0, rowCount * strideBytes);
    },
    eliminate,
    run() {
      for (let at = 0; at < program.length; ) {
        const opcode = program[at]! & 3;
        const count = program[at]! >>> 2;
        const first = at + 2;
        if (opcode === SUM) sum(words, program, first, count, resultWords);
        else if (opcode === COMBINE) combine(bytes, products, program, first, count, result);
        else checks(words, program, first, count, resultWords);
        at = first + (opcode === COMBINE ? 2 * count : count);
      }
    },
  };
}

function sum(words: Int32Array, program: Program, first: number, count: number, result: Int32Array): void {
  const width = result.length;
  result.fill(0);
  for (let i = 0; i < count; i++) {
    const source = program[first + i]! * width;
    for (let w = 0; w < width; w++) result[w]! ^= words[source + w]!;
  }
  words.set(result, program[first - 1]! * width);
}

function combine(
  bytes: Uint8Array,
  products: Uint8Array,
  program: Program,
  first: number,
  count: number,
  result: Uint8Array,
): void {
  const width = result.length;
  result.fill(0);
  for (let i = 0; i < count; i++) {
    const source = program[first + 2 * i]! * width;
    const multiples = program[first + 2 * i + 1]! * 256;
    for (let b = 0; b < width; b++) result[b]! ^= products[multiples + bytes[source + b]!]!;
  }
  bytes.set(result, program[first - 1]! * width);
}

function checks(words: Int32Array, program: Program, first: number, count: number, result: Int32Array): void {
  const width = result.length;
  const sums = (program[first - 1]! + 1) * width;
  result.fill(0);
  for (let row = 0; row <= count; row++) {
    for (let w = 0; w < width; w++) result[w] = doubled(result[w]!) ^ words[row * width + w]!;
    if (row === count) break;
    const pair = program[first + row]!;
    for (const check of [pair & 0xffff, pair >>> 16]) {
      const target = sums + check * width;
      for (let w = 0; w < width; w++) words[target + w]! ^= result[w]!;
    }
  }
  words.set(result, program[first - 1]! * width);
}

/** Four elements of GF(256) times 2: what is shifted out of each comes back as x^4 + x^3 + x^2 + 1. */
function doubled(elements: number): number {
  const overflow = (elements >>> 7) & 0x01010101;
  return ((elements << 1) & 0xfefefefe) ^ (overflow * 0x1d);
}
