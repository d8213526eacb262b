import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlockReadiness } from '../../../dist/receiver/assemble/block-readiness.js';

/** What the readiness asks others, as sets that a test changes. */
function facts() {
  return { known: new Set<number>(), verified: new Set<number>(), surplus: new Map<number, number>() };
}

function readinessOf(blockCount: number, placeCount: number, { known, verified, surplus }: ReturnType<typeof facts>) {
  const readiness = new BlockReadiness(
    blockCount,
    { knows: (block) => known.has(block) },
    { has: (block) => verified.has(block) },
    { surplusOf: (block) => surplus.get(block) ?? 0 },
  );
  for (let block = 0; block < blockCount; block++) readiness.setMissing(block, placeCount);
  return readiness;
}

describe('a block', () => {
  test('is ready when its last place is filled and its digest is known, in either order', () => {
    const given = facts();
    const readiness = readinessOf(2, 1, given);
    given.known.add(0);
    readiness.consider(0);
    expect(readiness.take()).toBeUndefined();
    readiness.noteFilled(0);
    readiness.noteFilled(1);
    expect(readiness.openCount).toBe(0);
    expect(readiness.take()).toBe(0);
    expect(readiness.take()).toBeUndefined();
    given.known.add(1);
    readiness.consider(1);
    expect(readiness.take()).toBe(1);
  });

  test('is ready with a spare for an empty place, and needs one more if it is known to', () => {
    const given = facts();
    given.known.add(0);
    const readiness = readinessOf(1, 2, given);
    given.surplus.set(0, -1);
    readiness.noteFilled(0);
    readiness.noteFilled(0);
    expect(readiness.take()).toBeUndefined();
    given.surplus.set(0, 0);
    readiness.consider(0);
    expect(readiness.take()).toBe(0);
  });

  test('is held once, and only while it is not verified', () => {
    const given = facts();
    given.known.add(0);
    const readiness = readinessOf(1, 3, given);
    expect(readiness.hold(0)).toBe(true);
    expect(readiness.hold(0)).toBe(false);
    readiness.release(0);
    given.verified.add(0);
    expect(readiness.hold(0)).toBe(false);
  });
});

test('offers exactly the blocks that have enough, are known, not verified and not busy, whatever happened in which order', () => {
  const block = fc.nat({ max: 3 });
  const steps = fc.array(
    fc.record({ block, step: fc.constantFrom('fill', 'learn', 'spare', 'want', 'verify', 'hold', 'release', 'free') }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const given = facts();
      const readiness = readinessOf(4, 2, given);
      const missing = [2, 2, 2, 2];
      const busy = new Set<number>();
      const change = (at: number, by: number) => given.surplus.set(at, (given.surplus.get(at) ?? 0) + by);
      for (const { block: at, step } of all) {
        if (step === 'fill' && missing[at]! > 0) {
          missing[at]!--;
          readiness.noteFilled(at);
        } else if (step === 'learn') given.known.add(at);
        else if (step === 'spare') change(at, 1);
        else if (step === 'want') change(at, -1);
        else if (step === 'verify') given.verified.add(at);
        else if (step === 'hold') {
          const mayHold = given.known.has(at) && !given.verified.has(at) && !busy.has(at);
          expect(readiness.hold(at)).toBe(mayHold);
          if (mayHold) busy.add(at);
        } else if (step === 'release') {
          busy.delete(at);
          readiness.release(at);
        } else if (step === 'free') {
          missing[at] = 2;
          busy.delete(at);
          readiness.release(at, 2);
        }
        readiness.consider(at);
      }
      const isEnough = (at: number) => missing[at]! <= (given.surplus.get(at) ?? 0);
      const expected = [0, 1, 2, 3].filter(
        (at) => isEnough(at) && given.known.has(at) && !given.verified.has(at) && !busy.has(at),
      );
      const taken: number[] = [];
      for (let at = readiness.take(); at !== undefined; at = readiness.take()) taken.push(at);
      expect(taken.sort((a, b) => a - b)).toEqual(expected);
      expect(readiness.openCount).toBe([0, 1, 2, 3].filter((at) => !isEnough(at)).length);
    }),
  );
});
