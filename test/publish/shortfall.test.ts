import { describe, expect, test } from 'vitest';
import { Shortfall } from '../../dist/publish/shortfall.js';

/** Looks once a second at a server that sends 100 datagrams a second, less the share that it skips, and returns what is told and when. */
function told(
  seconds: number,
  skippedRatioAt: (second: number) => number,
): (readonly [second: number, ratio: number])[] {
  const shortfall = new Shortfall();
  const all: [number, number][] = [];
  let [sent, skipped] = [0, 0];
  for (let second = 0; second <= seconds; second++) {
    const ratio = shortfall.look(second * 1e6, { sentCount: sent, skippedCount: skipped });
    if (ratio !== undefined) all.push([second, ratio]);
    skipped += 100 * skippedRatioAt(second);
    sent += 100 * (1 - skippedRatioAt(second));
  }
  return all;
}

describe('a server that skips a sixth of its datagrams', () => {
  test('is told of once after twenty seconds, with the share that it sends', () => {
    expect(told(120, () => 1 / 6)).toEqual([[20, expect.closeTo(5 / 6)]]);
  });

  test('is told of again if it had recovered meanwhile', () => {
    const seconds = told(120, (second) => (second >= 40 && second < 60 ? 0 : 1 / 6)).map(([second]) => second);
    expect(seconds).toEqual([20, 80]);
  });
});

test('a pause of two seconds, or one datagram in forty, is not told', () => {
  expect(told(120, (second) => (second === 33 || second === 34 ? 1 : 0))).toEqual([]);
  expect(told(120, () => 1 / 40)).toEqual([]);
});

test('a host that slept for hours is not judged by the datagrams of that time', () => {
  const shortfall = new Shortfall();
  for (let second = 0; second <= 30; second++)
    shortfall.look(second * 1e6, { sentCount: 100 * second, skippedCount: 0 });
  for (let second = 10_000; second <= 10_060; second++) {
    const counted = { sentCount: 3000 + 100 * (second - 10_000), skippedCount: 997_000 };
    expect(shortfall.look(second * 1e6, counted)).toBeUndefined();
  }
});

test('counts that go down again and again, because objects are taken off the air, are not judged', () => {
  const shortfall = new Shortfall();
  for (let second = 0; second <= 60; second++) {
    const count = 50 * (second % 7);
    expect(shortfall.look(second * 1e6, { sentCount: count, skippedCount: count })).toBeUndefined();
  }
});
