import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DURATION, formatQuantity, parseQuantity, RATE, RATIO, rateText, SIZE } from '../../dist/base/units.js';

describe('quantities', () => {
  it.each([
    [RATE, '16kbit', 16_000],
    [RATE, '1.5Mbit', 1_500_000],
    [RATE, '2 Gbit', 2e9],
    [RATE, '300bit', 300],
    [RATE, '1.5Mbit/s', 1_500_000],
    [DURATION, '250us', 250],
    [DURATION, '5ms', 5000],
    [DURATION, '1s', 1e6],
    [DURATION, '2min', 120e6],
    [DURATION, '1h', 3600e6],
    [DURATION, '30d', 30 * 86_400e6],
    [SIZE, '7B', 7],
    [SIZE, '10MB', 10_000_000],
    [SIZE, '10MiB', 10 * 2 ** 20],
    [SIZE, '1kB', 1000],
    [SIZE, '1KiB', 1024],
    [SIZE, '0.5GB', 500_000_000],
    [SIZE, '2GiB', 2 ** 31],
    [RATIO, '33%', 0.33],
    [RATIO, '12.5%', 0.125],
    [RATIO, '100%', 1],
  ])('%# %o', (kind, text, value) => {
    expect(parseQuantity(kind, text)).toBe(value);
  });

  it.each([
    [RATE, '5'],
    [RATE, '5mbit'],
    [RATE, '5ms/s'],
    [RATE, '5Mbit/s/s'],
    [DURATION, '5ms/s'],
    [RATE, '-5Mbit'],
    [RATE, '1e3Mbit'],
    [RATE, '.5Mbit'],
    [RATE, '5  Mbit'],
    [RATE, ' 5Mbit'],
    [RATE, '5Mbit\n'],
    [RATE, 'Mbit'],
    [RATE, '5ms'],
    [RATE, `${'9'.repeat(16)}bit`],
    [DURATION, '5m'],
    [SIZE, '5kb'],
    [SIZE, '5constructor'],
    [RATIO, '5'],
  ])('%# %o is refused', (kind, text) => {
    expect(parseQuantity(kind, text)).toBe(undefined);
  });

  it('are written in the largest unit, and read back to three digits', () => {
    expect(formatQuantity(RATE, 1_333_333)).toBe('1.33 Mbit');
    expect(formatQuantity(RATE, 999_999)).toBe('1 Mbit');
    expect(formatQuantity(RATE, 0)).toBe('0 bit');
    expect(formatQuantity(DURATION, 0.1)).toBe('0.1 us');
    expect(formatQuantity(DURATION, 30_720.03, 4)).toBe('30.72 ms');
    expect(formatQuantity(SIZE, 2 ** 20)).toBe('1.05 MB');
    fc.assert(
      fc.property(fc.constantFrom(RATE, DURATION, SIZE), fc.integer({ min: 1, max: 1e12 }), (kind, value) => {
        expect(parseQuantity(kind, formatQuantity(kind, value))! / value).toBeCloseTo(1, 2);
      }),
    );
  });

  it.each([
    [0, '0 bit/s'],
    [999_400, '999 kbit/s'],
    [999_600, '1 Mbit/s'],
    [237_400_000, '237 Mbit/s'],
    [1e9, '1 Gbit/s'],
    [30_720e6, '30.7 Gbit/s'],
    [Number.POSITIVE_INFINITY, 'any rate'],
  ])('say a rate of %d bit/s as %s', (bitsPerSecond, text) => {
    expect(rateText(bitsPerSecond)).toBe(text);
  });
});
