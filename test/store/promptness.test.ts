import { describe, expect, it } from 'vitest';
import { Promptness } from '../../dist/store/promptness.js';

describe('the promptness of a disk', () => {
  it('is not expected for so many times the length of a slow call, and is before and afterwards', () => {
    let nowMs = 1000;
    const promptness = new Promptness({ slowMs: 2, pauseFactor: 100 }, () => nowMs);
    const call = (ms: number) => {
      const beganMs = promptness.begin();
      nowMs += ms;
      promptness.end(beganMs);
    };
    expect(promptness.isExpected).toBe(true);
    call(2);
    expect(promptness.isExpected).toBe(true);
    call(3);
    expect(promptness.isExpected).toBe(false);
    nowMs += 299;
    expect(promptness.isExpected).toBe(false);
    nowMs += 1;
    expect(promptness.isExpected).toBe(true);
  });
});
