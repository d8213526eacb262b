import { expect, it } from 'vitest';
import { rangesOf } from '../../../dist/cli/display/index-ranges.js';

it.each([
  [[], ''],
  [[3], '3'],
  [[0, 1], '0, 1'],
  [[2, 0, 1], '0–2'],
  [[0, 1, 2, 3, 7, 9, 10, 11, 9], '0–3, 7, 9–11'],
])('writes %j as %j', (indexes, text) => {
  expect(rangesOf(indexes)).toBe(text);
});
