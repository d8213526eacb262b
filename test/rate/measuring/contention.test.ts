import { describe, expect, it } from 'vitest';
import { Contention } from '../../../dist/rate/measuring/contention.js';

const TICK_US = 50_000;
const ROUND_TRIP_US = 100_000;
const RATE = 2e6;
const quiet = { queueUs: 0, lostCount: 0, bitsPerSecond: RATE, roundTripUs: ROUND_TRIP_US, packetsUs: 0 };
const slot = {
  isQueued: true,
  arrivedBitsPerSecond: 5e6,
  capacityBitsPerSecond: 10e6,
  mostArrivedBitsPerSecond: 0,
  bitsPerSecond: RATE,
  roundTripUs: ROUND_TRIP_US,
  leaveLatencyUs: 1.9e6,
};
/** In a row: what another receiver's trial and leave take, 4.9 s. */
const SLOTS_TO_BELIEVE = 10;

/** Hands over queues, one a reading, and says when the last came. */
function pass(contention: Contention, queuesUs: readonly number[], fromUs = 0, lostCount = 0): number {
  for (const [i, queueUs] of queuesUs.entries()) contention.add(fromUs + i * TICK_US, { ...quiet, queueUs, lostCount });
  return fromUs + (queuesUs.length - 1) * TICK_US;
}

/** From `from` ms to `to` ms in equal steps. */
function ramp(from: number, to: number, count = 20): number[] {
  return Array.from({ length: count }, (_, i) => (from + ((to - from) * i) / (count - 1)) * 1000);
}

function fairAt(contention: Contention, nowUs: number, capacityBitsPerSecond = Number.POSITIVE_INFINITY): number {
  return contention.fairBitsPerSecond(nowUs, { roundTripUs: ROUND_TRIP_US, capacityBitsPerSecond });
}

describe('other traffic on the path', () => {
  it('is not assumed without signs, and then does not limit the rate', () => {
    const contention = new Contention();
    const atUs = pass(contention, [...ramp(0, 15), ...ramp(15, 0)]);
    expect(contention.isOn(atUs)).toBe(false);
    expect(fairAt(contention, atUs)).toBe(Number.POSITIVE_INFINITY);
  });

  it('shows by a queue that rises and falls again and again while our rate is steady; our rate is fair to begin with', () => {
    const contention = new Contention();
    contention.judge(0, { ...slot, isQueued: false });
    let atUs = 0;
    for (let waves = 1; waves <= 7; waves++) {
      atUs = pass(contention, [...ramp(0, 80), ...ramp(80, 30, 5)], atUs);
      // One rises and falls with another receiver's trial, too.
      expect(contention.isOn(atUs)).toBe(waves === 7);
    }
    // The wave is an event, too: 0.7 of what we had, and a little growth since.
    expect(fairAt(contention, atUs)).toBeGreaterThan(0.69 * RATE);
    expect(fairAt(contention, atUs)).toBeLessThan(RATE);
  });

  it('does not show by a queue that only rises, or by one that we changed ourselves', () => {
    const rising = new Contention();
    expect(rising.isOn(pass(rising, ramp(0, 300, 100)))).toBe(false);
    const disturbed = new Contention();
    const atUs = pass(disturbed, ramp(0, 80));
    disturbed.rateChanged();
    expect(disturbed.isOn(pass(disturbed, ramp(80, 10), atUs))).toBe(false);
  });

  it('shows by a queue while less than the capacity arrives, for longer than a trial and a leave; not by capacity alone', () => {
    const contention = new Contention();
    contention.judge(0, { ...slot, isQueued: false });
    expect(contention.isOn(0)).toBe(false);
    contention.judge(0, { ...slot, capacityBitsPerSecond: undefined });
    expect(contention.isOn(0)).toBe(false);
    for (let i = 1; i < SLOTS_TO_BELIEVE; i++) contention.judge(i * 0.5e6, slot);
    expect(contention.isOn(4.5e6)).toBe(false);
    contention.judge(5e6, slot);
    expect(contention.isOn(5e6)).toBe(true);
    expect(fairAt(contention, 5e6)).toBe(RATE);
  });

  it('shows where nothing measures the capacity by a queue while less arrives than once did', () => {
    const unknown = { ...slot, capacityBitsPerSecond: undefined, arrivedBitsPerSecond: 5e6 };
    for (const [mostArrivedBitsPerSecond, isOn] of [
      [6e6, true],
      [5.2e6, false],
    ] as const) {
      const contention = new Contention();
      for (let i = 1; i <= SLOTS_TO_BELIEVE; i++) contention.judge(i * 0.5e6, { ...unknown, mostArrivedBitsPerSecond });
      expect(contention.isOn(5e6)).toBe(isOn);
    }
  });

  it('stays where its waves showed it and nothing measures the capacity, although there is a queue', () => {
    const contention = new Contention();
    contention.judge(0, { ...slot, isQueued: false });
    let atUs = 0;
    for (let waves = 1; waves <= 7; waves++) atUs = pass(contention, [...ramp(0, 80), ...ramp(80, 30, 5)], atUs);
    contention.judge(atUs, { ...slot, capacityBitsPerSecond: undefined });
    expect(contention.isOn(atUs)).toBe(true);
  });

  it('has left when the queue turns out to be our own, and when there was no sign of it for ten seconds', () => {
    const contention = new Contention();
    for (let i = 1 - SLOTS_TO_BELIEVE; i <= 0; i++) contention.judge(i * 0.5e6, slot);
    expect(contention.isOn(0)).toBe(true);
    contention.judge(0.5e6, { ...slot, arrivedBitsPerSecond: 9.9e6 });
    expect(contention.isOn(0.5e6)).toBe(false);
    contention.judge(1e6, slot);
    contention.judge(1.5e6, slot);
    expect([contention.isOn(11.4e6), contention.isOn(11.6e6)]).toEqual([true, false]);
  });

  it('has left when there has been no queue for three seconds', () => {
    const contention = new Contention();
    for (let i = 4 - SLOTS_TO_BELIEVE; i <= 3; i++) contention.judge(i * 0.5e6, slot);
    for (let i = 4; i <= 8; i++) contention.judge(i * 0.5e6, { ...slot, isQueued: false });
    expect(contention.isOn(4e6)).toBe(true);
    contention.judge(4.5e6, { ...slot, isQueued: false });
    expect(contention.isOn(4.5e6)).toBe(false);
  });

  it('leaves us what losses leave a TCP: 0.7 for each, with losses within a round trip counted once', () => {
    const contention = new Contention();
    for (let i = 1 - SLOTS_TO_BELIEVE; i <= 0; i++) contention.judge(i * 0.5e6, slot);
    contention.add(0, { ...quiet, lostCount: 3 });
    const once = fairAt(contention, 0);
    expect(once / RATE).toBeCloseTo(0.7, 6);
    contention.add(50_000, { ...quiet, lostCount: 9 });
    expect(fairAt(contention, 50_000)).toBeGreaterThanOrEqual(once);
    // It ends a round trip after its first loss, however much shorter the queue has become.
    contention.add(95_000, { ...quiet, lostCount: 9, roundTripUs: 20_000 });
    expect(fairAt(contention, 95_000)).toBeGreaterThanOrEqual(once);
    contention.add(150_000, { ...quiet, lostCount: 1 });
    expect(fairAt(contention, 150_000) / once).toBeGreaterThan(0.69);
    expect(fairAt(contention, 150_000) / once).toBeLessThan(0.85);
  });

  it('leaves us little more than half of the path once it has been there for eight seconds', () => {
    const contention = new Contention();
    const believedUs = 5e6;
    for (let nowUs = 0.5e6; nowUs <= 30e6; nowUs += 0.5e6) {
      contention.judge(nowUs, slot);
      if (nowUs >= believedUs)
        expect(fairAt(contention, nowUs, 3e6)).toBeCloseTo(nowUs < believedUs + 8e6 ? RATE : 1.71e6, 3);
    }
    expect(fairAt(contention, 30e6, 5e6)).toBe(RATE);
  });

  it('lets us grow again with time, to no more than half above what we use', () => {
    const contention = new Contention();
    for (let nowUs = 0; nowUs < 60e6; nowUs += TICK_US) {
      if (nowUs % 1e6 === 0) contention.judge(nowUs, slot);
      contention.add(nowUs, quiet);
    }
    expect(fairAt(contention, 60e6)).toBeGreaterThan(1.4 * RATE);
    expect(fairAt(contention, 60e6)).toBeLessThanOrEqual(1.5 * RATE + (2 * 12_000 * 1e6) / ROUND_TRIP_US + 1e-6);
  });
});
