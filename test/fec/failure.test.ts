import { describe, expect, it } from 'vitest';
import { MAX_ESI } from '../../dist/base/limits.js';
import { blockCode } from '../../dist/fec/index.js';
import { planDecoding } from '../../dist/fec/solve/decoding-plan.js';
import { pick, randomFrom } from './samples.js';

/** How many of `trialCount` random sets of K + extra symbols do not determine the block. */
function failures(sourceCount: number, extra: number, trialCount: number, lossRatio: number): number {
  const code = blockCode(sourceCount);
  const random = randomFrom(1000 * sourceCount + extra);
  let count = 0;
  for (let trial = 0; trial < trialCount; trial++) {
    const esis = Int32Array.from({ length: sourceCount + extra }, (_, row) => (row < sourceCount ? row : -1));
    const lost = pick(Math.ceil(lossRatio * sourceCount), sourceCount, random);
    const repair = pick(lost.length + extra, MAX_ESI - sourceCount, random);
    for (let i = 0; i < repair.length; i++) esis[lost[i] ?? sourceCount + i - lost.length] = sourceCount + repair[i]!;
    if (planDecoding(code, esis) === undefined) count++;
  }
  return count;
}

describe('the chance that symbols do not determine the block', () => {
  // RFC 6330 promises 1 % with K symbols and 0.01 % with K + 1; measured over more trials in docs/erasure-code.md.
  it.each([10, 26, 101])('is below 1 % with K symbols and below 0.01 % with one more, for K = %i', (sourceCount) => {
    expect(failures(sourceCount, 0, 2000, 1)).toBeLessThan(20);
    expect(failures(sourceCount, 0, 2000, 0.3)).toBeLessThan(20);
    expect(failures(sourceCount, 1, 2000, 1)).toBeLessThan(2);
    expect(failures(sourceCount, 2, 1000, 1)).toBe(0);
  });

  it('is as low for a block of 1024 symbols', () => {
    expect(failures(1024, 0, 400, 1)).toBeLessThan(10);
    expect(failures(1024, 0, 400, 0.05)).toBeLessThan(10);
    expect(failures(1024, 1, 200, 0.5)).toBe(0);
  });
});
