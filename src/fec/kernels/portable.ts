import { eliminate } from './elimination.js';
import { multiply } from './gf256.js';
import type { Kernel } from './kernel.js';
import { COMBINE, type Plan, type Program, SUM } from './program.js';

/**
 * Gives the same results as the SIMD kernel, in plain TypeScript, four bytes at a time where no product is needed. Here a working
 * row is a whole symbol, and the table of symbols follows the working rows.
 */
export class PortableKernel implements Kernel {
  readonly name = 'portable';
  readonly eliminate = eliminate;
  /** `products[a * 256 + b]` = a times b. */
  private readonly products = Uint8Array.from({ length: 65_536 }, (_, i) => multiply(i >>> 8, i & 255));
  private program: Program = new Int32Array(0);
  private workRowCount = 0;
  private bytes = new Uint8Array(0);
  private words = new Int32Array(0);
  /** The result of an instruction, until all its operands have been read. */
  private result = new Uint8Array(0);
  private resultWords = new Int32Array(0);

  open(plan: Plan, strideBytes: number): Uint8Array {
    const sizeBytes = (plan.workRowCount + plan.symbolRowCount) * strideBytes;
    if (this.bytes.length < sizeBytes) {
      this.bytes = new Uint8Array(sizeBytes);
      this.words = new Int32Array(this.bytes.buffer);
    }
    this.program = plan.program;
    this.workRowCount = plan.workRowCount;
    this.result = new Uint8Array(strideBytes);
    this.resultWords = new Int32Array(this.result.buffer);
    return this.bytes.subarray(plan.workRowCount * strideBytes, sizeBytes);
  }

  run(program: Program = this.program): void {
    this.program = program;
    for (let at = 0; at < program.length; ) {
      const opcode = program[at]! & 3;
      const count = program[at]! >>> 2;
      const target = this.rowAt(at + 1);
      if (opcode === SUM) this.sum(at + 2, count);
      else if (opcode === COMBINE) this.combine(at + 2, count);
      else this.checks(at + 2, count, target);
      this.bytes.set(this.result, target * this.result.length);
      at += 2 + (opcode === COMBINE ? 2 * count : count);
    }
  }

  /** The row that a word of the program names, counted from the first working row. */
  private rowAt(at: number): number {
    const row = this.program[at]!;
    return row < 0 ? this.workRowCount + ~row : row;
  }

  private sum(first: number, count: number): void {
    const { resultWords, words } = this;
    resultWords.fill(0);
    for (let i = 0; i < count; i++) {
      const source = this.rowAt(first + i) * resultWords.length;
      for (let w = 0; w < resultWords.length; w++) resultWords[w]! ^= words[source + w]!;
    }
  }

  private combine(first: number, count: number): void {
    const { bytes, products, result } = this;
    result.fill(0);
    for (let i = 0; i < count; i++) {
      const source = this.rowAt(first + 2 * i) * result.length;
      const multiples = this.program[first + 2 * i + 1]! * 256;
      for (let b = 0; b < result.length; b++) result[b]! ^= products[multiples + bytes[source + b]!]!;
    }
  }

  private checks(first: number, count: number, target: number): void {
    const { resultWords, words } = this;
    const width = resultWords.length;
    resultWords.fill(0);
    for (let row = 0; row <= count; row++) {
      for (let w = 0; w < width; w++) resultWords[w] = doubled(resultWords[w]!) ^ words[row * width + w]!;
      if (row === count) return;
      const pair = this.program[first + row]!;
      this.addResult(target + 1 + (pair & 0xffff));
      this.addResult(target + 1 + (pair >>> 16));
    }
  }

  private addResult(row: number): void {
    const { resultWords, words } = this;
    const target = row * resultWords.length;
    for (let w = 0; w < resultWords.length; w++) words[target + w]! ^= resultWords[w]!;
  }
}

/** Four elements of GF(256) times 2: a bit that is shifted out of an element comes back as x^4 + x^3 + x^2 + 1. */
function doubled(elements: number): number {
  const overflow = (elements >>> 7) & 0x01010101;
  return ((elements << 1) & 0xfefefefe) ^ (overflow * 0x1d);
}
