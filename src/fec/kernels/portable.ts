import { eliminate } from '../elimination.js';
import { multiply } from '../gf256.js';
import { COMBINE, type Program, SUM } from '../program.js';
import type { Kernel } from './kernel.js';

/** The same results as the SIMD kernel, in plain TypeScript, four bytes at a time where no product is needed. */
export function portableKernel(): Kernel {
  let program: Program = new Int32Array(0);
  let bytes = new Uint8Array(0);
  let words = new Int32Array(0);
  let stride = 0;
  return {
    name: 'portable',
    open(nextProgram: Program, rowCount: number, strideBytes: number): Uint8Array {
      program = nextProgram;
      stride = strideBytes;
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
        if (opcode === SUM) sum(words, stride / 4, program, first, count);
        else if (opcode === COMBINE) combine(bytes, stride, program, first, count);
        else checks(bytes, words, stride, program, first, count);
        at = first + (opcode === COMBINE ? 2 * count : count);
      }
    },
  };
}

function sum(words: Int32Array, width: number, program: Program, first: number, count: number): void {
  const target = program[first - 1]! * width;
  // A row that is written and also read keeps its value by being the first operand.
  let kept = false;
  for (let i = 0; i < count; i++) kept ||= program[first + i]! * width === target;
  if (!kept) words.fill(0, target, target + width);
  for (let i = 0; i < count; i++) {
    const source = program[first + i]! * width;
    if (source === target) continue;
    for (let w = 0; w < width; w++) words[target + w]! ^= words[source + w]!;
  }
}

function combine(bytes: Uint8Array, width: number, program: Program, first: number, count: number): void {
  const target = program[first - 1]! * width;
  const result = new Uint8Array(width);
  const products = new Uint8Array(256);
  for (let i = 0; i < count; i++) {
    const source = program[first + 2 * i]! * width;
    const coefficient = program[first + 2 * i + 1]!;
    for (let value = 0; value < 256; value++) products[value] = multiply(coefficient, value);
    for (let b = 0; b < width; b++) result[b]! ^= products[bytes[source + b]!]!;
  }
  bytes.set(result, target);
}

function checks(
  bytes: Uint8Array,
  words: Int32Array,
  stride: number,
  program: Program,
  first: number,
  count: number,
): void {
  const width = stride / 4;
  const sums = (program[first - 1]! + 1) * width;
  const running = new Int32Array(width);
  for (let row = 0; row <= count; row++) {
    for (let w = 0; w < width; w++) running[w] = doubled(running[w]!) ^ words[row * width + w]!;
    if (row === count) break;
    const pair = program[first + row]!;
    for (const check of [pair & 0xffff, pair >>> 16]) {
      const target = sums + check * width;
      for (let w = 0; w < width; w++) words[target + w]! ^= running[w]!;
    }
  }
  bytes.set(new Uint8Array(running.buffer), program[first - 1]! * stride);
}

/** Four elements of GF(256) times 2: what is shifted out of each comes back as x^4 + x^3 + x^2 + 1. */
function doubled(elements: number): number {
  const overflow = (elements >>> 7) & 0x01010101;
  return ((elements << 1) & 0xfefefefe) ^ (overflow * 0x1d);
}
