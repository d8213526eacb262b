import { describe, expect, it } from 'vitest';
import { blockOf, firstSymbolOf, geometryOf, symbolLength, symbolOffset } from '../../dist/object/geometry.js';
import { vectorsOf } from './vectors.js';

const vectors =
  vectorsOf<
    readonly {
      readonly what: string;
      readonly sizeBytes: number;
      readonly symbolBytes: number;
      readonly blockCount: number;
      readonly symbolCount: number;
      readonly longBlockCount: number;
      readonly longBlockSymbolCount: number;
      readonly symbols: readonly {
        readonly symbol: number;
        readonly block: number;
        readonly esi: number;
        readonly offset: number;
        readonly length: number;
      }[];
    }[]
  >('partition');

describe('the place of a symbol in its object', () => {
  it.each(vectors)('is as in the vectors: $what', ({ what: _what, symbols, ...numbers }) => {
    const geometry = geometryOf(numbers.sizeBytes, numbers.symbolBytes, numbers.blockCount);
    expect(geometry).toEqual(numbers);
    for (const { symbol, block, esi, offset, length } of symbols) {
      expect(blockOf(geometry, symbol)).toBe(block);
      expect(symbol - firstSymbolOf(geometry, block)).toBe(esi);
      expect(symbolOffset(geometry, symbol)).toBe(offset);
      expect(symbolLength(geometry, symbol)).toBe(length);
    }
  });
});
