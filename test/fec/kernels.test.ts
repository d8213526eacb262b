import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eliminate } from '../../dist/fec/elimination.js';
import { portableKernel } from '../../dist/fec/kernels/portable.js';
import { simdKernel } from '../../dist/fec/kernels/simd.js';
import { CHECKS, COMBINE, ProgramBuilder, SUM } from '../../dist/fec/program.js';
import { times } from './reference.js';
import { randomBytes, randomFrom } from './samples.js';

const ROWS = 40;

/** Some instructions of each kind over a table of 40 rows, and what they do to it, byte by byte. */
function randomProgram(seed: number): { program: Int32Array<ArrayBuffer>; apply: (table: Uint8Array[]) => void } {
  const random = randomFrom(seed);
  const row = () => Math.floor(ROWS * random());
  const builder = new ProgramBuilder();
  const steps: ((table: Uint8Array[]) => void)[] = [];
  for (let i = 0; i < 12; i++) {
    const target = row();
    const rows = Array.from({ length: Math.floor(8 * random()) }, row);
    if (random() < 0.5) {
      builder.begin(SUM, target);
      for (const source of rows) builder.add(source);
      steps.push((table) => {
        table[target] = table[target]!.map((_, b) => rows.reduce((sum, source) => sum ^ table[source]![b]!, 0));
      });
    } else {
      const terms = rows.map((source) => [source, Math.floor(256 * random())] as const);
      builder.begin(COMBINE, target);
      for (const [source, coefficient] of terms) builder.addScaled(source, coefficient);
      steps.push((table) => {
        table[target] = table[target]!.map((_, b) =>
          terms.reduce((sum, [source, coefficient]) => sum ^ times(coefficient, table[source]![b]!), 0),
        );
      });
    }
  }
  const pairs = Array.from({ length: 10 }, () => [Math.floor(6 * random()), Math.floor(6 * random())] as const);
  builder.checks(
    20,
    Int32Array.from(pairs, ([a, b]) => a | (b << 16)),
  );
  steps.push((table) => {
    for (let b = 0; b < table[0]!.length; b++) {
      let sum = 0;
      for (const [j, [first, second]] of pairs.entries()) {
        sum = times(2, sum) ^ table[j]![b]!;
        table[21 + first]![b]! ^= sum;
        table[21 + second]![b]! ^= sum;
      }
      table[20]![b] = times(2, sum) ^ table[10]![b]!;
    }
  });
  const apply = (table: Uint8Array[]) => {
    for (const step of steps) step(table);
  };
  return { program: builder.build(), apply };
}

describe.each([
  ['simd', simdKernel],
  ['portable', portableKernel],
])('the %s kernel', (name, make) => {
  const kernel = make()!;

  it('is what it says', () => {
    expect(kernel.name).toBe(name);
  });

  it('does what its instructions mean, for any length of row', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, units) => {
        const stride = 32 * units;
        const { program, apply } = randomProgram(seed);
        const before = randomBytes(ROWS * stride, seed);
        const expected = Array.from({ length: ROWS }, (_, r) => before.slice(r * stride, (r + 1) * stride));
        apply(expected);
        const table = kernel.open(program, ROWS, stride);
        table.set(before);
        kernel.run();
        expect(Buffer.compare(table, Buffer.concat(expected))).toBe(0);
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it('multiplies every pair of elements right', () => {
    const builder = new ProgramBuilder();
    for (let coefficient = 0; coefficient < 256; coefficient++) {
      builder.begin(COMBINE, 1 + coefficient);
      builder.addScaled(0, coefficient);
    }
    const table = kernel.open(builder.build(), 257, 256);
    for (let value = 0; value < 256; value++) table[value] = value;
    kernel.run();
    for (let coefficient = 0; coefficient < 256; coefficient++) {
      const expected = Uint8Array.from({ length: 256 }, (_, value) => times(coefficient, value));
      expect(table.slice((1 + coefficient) * 256, (2 + coefficient) * 256)).toEqual(expected);
    }
  });

  it('eliminates like the plain code, and sees when it cannot', () => {
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

describe('an engine without SIMD', () => {
  it('encodes and decodes to the same bytes', () => {
    const script = (setup: string) => `
      ${setup}
      const { BlockEncoder, BlockDecoder } = await import(${JSON.stringify(new URL('../../dist/fec/index.js', import.meta.url))});
      const { kernel } = await import(${JSON.stringify(new URL('../../dist/fec/kernels/kernel.js', import.meta.url))});
      const source = Uint8Array.from({ length: 300 * 50 }, (_, i) => (i * i) >> 3);
      const encoder = BlockEncoder.fromSource(source, 50);
      const symbols = new Uint8Array(310 * 50);
      const { createHash } = await import('node:crypto');
      const hash = createHash('sha256').update(encoder.intermediate);
      for (const first of [295, 5]) {
        const decoder = new BlockDecoder(new Uint8Array(source.length), 50);
        encoder.encodeRun(first, 310, symbols);
        for (let i = 0; i < 310; i++) decoder.add(first + i, symbols.subarray(i * 50, (i + 1) * 50));
        hash.update(String(decoder.decode())).update(decoder.block).update(symbols);
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

  it('has opcodes that fit the two bits of an instruction’s head', () => {
    expect([SUM, COMBINE, CHECKS]).toEqual([0, 1, 2]);
  });
});
