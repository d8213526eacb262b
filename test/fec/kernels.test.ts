import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eliminate } from '../../dist/fec/kernels/elimination.js';
import { PortableKernel } from '../../dist/fec/kernels/portable.js';
import { type Program, symbolRow } from '../../dist/fec/kernels/program.js';
import { simdKernel } from '../../dist/fec/kernels/simd.js';
import { ProgramWriter } from './program-writer.js';
import { times } from './reference.js';
import { randomBytes, randomFrom } from './samples.js';

const WORK_ROWS = 30;
const SYMBOLS = 60;

/**
 * A program that copies the first symbols to working rows, runs all kinds of instructions with rows of both kinds, and copies
 * the working rows back. `apply` does the same to the symbols, byte by byte.
 */
function randomProgram(seed: number): { program: Program; apply: (symbols: Uint8Array[]) => void } {
  const random = randomFrom(seed);
  const below = (bound: number) => Math.floor(bound * random());
  const anyRow = () => (random() < 0.5 ? below(WORK_ROWS) : symbolRow(below(SYMBOLS)));
  const writer = new ProgramWriter();
  const steps: ((at: (row: number) => Uint8Array) => void)[] = [];
  const appendSum = (target: number, rows: readonly number[]) => {
    writer.sum(target);
    for (const row of rows) writer.operand(row);
    steps.push((at) => at(target).set(at(target).map((_, b) => rows.reduce((sum, row) => sum ^ at(row)[b]!, 0))));
  };
  const appendCombination = (target: number, terms: readonly (readonly [row: number, coefficient: number])[]) => {
    writer.combine(target);
    for (const [row, coefficient] of terms) writer.term(row, coefficient);
    const combined = (at: (row: number) => Uint8Array, b: number) =>
      terms.reduce((sum, [row, coefficient]) => sum ^ times(coefficient, at(row)[b]!), 0);
    steps.push((at) => at(target).set(at(target).map((_, b) => combined(at, b))));
  };
  for (let row = 0; row < WORK_ROWS; row++) appendSum(row, [symbolRow(row)]);
  for (let i = 0; i < 12; i++) {
    const rows = Array.from({ length: below(8) }, anyRow);
    if (random() < 0.5) appendSum(anyRow(), rows);
    else
      appendCombination(
        anyRow(),
        rows.map((row) => [row, below(256)] as const),
      );
  }
  const pairs = Array.from({ length: 10 }, () => [below(6), below(6)] as const);
  writer.checks(
    20,
    pairs.map(([a, b]) => a | (b << 16)),
  );
  steps.push((at) => {
    for (let b = 0; b < at(0).length; b++) {
      let sum = 0;
      for (const [j, [first, second]] of pairs.entries()) {
        sum = times(2, sum) ^ at(j)[b]!;
        at(21 + first)[b]! ^= sum;
        at(21 + second)[b]! ^= sum;
      }
      at(20)[b] = times(2, sum) ^ at(10)[b]!;
    }
  });
  for (let row = 0; row < WORK_ROWS; row++) appendSum(symbolRow(row), [row]);
  const apply = (symbols: Uint8Array[]) => {
    const work = Array.from({ length: WORK_ROWS }, () => new Uint8Array(symbols[0]!.length));
    for (const step of steps) step((row) => (row < 0 ? symbols[symbolRow(row)]! : work[row]!));
  };
  return { program: writer.program(), apply };
}

describe.each([
  ['simd', simdKernel],
  ['portable', () => new PortableKernel()],
])('the %s kernel', (name, make) => {
  const kernel = make()!;

  it('has its name', () => {
    expect(kernel.name).toBe(name);
  });

  it('runs all instructions right, for any length of row', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, units) => {
        const stride = 32 * units;
        const { program, apply } = randomProgram(seed);
        const before = randomBytes(SYMBOLS * stride, seed);
        const expected = Array.from({ length: SYMBOLS }, (_, i) => before.slice(i * stride, (i + 1) * stride));
        apply(expected);
        const table = kernel.open({ program, symbolRowCount: SYMBOLS, workRowCount: WORK_ROWS }, stride);
        table.set(before);
        kernel.run();
        expect(Buffer.compare(table, Buffer.concat(expected))).toBe(0);
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it('runs another program over the rows of the one before', () => {
    const one = new ProgramWriter();
    one.sum(symbolRow(2));
    one.operand(symbolRow(0));
    one.operand(symbolRow(1));
    const table = kernel.open({ program: one.program(), symbolRowCount: 3, workRowCount: 0 }, 32);
    table.set(randomBytes(96, 1));
    const [first, second] = [table.slice(0, 32), table.slice(32, 64)];
    kernel.run();
    const sum = table.slice(64, 96);
    expect(sum).toEqual(first.map((byte, i) => byte ^ second[i]!));
    const other = new ProgramWriter();
    other.sum(symbolRow(0));
    other.operand(symbolRow(2));
    kernel.run(other.program());
    expect(table.slice(0, 32)).toEqual(sum);
    expect(table.slice(32, 96)).toEqual(new Uint8Array([...second, ...sum]));
  });

  it('multiplies every pair of elements right', () => {
    const writer = new ProgramWriter();
    for (let coefficient = 0; coefficient < 256; coefficient++) {
      writer.combine(symbolRow(1 + coefficient));
      writer.term(symbolRow(0), coefficient);
    }
    const table = kernel.open({ program: writer.program(), symbolRowCount: 257, workRowCount: 0 }, 256);
    for (let value = 0; value < 256; value++) table[value] = value;
    kernel.run();
    for (let coefficient = 0; coefficient < 256; coefficient++) {
      const expected = Uint8Array.from({ length: 256 }, (_, value) => times(coefficient, value));
      expect(table.slice((1 + coefficient) * 256, (2 + coefficient) * 256)).toEqual(expected);
    }
  });

  it('eliminates like the plain code, and reports dependent columns', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 30 }), fc.boolean(), (seed, columnCount, isSingular) => {
        const rowCount = columnCount + (seed & 3);
        const width = 16 * Math.ceil((columnCount + rowCount) / 16);
        const matrix = randomBytes(rowCount * width, seed);
        const last = columnCount - 1;
        for (let row = 0; isSingular && row < rowCount; row++) {
          matrix[row * width + last] = last === 0 ? 0 : times(7, matrix[row * width]!);
        }
        const expected = matrix.slice();
        const possible = eliminate(expected, width, columnCount);
        expect(kernel.eliminate(matrix, width, columnCount)).toBe(possible);
        if (isSingular) expect(possible).toBe(false);
        if (possible) expect(matrix).toEqual(expected);
      }),
      { numRuns: 100, seed: 4 },
    );
  });
});

describe('an engine', () => {
  it('without SIMD encodes and decodes to the same bytes', () => {
    const script = (setup: string) => `
      ${setup}
      const { BlockEncoder, solveBlock } = await import(${JSON.stringify(new URL('../../dist/fec/index.js', import.meta.url))});
      const { kernel } = await import(${JSON.stringify(new URL('../../dist/fec/kernels/thread-kernel.js', import.meta.url))});
      const source = Uint8Array.from({ length: 300 * 50 }, (_, i) => (i * i) >> 3);
      const encoder = BlockEncoder.fromSource(source, 50);
      const symbols = new Uint8Array(310 * 50);
      const { createHash } = await import('node:crypto');
      const hash = createHash('sha256').update(encoder.intermediate);
      for (const first of [295, 5]) {
        encoder.encodeRun(first, 310, symbols);
        hash.update(symbols);
        const [block, spare] = [symbols.subarray(0, 300 * 50), symbols.subarray(300 * 50)];
        const esis = Int32Array.from({ length: 310 }, (_, row) => first + row);
        hash.update(String(solveBlock({ block, spare, esis }, 50))).update(block);
      }
      console.log(kernel().name, hash.digest('hex'));`;
    const run = (setup: string) =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script(setup)], { encoding: 'utf8' })
        .trim()
        .split(' ');
    const [simd, withSimd] = run('');
    const [portable, without] = run('WebAssembly.validate = () => false;');
    expect([simd, portable]).toEqual(['simd', 'portable']);
    expect(without).toBe(withSimd);
  });

  it('without WebAssembly is refused with a way out', () => {
    const script = `
      const { BlockEncoder } = await import(${JSON.stringify(new URL('../../dist/fec/index.js', import.meta.url))});
      try {
        BlockEncoder.fromSource(new Uint8Array(100), 10);
      } catch ({ code, hint }) {
        console.log(code, hint);
      }`;
    const told = execFileSync(process.execPath, ['--jitless', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(told).toBe('FEC_INVALID run Node with its compiler\n');
  });
});
