import { describe, expect, it } from 'vitest';
import { automaticBlockSymbols } from '../../dist/sender/schedule/block-size.js';

describe('the block size without a setting', () => {
  it.each([
    [1, 8448],
    [8448, 8448],
    [8449, 16_384],
    [2 ** 22, 16_384],
    [2 ** 22 + 1, 20_480],
    [2 ** 32, 20_480],
  ])('grows with a coded object: of %i symbols, at most %i together', (symbolCount, expected) => {
    expect(automaticBlockSymbols('raptorq', symbolCount, 1184)).toBe(expected);
  });

  it('stays small without a code, because a block is then only the unit of verification', () => {
    for (const symbolCount of [1, 2 ** 20, 2 ** 32])
      expect(automaticBlockSymbols('none', symbolCount, 1184)).toBe(1024);
  });

  it('is at most 25 MB, however long the symbols are', () => {
    for (const symbolBytes of [16, 1184, 1221, 1440, 8900]) {
      for (const symbolCount of [1000, 2 ** 17, 2 ** 20, 2 ** 24]) {
        expect(automaticBlockSymbols('raptorq', symbolCount, symbolBytes) * symbolBytes).toBeLessThanOrEqual(25e6);
      }
    }
  });
});
