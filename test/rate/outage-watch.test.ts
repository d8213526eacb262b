import { expect, test } from 'vitest';
import { OutageWatch } from '../../dist/rate/outage-watch.js';

/** When a server is heard, in seconds, each time that an outage has ended. */
function endsOf(times: readonly number[]): readonly number[] {
  const watch = new OutageWatch();
  return times.filter((atS) => watch.heard(atS * 1e6) !== undefined);
}

function every(stepS: number, fromS: number, untilS: number): number[] {
  return Array.from({ length: Math.round((untilS - fromS) / stepS) }, (_, i) => fromS + i * stepS);
}

test('an outage is a silence of more than a second, and ends with the first datagram', () => {
  expect(endsOf([...every(0.01, 5, 8), ...every(0.01, 8.9, 9), ...every(0.01, 10.2, 12)])).toEqual([10.2]);
});

test('of a server that sends rarely an outage is a silence of more than four of its gaps', () => {
  const ends = endsOf([...every(1.28, 0, 128), ...every(1.28, 131, 160), ...every(1.28, 168, 180)]);
  expect(ends.filter((atS) => atS > 10)).toEqual([168]);
});

test('a clock of arrivals that goes back ends no outage', () => {
  expect(endsOf([5, 5.1, 5.05, 5.1])).toEqual([]);
});
