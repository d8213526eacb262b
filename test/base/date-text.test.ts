import { expect, it } from 'vitest';
import { dateText } from '../../dist/base/date-text.js';

it('is a date, also of a time that no date can have', () => {
  expect(dateText(1_800_000_000)).toBe('2027-01-15T08:00:00.000Z');
  expect(dateText(2 ** 48 - 1)).toBe('281474976710655 s after 1970');
});
