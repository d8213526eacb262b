import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PortableKernel } from '../../../dist/fec/kernels/portable.js';
import { ProgramBuilder } from '../../../dist/fec/kernels/program.js';
import { appendProduct, PRODUCT_SCRATCH_ROWS } from '../../../dist/fec/solve/product.js';
import { randomBytes, randomFrom } from '../samples.js';

const STRIDE = 32;

it('multiplies a matrix of bits with symbols, whatever its size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 0, max: 90 }),
      fc.integer({ min: 0, max: 2 }),
      fc.boolean(),
      fc.integer(),
      (targetCount, sourceCount, firstWord, accumulate, seed) => {
        const random = randomFrom(seed);
        const wordsPerRow = firstWord + Math.ceil(sourceCount / 32);
        const bits = Int32Array.from({ length: targetCount * wordsPerRow }, () => Math.floor(2 ** 32 * random()));
        const targets = Array.from({ length: targetCount }, (_, i) => sourceCount + i);
        const sources = Array.from({ length: sourceCount }, (_, j) => j);
        const rowCount = sourceCount + targetCount;
        const before = randomBytes(rowCount * STRIDE, seed);
        const expected = targets.map((target, i) => {
          const sum = accumulate ? before.slice(target * STRIDE, (target + 1) * STRIDE) : new Uint8Array(STRIDE);
          for (const j of sources) {
            const word = bits[i * wordsPerRow + firstWord + (j >>> 5)]!;
            if ((word >>> (j & 31)) & 1) for (let b = 0; b < STRIDE; b++) sum[b]! ^= before[j * STRIDE + b]!;
          }
          return sum;
        });

        const builder = new ProgramBuilder();
        appendProduct(builder, { bits, wordsPerRow, firstWord }, targets, sources, accumulate, rowCount);
        const workRowCount = rowCount + PRODUCT_SCRATCH_ROWS;
        const kernel = new PortableKernel();
        // This kernel numbers symbols after working rows: with none of those, row r is symbol r.
        const plan = { program: builder.build(), symbolRowCount: workRowCount, workRowCount: 0 };
        const table = kernel.open(plan, STRIDE);
        table.set(before);
        kernel.run();
        expect(Buffer.compare(table.subarray(sourceCount * STRIDE, rowCount * STRIDE), Buffer.concat(expected))).toBe(
          0,
        );
      },
    ),
    { numRuns: 150, seed: 6 },
  );
});
