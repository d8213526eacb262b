import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PACKET_OVERHEAD_BYTES } from '../../../dist/base/limits.js';
import {
  cumulativeRates,
  intervalUs,
  layersOf,
  payloadRateOf,
  rateOf,
  thirdsLevels,
} from '../../../dist/rate/ladder/ladder.js';

describe('a rate', () => {
  it('counts whole IPv6 packets: 1184 bytes of symbol are 1280 on the wire', () => {
    expect(PACKET_OVERHEAD_BYTES).toBe(48 + 8 + 40);
    expect(intervalUs(1_024_000, 1184)).toBe(10_000);
    expect(rateOf(5000, 1184)).toBe(2_048_000);
    expect(payloadRateOf(1_280_000, 1184)).toBe(1_184_000);
  });

  it('and its interval say the same, within the last bits of a float', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 1e11 }), fc.integer({ min: 16, max: 8900 }), (rate, symbolBytes) => {
        expect(rateOf(intervalUs(rate, symbolBytes), symbolBytes) / rate).toBeCloseTo(1, 12);
      }),
    );
  });
});

describe('a ladder of thirds', () => {
  it('has levels at 1, 4/3 and 5/3 times each power of two, up to the top and with it', () => {
    expect(thirdsLevels(3e6, 12e6)).toEqual([3e6, 4e6, 5e6, 6e6, 8e6, 10e6, 12e6]);
    expect(thirdsLevels(1e6, 1.9e6)).toEqual([1_000_000, 1_333_333, 1_666_667]);
    expect(thirdsLevels(1e6, 1e6)).toEqual([1e6]);
    expect(thirdsLevels(2e6, 1e6)).toEqual([]);
  });

  it('has layers that add up to its levels', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 1e9 }), fc.integer({ min: 1, max: 1000 }), (from, factor) => {
        const levels = thirdsLevels(from, from * factor);
        expect(cumulativeRates(layersOf(levels))).toEqual(levels);
        expect(Math.min(...layersOf(levels))).toBeGreaterThan(0);
      }),
    );
  });
});
