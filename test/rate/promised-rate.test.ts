import { describe, expect, it } from 'vitest';
import { PromisedRate } from '../../dist/rate/promised-rate.js';
import { reading } from './readings.js';

/** Trains of so many Mbit/s in the slots from 0, one each half second. */
function promise(promised: PromisedRate, megabits: readonly number[], fromSlot = 0): void {
  for (const [i, rate] of megabits.entries()) {
    const slot = fromSlot + i;
    promised.note(slot * 0.5e6, [reading({ slot }), reading({ slot, trainBitsPerSecond: rate * 1e6 })]);
  }
}

describe('the promised rate', () => {
  it('excludes nothing while no train has come', () => {
    const promised = new PromisedRate();
    expect([promised.measured, promised.share]).toEqual([undefined, undefined]);
    expect([promised.most, promised.at(0)]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it('is what trains pass at, less what comes from others through the same link; for sure, what the slowest says', () => {
    const promised = new PromisedRate();
    promise(promised, [9, 10, 11]);
    promised.setOthers(4e6);
    expect([promised.measured, promised.share, promised.most, promised.at(2e6)]).toEqual([10e6, 5e6, 11e6, 6e6]);
    promised.setOthers(40e6);
    expect([promised.share, promised.most, promised.at(2e6)]).toEqual([0, 11e6, 0]);
  });

  it('is, of the last three slots, what the slowest of them says', () => {
    const promised = new PromisedRate();
    expect(promised.recentShare).toBe(Number.POSITIVE_INFINITY);
    promise(promised, [9, 12, 11, 12]);
    promised.setOthers(4e6);
    expect([promised.share, promised.recentShare]).toEqual([5e6, 7e6]);
  });

  it('clears a rate that is far below what even the slowest train says, once in half a minute', () => {
    const promised = new PromisedRate();
    expect(promised.clears(0, 1e6)).toBe(false);
    promise(promised, [12, 10, 11]);
    expect([promised.clears(1e6, 9e6), promised.clears(1e6, 8e6), promised.clears(2e6, 8e6)]).toEqual([
      false,
      true,
      false,
    ]);
    expect([promised.clears(30.9e6, 8e6), promised.clears(31.1e6, 8e6)]).toEqual([false, true]);
  });

  it('is below what has failed for a minute, whatever trains say', () => {
    const promised = new PromisedRate();
    promise(promised, [10, 10, 10]);
    promised.failed(2e6, 5e6);
    expect(promised.at(61.9e6)).toBeLessThan(5e6);
    expect(promised.at(62.1e6)).toBe(10e6);
  });

  it('is believed at once when what failed was the doing of others', () => {
    const promised = new PromisedRate();
    promise(promised, [10, 10, 10]);
    promised.failed(2e6, 5e6);
    promised.forgive();
    expect(promised.at(3e6)).toBe(10e6);
  });

  it('is believed at once when a level as fast as what failed has held', () => {
    const promised = new PromisedRate();
    promise(promised, [10, 10, 10]);
    promised.failed(2e6, 5e6);
    promised.held(4.9e6);
    expect(promised.at(3e6)).toBeLessThan(5e6);
    promised.held(5e6);
    expect(promised.at(3e6)).toBe(10e6);
  });

  it('is believed again when all trains of four seconds promise a third more than the slowest since the failure', () => {
    const promised = new PromisedRate();
    promise(promised, [10, 10, 10]);
    promised.failed(2e6, 5e6);
    promise(promised, Array(8).fill(12), 4);
    expect(promised.at(8e6)).toBeLessThan(5e6);
    // Trains that are read late seem fast.
    promise(promised, [40, 14, 40, 14, 40, 14, 40], 12);
    expect(promised.at(11.5e6)).toBeLessThan(5e6);
    promise(promised, [14], 19);
    expect(promised.at(12e6)).toBe(14e6);
  });

  it('is forgotten when the path may have changed, and when no train has come for half a minute', () => {
    const promised = new PromisedRate();
    promise(promised, [10]);
    promised.forget();
    expect(promised.measured).toBeUndefined();
    promise(promised, [10], 1);
    promised.note(29e6, [reading()]);
    expect(promised.measured).toBe(10e6);
    promised.note(31e6, [reading()]);
    expect(promised.measured).toBeUndefined();
  });
});
