import { expect, test } from 'vitest';
import { OutageWatch } from '../../../dist/rate/measuring/outage-watch.js';

/** Times of arrival, in seconds, at which an outage has ended; each datagram was sent `delayS` before. */
function endsOf(times: readonly number[], delayS: (atS: number) => number = () => 0): readonly number[] {
  const watch = new OutageWatch();
  let endedUs = watch.endedUs;
  return times.filter((atS) => {
    watch.heard(atS * 1e6, ((atS - delayS(atS)) * 1e6) >>> 0);
    const hasEnded = watch.endedUs !== endedUs;
    endedUs = watch.endedUs;
    return hasEnded;
  });
}

function every(stepS: number, fromS: number, untilS: number): number[] {
  return Array.from({ length: Math.round((untilS - fromS) / stepS) }, (_, i) => fromS + i * stepS);
}

test('an outage is a silence of more than a tenth of a second, and ends with the first datagram', () => {
  expect(endsOf([...every(0.01, 5, 8), ...every(0.01, 8.08, 9), ...every(0.01, 9.2, 12)])).toEqual([9.2]);
});

test('of a server that sends rarely an outage is a silence of more than sixteen of its gaps', () => {
  const ends = endsOf([...every(1.28, 0, 256), ...every(1.28, 272, 400), ...every(1.28, 422, 430)]);
  expect(ends.filter((atS) => atS > 30)).toEqual([422]);
});

test('a silence after which all comes that was sent meanwhile is none: a queue stood still, or the link serves in turns', () => {
  const beacons = Array.from({ length: 20 }, (_, turn) => every(0.001, 0.3 * turn, 0.3 * turn + 0.03)).flat();
  const sentS = (atS: number) => 10 * (atS - 0.3 * Math.floor(atS / 0.3 + 1e-9)) + 0.3 * Math.floor(atS / 0.3 + 1e-9);
  expect(endsOf(beacons, (atS) => atS - sentS(atS) + 0.3)).toEqual([]);
});

test('a clock of arrivals that goes back ends no outage, and clocks of servers wrap', () => {
  expect(endsOf([5, 5.09, 5.01, 5.1])).toEqual([]);
  const atS = 2 ** 32 / 1e6;
  expect(endsOf([...every(0.01, atS - 1, atS - 0.2), ...every(0.01, atS + 0.1, atS + 1)])).toEqual([atS + 0.1]);
});
