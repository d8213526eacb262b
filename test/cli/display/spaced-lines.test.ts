import { expect, it } from 'vitest';
import { SpacedLines } from '../../../dist/cli/display/spaced-lines.js';

it('lines about one thing come at least the gap apart, the first at once, whatever others say', () => {
  const lines = new SpacedLines(10_000);
  const due = (what: string, atMs: readonly number[]) => atMs.filter((nowMs) => lines.takeDue(what, nowMs));
  expect(due('hashing a', [5, 1000, 10_004, 10_005, 19_000, 30_000])).toEqual([5, 10_005, 30_000]);
  expect(due('encoding a', [30_001, 30_002])).toEqual([30_001]);
});

it('the first one is due after the gap if that is wanted', () => {
  const lines = new SpacedLines(10_000, false);
  expect([5, 10_004, 10_005, 20_004, 20_005].filter((nowMs) => lines.takeDue('a', nowMs))).toEqual([10_005, 20_005]);
});
