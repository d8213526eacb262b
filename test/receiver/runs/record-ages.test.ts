import { expect, test } from 'vitest';
import { RecordAges } from '../../../dist/receiver/runs/record-ages.js';

const SECOND_US = 1_000_000;

test('calls the first record a start, and those after it of now, however late within a second they are', () => {
  const ages = new RecordAges();
  expect(ages.judge(1000, 70_000, 0)).toBe('restart');
  expect(ages.judge(1000, 20_000, 1 * SECOND_US)).toBe('now');
  expect(ages.judge(1000, 20_000 + SECOND_US, 2 * SECOND_US)).toBe('now');
});

test('calls a record that took a second longer than the quickest one sent again, and learns nothing of it', () => {
  const ages = new RecordAges();
  ages.judge(1000, 20_000, 0);
  expect(ages.judge(1000, 20_001 + SECOND_US, SECOND_US)).toBe('again');
  expect(ages.judge(1000, 20_000, 2 * SECOND_US)).toBe('now');
});

test('measures delays between two clocks across the wrap of 2^32 µs', () => {
  const ages = new RecordAges();
  ages.judge(1000, 2 ** 32 - 100, 0);
  expect(ages.judge(1000, 400, SECOND_US)).toBe('now');
  expect(ages.judge(1000, SECOND_US, SECOND_US)).toBe('again');
});

test('finds by a record that is a second quicker that those before it were sent again', () => {
  const ages = new RecordAges();
  ages.judge(1000, 5 * SECOND_US, 0);
  expect(ages.judge(1000, 20_000, SECOND_US)).toBe('unmasking');
  expect(ages.judge(1000, 5 * SECOND_US, 2 * SECOND_US)).toBe('again');
  expect(ages.judge(1000, 20_000, 3 * SECOND_US)).toBe('now');
});

test('takes a later start for a restart, whose delays are measured anew', () => {
  const ages = new RecordAges();
  ages.judge(1000, 20_000, 0);
  expect(ages.judge(2000, 9 * SECOND_US, SECOND_US)).toBe('restart');
  expect(ages.judge(2000, 9 * SECOND_US, 2 * SECOND_US)).toBe('now');
});

test('takes an earlier start for records sent again, unless none was heard for ten seconds', () => {
  const ages = new RecordAges();
  ages.judge(2000, 20_000, 0);
  expect(ages.judge(1000, 20_000, 9 * SECOND_US)).toBe('again');
  expect(ages.judge(1000, 20_000, 10 * SECOND_US)).toBe('restart');
});

test.each([-200, 200])('calls records of clocks that drift apart by %d ppm of now, for a day', (ppm) => {
  const ages = new RecordAges();
  ages.judge(1000, 4e9, 0);
  const found = new Set<string>();
  for (let nowUs = SECOND_US; nowUs < 86_400 * SECOND_US; nowUs += 9 * SECOND_US) {
    const driftUs = (nowUs * ppm) / 1e6;
    found.add(ages.judge(1000, (4e9 + driftUs + (nowUs % 700_000)) >>> 0, nowUs));
    // What somebody sends again later than all queues explain is still found.
    found.add(`later: ${ages.judge(1000, (4e9 + driftUs + 2 * SECOND_US) >>> 0, nowUs)}`);
  }
  expect([...found]).toEqual(['now', 'later: again']);
});

test('takes records for sent now again ten seconds after the clock of the server has stood still', () => {
  const ages = new RecordAges();
  ages.judge(1000, 20_000, 0);
  const ageAt = (seconds: number) => ages.judge(1000, 20_000 + 5 * SECOND_US, seconds * SECOND_US);
  expect([1, 5, 9.9, 10, 11, 12].map(ageAt)).toEqual(['again', 'again', 'again', 'now', 'now', 'now']);
});
