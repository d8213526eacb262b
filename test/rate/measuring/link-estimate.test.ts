import { describe, expect, it } from 'vitest';
import { LinkEstimate } from '../../../dist/rate/measuring/link-estimate.js';
import { sumsOf } from '../../../dist/rate/measuring/readings.js';
import { reading } from '../readings.js';

/** Trains of so many Mbit/s in the slots from 0, one each half second. */
function addTrains(link: LinkEstimate, megabits: readonly number[], fromSlot = 0): void {
  for (const [i, rate] of megabits.entries()) {
    const slot = fromSlot + i;
    link.note(slot * 0.5e6, sumsOf([reading({ slot }), reading({ slot, trainBitsPerSecond: rate * 1e6 })]));
  }
}

describe('the estimate of the slowest link', () => {
  it('excludes nothing while no train has come', () => {
    const link = new LinkEstimate();
    expect([link.capacityBitsPerSecond, link.leastShareBitsPerSecond]).toEqual([undefined, undefined]);
    expect([link.mostBitsPerSecond, link.believedBitsPerSecond(0)]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('is shared with other traffic at the most that arrived in a slot of the last minute, while no train has come', () => {
    const link = new LinkEstimate();
    link.arrived(0, 5e6);
    link.arrived(1e6, 3e6);
    expect([link.arrivedBitsPerSecond, link.sharedBitsPerSecond]).toEqual([5e6, 5e6]);
    link.arrived(61e6, 2e6);
    expect(link.sharedBitsPerSecond).toBe(2e6);
    addTrains(link, [9, 10, 11], 122);
    expect(link.sharedBitsPerSecond).toBe(10e6);
    link.forgetTrains();
    expect(link.arrivedBitsPerSecond).toBe(0);
  });

  it('is the rate of trains, less what other paths carry through the same link; the least is that of the slowest train', () => {
    const link = new LinkEstimate();
    addTrains(link, [9, 10, 11]);
    link.setOthers(4e6);
    expect([
      link.capacityBitsPerSecond,
      link.leastShareBitsPerSecond,
      link.mostBitsPerSecond,
      link.believedBitsPerSecond(2e6),
    ]).toEqual([10e6, 5e6, 11e6, 6e6]);
    link.setOthers(40e6);
    expect([link.leastShareBitsPerSecond, link.mostBitsPerSecond, link.believedBitsPerSecond(2e6)]).toEqual([
      0, 11e6, 0,
    ]);
  });

  it('gives the slowest train of the last three slots', () => {
    const link = new LinkEstimate();
    expect(link.recentShareBitsPerSecond).toBe(Number.POSITIVE_INFINITY);
    addTrains(link, [9, 12, 11, 12]);
    link.setOthers(4e6);
    expect([link.leastShareBitsPerSecond, link.recentShareBitsPerSecond]).toEqual([5e6, 7e6]);
  });

  it('is believed only below a failed rate for a minute, where trains showed up to a third more', () => {
    const link = new LinkEstimate();
    addTrains(link, [10, 10, 10]);
    link.failed(2e6, 8e6);
    expect(link.hasLied).toBe(false);
    expect(link.believedBitsPerSecond(61.9e6)).toBeLessThan(8e6);
    expect(link.believedBitsPerSecond(62.1e6)).toBe(10e6);
  });

  it('is believed only below a failed rate for a minute, also where trains are heard only after the failure', () => {
    const link = new LinkEstimate();
    link.failed(2e6, 8e6);
    addTrains(link, [10, 10, 10], 5);
    expect(link.believedBitsPerSecond(4e6)).toBeLessThan(8e6);
    expect(link.believedBitsPerSecond(62.1e6)).toBe(10e6);
  });

  it('is believed at once when other traffic caused the failure', () => {
    const link = new LinkEstimate();
    addTrains(link, [10, 10, 10]);
    link.failed(2e6, 8e6);
    expect(link.believedBitsPerSecond(3e6)).toBeLessThan(8e6);
    link.forgive();
    expect(link.believedBitsPerSecond(3e6)).toBe(10e6);
  });

  it('is believed at once when a level as fast as the failed rate has been held', () => {
    const link = new LinkEstimate();
    addTrains(link, [10, 10, 10]);
    link.failed(2e6, 8e6);
    link.held(7.9e6);
    expect(link.believedBitsPerSecond(3e6)).toBeLessThan(8e6);
    link.held(8e6);
    expect(link.believedBitsPerSecond(3e6)).toBe(10e6);
  });

  it('is believed again when all trains of four seconds show a third more than the slowest since the failure', () => {
    const link = new LinkEstimate();
    addTrains(link, [10, 10, 10]);
    link.failed(2e6, 8e6);
    addTrains(link, Array(8).fill(12), 4);
    expect(link.believedBitsPerSecond(8e6)).toBeLessThan(8e6);
    // Trains that are read late seem fast.
    addTrains(link, [40, 14, 40, 14, 40, 14, 40], 12);
    expect(link.believedBitsPerSecond(11.5e6)).toBeLessThan(8e6);
    addTrains(link, [14], 19);
    expect(link.believedBitsPerSecond(12e6)).toBe(14e6);
  });

  it('says nothing once a rate has failed although all trains had passed at far more', () => {
    const link = new LinkEstimate();
    addTrains(link, [10, 10, 10]);
    expect([link.hasLied, link.ceilingBitsPerSecond]).toEqual([false, Number.POSITIVE_INFINITY]);
    link.carried(4e6);
    // What was carried bounds nothing while trains are believed.
    expect([link.ceilingBitsPerSecond, link.believedBitsPerSecond(1e6)]).toEqual([Number.POSITIVE_INFINITY, 10e6]);
    link.failed(2e6, 5e6);
    expect([link.hasLied, link.ceilingBitsPerSecond, link.believedBitsPerSecond(3e6)]).toEqual([true, 4e6, 4e6]);
    // For people, the capacity is that of the whole link; a retreat forgets trains, but not what arrived.
    link.setOthers(1e6);
    link.forgetTrains();
    expect([link.estimate(3e6), link.capacityBitsPerSecond, new LinkEstimate().estimate(3e6)]).toEqual([
      5e6,
      undefined,
      undefined,
    ]);
    link.setOthers(0);
    // It stays so: a bucket is the same bucket a minute later.
    expect(link.believedBitsPerSecond(100e6)).toBe(4e6);
    addTrains(link, Array(8).fill(50), 300);
    expect(link.believedBitsPerSecond(155e6)).toBe(4e6);
  });

  it('is bounded by what the last overload carried, or by a faster level that held since', () => {
    const link = new LinkEstimate();
    addTrains(link, [10, 10, 10]);
    link.failed(2e6, 5e6);
    link.carried(4e6);
    link.held(3e6);
    expect(link.ceilingBitsPerSecond).toBe(4e6);
    link.held(6e6);
    expect(link.ceilingBitsPerSecond).toBe(6e6);
    link.carried(3.5e6);
    expect([link.ceilingBitsPerSecond, link.believedBitsPerSecond(3e6)]).toEqual([3.5e6, 3.5e6]);
    // Where trains are slower than that, they count.
    addTrains(link, Array(8).fill(2), 10);
    expect(link.believedBitsPerSecond(9e6)).toBe(2e6);
  });

  it('is at least what trains through a queue show, because the rest may be other traffic that fills it', () => {
    const link = new LinkEstimate();
    addTrains(link, [10, 10, 10]);
    link.failed(2e6, 5e6);
    link.carried(2e6);
    expect(link.believedBitsPerSecond(3e6)).toBe(2e6);
    for (const slot of [10, 11]) link.note(slot * 0.5e6, sumsOf([reading({ slot, trainBitsPerSecond: 4e6 })]), true);
    expect([link.believedBitsPerSecond(6e6), link.leastShareBitsPerSecond]).toEqual([4e6, 4e6]);
    link.forgetTrains();
    expect(link.believedBitsPerSecond(7e6)).toBe(2e6);
  });

  it('is the most that an overload has carried, once other traffic is known to have taken a part of what arrived', () => {
    const link = new LinkEstimate();
    addTrains(link, [10, 10, 10]);
    link.failed(2e6, 5e6);
    link.carried(4e6);
    link.carried(1e6);
    expect(link.believedBitsPerSecond(3e6)).toBe(1e6);
    link.forgive();
    expect(link.believedBitsPerSecond(3e6)).toBe(4e6);
  });

  it('does not believe trains through a queue that are as fast as those without, as where a link sends in bursts', () => {
    const link = new LinkEstimate();
    addTrains(link, [10, 10, 10]);
    link.failed(2e6, 5e6);
    link.carried(2e6);
    // A retreat forgets the trains, and not how fast they were.
    link.forgetTrains();
    for (const slot of [10, 11]) link.note(slot * 0.5e6, sumsOf([reading({ slot, trainBitsPerSecond: 9e6 })]), true);
    expect(link.believedBitsPerSecond(6e6)).toBe(2e6);
  });

  it('knows rates that trains pass at far more than, if two or more without a queue show it', () => {
    const link = new LinkEstimate();
    expect(link.passesTrains(1)).toBe(false);
    addTrains(link, [10]);
    expect(link.passesTrains(1e6)).toBe(false);
    addTrains(link, [12], 1);
    expect([link.passesTrains(7.6e6), link.passesTrains(7.7e6)]).toEqual([true, false]);
    // Behind a queue trains are as slow as the link, but the bucket has no tokens then.
    for (const slot of [2, 3]) link.note(slot * 0.5e6, sumsOf([reading({ slot, trainBitsPerSecond: 5e6 })]), true);
    expect([link.passesTrains(7.6e6), link.leastShareBitsPerSecond]).toEqual([true, 5e6]);
    addTrains(link, [5], 4);
    expect(link.passesTrains(7.6e6)).toBe(false);
    link.forgetTrains();
    expect(link.passesTrains(1)).toBe(false);
  });

  it('takes the word of whoever knew the trains before a failure, because a retreat forgets them', () => {
    const [one, other] = [new LinkEstimate(), new LinkEstimate()];
    one.failed(2e6, 5e6, true);
    expect(one.hasLied).toBe(true);
    addTrains(other, [10, 10, 10]);
    other.failed(2e6, 5e6, false);
    expect([other.hasLied, other.believedBitsPerSecond(3e6)]).toEqual([false, 0.99 * 5e6]);
  });

  it('shows the link also where the ladder ends a little below it, and not where trains pass much faster than the ladder', () => {
    const link = new LinkEstimate();
    expect(link.isUnshown(1e6)).toBe(false);
    addTrains(link, [10, 10, 10]);
    expect([12e6, 9.8e6, 8e6, 7.5e6].map((top) => link.isUnshown(top))).toEqual([false, false, false, true]);
  });

  it('is forgotten when the path may have changed, and when no train has come for half a minute', () => {
    const link = new LinkEstimate();
    addTrains(link, [10]);
    link.forgetTrains();
    expect(link.capacityBitsPerSecond).toBeUndefined();
    addTrains(link, [10], 1);
    link.note(29e6, sumsOf([reading()]));
    expect(link.capacityBitsPerSecond).toBe(10e6);
    link.note(31e6, sumsOf([reading()]));
    expect(link.capacityBitsPerSecond).toBeUndefined();
  });
});
