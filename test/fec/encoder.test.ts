import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MAX_ESI } from '../../dist/base/limits.js';
import { blockCode, internalId } from '../../dist/fec/code.js';
import { BlockEncoder, LoadedBlock, openKernelBlock, RunEncoder } from '../../dist/fec/index.js';
import * as tables from '../../dist/fec/tables/systematic.js';
import { combination, hdpcRows, ldpcRows, ltSymbols, symbolOf } from './reference.js';
import { pick, randomBytes, randomFrom } from './samples.js';

const { PADDED_SYMBOL_COUNTS } = tables;

describe('the RFC’s table', () => {
  it('has no other number than when each of its rows gave the source symbols back', () => {
    const text = Object.entries(tables).map(([name, column]) => `${name} ${column}\n`);
    const digest = createHash('sha256').update(text.join('')).digest('hex');
    expect(digest).toBe('65fdb740357bcb5fd69e8cd4116467138cd062e50513a5e59c65119bd2ffa85d');
  });
});

describe('BlockEncoder', () => {
  it.each([1, 2, 9, 10, 11, 18, 26, 101, 205, 511])(
    'solves the equations of RFC 6330 for a block of %i symbols',
    (sourceCount) => {
      const symbolBytes = 3;
      const source = randomBytes(sourceCount * symbolBytes, sourceCount);
      const { code, intermediate } = BlockEncoder.fromSource(source, symbolBytes);
      const zero = new Uint8Array(symbolBytes);
      for (const row of [...ldpcRows(code), ...hdpcRows(code)]) {
        expect(combination(row, intermediate, symbolBytes)).toEqual(zero);
      }
      for (let id = 0; id < code.paddedCount; id++) {
        const row = new Uint8Array(code.intermediateCount);
        for (const column of ltSymbols(code, id)) row[column]! ^= 1;
        const expected = id < sourceCount ? source.subarray(id * symbolBytes, (id + 1) * symbolBytes) : zero;
        expect(combination(row, intermediate, symbolBytes)).toEqual(expected);
      }
    },
  );

  it('gives the source symbols back for every row of the RFC’s table up to 1000, and for one in thirty above', () => {
    const rows = [...PADDED_SYMBOL_COUNTS].filter((count, row) => count < 1000 || row % 30 === 476 % 30);
    for (const sourceCount of rows) {
      const source = randomBytes(2 * sourceCount, sourceCount);
      const encoder = BlockEncoder.fromSource(source, 2);
      const made = new Uint8Array(source.length);
      encoder.encodeRun(0, sourceCount, made);
      expect(Buffer.compare(made, source), `K = ${sourceCount}`).toBe(0);
    }
  });

  it('makes the symbol that the RFC defines for any ESI up to the last', () => {
    const random = randomFrom(7);
    for (const sourceCount of [1, 10, 11, 97, 1000]) {
      const encoder = BlockEncoder.fromSource(randomBytes(sourceCount * 5, 1), 5);
      for (const esi of [0, sourceCount - 1, sourceCount, MAX_ESI, ...pick(50, MAX_ESI, random)]) {
        const symbol = new Uint8Array(5);
        encoder.encode(esi, symbol);
        expect(symbol).toEqual(symbolOf(encoder.code, encoder.intermediate, 5, esi));
      }
    }
  });

  it.each([1, 15, 16, 31, 32, 33, 100, 127, 160, 512, 1024, 1184, 1280, 4000])(
    'makes the same of symbols of %i bytes as of their single bytes',
    (symbolBytes) => {
      const sourceCount = 13;
      const source = randomBytes(sourceCount * symbolBytes, 3);
      const encoder = BlockEncoder.fromSource(source, symbolBytes);
      const symbol = new Uint8Array(symbolBytes);
      encoder.encode(500, symbol);
      for (const position of [0, symbolBytes >> 1, symbolBytes - 1]) {
        const column = Uint8Array.from({ length: sourceCount }, (_, i) => source[i * symbolBytes + position]!);
        const byte = new Uint8Array(1);
        BlockEncoder.fromSource(column, 1).encode(500, byte);
        expect(symbol[position]).toBe(byte[0]);
      }
    },
  );

  it('works in slices when symbols are so long that the table would be large', () => {
    const [sourceCount, symbolBytes] = [1000, 40_000];
    const source = randomBytes(sourceCount, 5);
    const long = new Uint8Array(sourceCount * symbolBytes);
    for (let i = 0; i < sourceCount; i++) long.fill(source[i]!, i * symbolBytes, (i + 1) * symbolBytes);
    const symbol = new Uint8Array(symbolBytes);
    BlockEncoder.fromSource(long, symbolBytes).encode(1234, symbol);
    const byte = new Uint8Array(1);
    BlockEncoder.fromSource(source, 1).encode(1234, byte);
    expect(symbol.every((value) => value === byte[0])).toBe(true);
  });

  it('makes the same symbols in a run as one by one', () => {
    const encoder = BlockEncoder.fromSource(randomBytes(100 * 48, 1), 48);
    const run = new Uint8Array(40 * 48);
    encoder.encodeRun(80, 40, run);
    for (let i = 0; i < 40; i++) {
      const symbol = new Uint8Array(48);
      encoder.encode(80 + i, symbol);
      expect(run.subarray(i * 48, (i + 1) * 48)).toEqual(symbol);
    }
  });

  it('fills a short last symbol up with zeros', () => {
    const source = randomBytes(995, 9);
    const padded = new Uint8Array(1000);
    padded.set(source);
    expect(BlockEncoder.fromSource(source, 100).intermediate).toEqual(
      BlockEncoder.fromSource(padded, 100).intermediate,
    );
  });

  it('makes all symbols from the intermediate symbols alone', () => {
    const encoder = BlockEncoder.fromSource(randomBytes(50 * 20, 4), 20);
    const again = BlockEncoder.fromIntermediate(50, 20, encoder.intermediate.slice());
    const [one, other] = [new Uint8Array(2000), new Uint8Array(2000)];
    encoder.encodeRun(0, 100, one);
    again.encodeRun(0, 100, other);
    expect(other).toEqual(one);
  });

  it.each([
    [1, 7],
    [300, 48],
    [300, 512],
    [1000, 40_000],
  ])('solves a block of %i symbols of %i bytes in the kernel to the same as elsewhere', (sourceCount, symbolBytes) => {
    const source = Buffer.alloc(sourceCount * symbolBytes, randomBytes(40_001, 6));
    const { intermediate } = BlockEncoder.fromSource(source, symbolBytes);
    const { rows, strideBytes, solve } = openKernelBlock(sourceCount, symbolBytes);
    rows.fill(0xff);
    for (let i = 0; i < sourceCount; i++) {
      rows.set(source.subarray(i * symbolBytes, (i + 1) * symbolBytes), i * strideBytes);
    }
    solve();
    expect(rows.length).toBe((intermediate.length / symbolBytes) * strideBytes);
    for (let i = 0; i * symbolBytes < intermediate.length; i++) {
      const expected = intermediate.subarray(i * symbolBytes, (i + 1) * symbolBytes);
      expect(Buffer.compare(rows.subarray(i * strideBytes, i * strideBytes + symbolBytes), expected)).toBe(0);
    }
  });

  it('makes the same symbols of one loaded block after the other, whatever their lengths', () => {
    const loaded = new LoadedBlock();
    for (const [sourceCount, symbolBytes] of [
      [30, 64],
      [300, 33],
      [7, 512],
      [2000, 16],
    ] as const) {
      const source = randomBytes(sourceCount * symbolBytes, sourceCount);
      const encoder = BlockEncoder.fromSource(source, symbolBytes);
      const { rows, strideBytes } = loaded.open(sourceCount, symbolBytes);
      rows.fill(0xff);
      for (let i = 0; i < encoder.code.intermediateCount; i++) {
        rows.set(encoder.intermediate.subarray(i * symbolBytes, (i + 1) * symbolBytes), i * strideBytes);
      }
      for (const count of [1, 6, loaded.pieceCount]) {
        const expected = new Uint8Array(count * symbolBytes);
        encoder.encodeRun(sourceCount - 1, count, expected);
        expect(Buffer.compare(loaded.encode(sourceCount - 1, count), expected)).toBe(0);
      }
    }
  });

  it.each([
    [9, 150, 20],
    // So many symbols that the table is processed in slices.
    [600, 10, 65_535],
  ])(
    'makes %i symbols of a block of %i from rows of %i bytes fetched one by one',
    (count, sourceCount, symbolBytes) => {
      const encoder = BlockEncoder.fromSource(randomBytes(sourceCount * symbolBytes, 8), symbolBytes);
      const runs = new RunEncoder(sourceCount, symbolBytes);
      const rows = new Set<number>();
      const strideBytes = symbolBytes + 48;
      const one = new Uint8Array(count * symbolBytes);
      const other = new Uint8Array((count - 1) * strideBytes + symbolBytes);
      const spread = (symbols: Uint8Array) => {
        const into = new Uint8Array(other.length).fill(0xa5);
        for (let i = 0; i < count; i++) {
          into.set(symbols.subarray(i * symbolBytes, (i + 1) * symbolBytes), i * strideBytes);
        }
        return into;
      };
      for (const firstEsi of [0, sourceCount - 3, 70_000]) {
        rows.clear();
        encoder.encodeRun(firstEsi, count, one);
        other.fill(0xa5);
        runs.encode(firstEsi, count, other, strideBytes, (row, offset, into) => {
          rows.add(row);
          const start = row * symbolBytes + offset;
          into.set(encoder.intermediate.subarray(start, start + into.length));
        });
        expect(Buffer.compare(other, spread(one))).toBe(0);
        expect(rows.size).toBeLessThan(9 * 15);
      }
    },
  );

  it('refuses blocks, symbols and ranges that the code does not have', () => {
    const invalid = expect.objectContaining({ code: 'FEC_INVALID' });
    expect(() => BlockEncoder.fromSource(new Uint8Array(0), 10)).toThrow(invalid);
    expect(() => BlockEncoder.fromSource(new Uint8Array(56_404), 1)).toThrow(invalid);
    for (const symbolBytes of [0, -1, 1.5, Number.NaN, 65_536, 2 ** 40]) {
      expect(() => BlockEncoder.fromSource(new Uint8Array(10), symbolBytes)).toThrow(invalid);
    }
    expect(() => BlockEncoder.fromIntermediate(10, 10, new Uint8Array(269))).toThrow(invalid);
    const encoder = BlockEncoder.fromSource(randomBytes(100, 1), 10);
    expect(() => encoder.encode(MAX_ESI + 1, new Uint8Array(10))).toThrow(invalid);
    expect(() => encoder.encode(-1, new Uint8Array(10))).toThrow(invalid);
    expect(() => encoder.encode(0.5, new Uint8Array(10))).toThrow(invalid);
    expect(() => encoder.encodeRun(MAX_ESI, 2, new Uint8Array(20))).toThrow(invalid);
    expect(() => encoder.encodeRun(0, -1, new Uint8Array(20))).toThrow(invalid);
    expect(() => encoder.encode(0, new Uint8Array(9))).toThrow(invalid);
  });
});

describe('blockCode', () => {
  it('pads to the next size of the table, and numbers repair symbols after the padding', () => {
    const code = blockCode(1024);
    expect(code).toMatchObject({ paddedCount: 1032, ldpcCount: 59, hdpcCount: 10, ltCount: 1051 });
    expect(code.intermediateCount).toBe(1032 + 59 + 10);
    expect(internalId(code, 1023)).toBe(1023);
    expect(internalId(code, 1024)).toBe(1032);
  });

  it('has W prime, P1 the next prime from P, and room for the dense checks, in every row of the table', () => {
    for (const count of PADDED_SYMBOL_COUNTS) {
      const { hdpcCount, ltCount, permanentCount, permanentPrime } = blockCode(count);
      expect(divisor(ltCount)).toBe(ltCount);
      expect(divisor(permanentPrime)).toBe(permanentPrime);
      for (let between = permanentCount; between < permanentPrime; between++) {
        expect(divisor(between)).toBeLessThan(between);
      }
      expect(permanentCount).toBeGreaterThanOrEqual(hdpcCount);
    }
  });
});

/** The smallest divisor above 1. */
function divisor(value: number): number {
  for (let candidate = 2; candidate * candidate <= value; candidate++) if (value % candidate === 0) return candidate;
  return value;
}
