import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { geometryOf } from '../../dist/object/geometry.js';
import { Holdings } from '../../dist/object/holdings.js';
import { claimedGuests } from './held.js';

const PLACES = 80;
const place = fc.nat(PLACES - 1);
const step = fc.record({
  kind: fc.constantFrom(
    'addOwn',
    'addOwnRun',
    'addGuest',
    'remove',
    'claimOwn',
    'claimGuests',
    'unclaimOwn',
    'unclaimGuests',
  ),
  first: place,
  length: fc.nat(20),
  esi: fc.integer({ min: 100, max: 140 }),
});

/** What a place holds, and what is claimed of it: `own`, the ESI of a guest, or nothing. */
class Model {
  readonly held = new Map<number, 'own' | number>();
  readonly claimedOwn = new Set<number>();
  readonly claimedGuests = new Map<number, number>();
}

function runsOf(places: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const one of places.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === one) last[1]++;
    else runs.push([one, 1]);
  }
  return runs;
}

describe('the record of what the places of an object hold', () => {
  it('agrees with two plain maps on what is held and what is claimed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const holdings = new Holdings(geometryOf(PLACES * 10, 10, 1));
        const model = new Model();
        for (const { kind, first, length, esi } of steps) {
          const count = Math.min(length, PLACES - first);
          const places = Array.from({ length: count }, (_, i) => first + i);
          // A place whose guest is claimed takes nothing else, and a claim is of what the place holds.
          const isFree = (one: number) => !model.claimedGuests.has(one);
          if (kind === 'addOwn' && isFree(first)) {
            holdings.addOwn(first);
            model.held.set(first, 'own');
          } else if (kind === 'addOwnRun' && places.every(isFree)) {
            holdings.addOwnRun(first, count);
            for (const one of places) model.held.set(one, 'own');
          } else if (kind === 'addGuest' && isFree(first)) {
            holdings.addGuest(first, esi);
            model.held.set(first, esi);
          } else if (kind === 'remove') {
            holdings.remove(first, count);
            for (const one of places) model.held.delete(one);
          } else if (kind === 'claimOwn') {
            holdings.claimOwn(first, count);
            for (const one of places) model.claimedOwn.add(one);
          } else if (kind === 'claimGuests' && typeof model.held.get(first) === 'number') {
            const guest = model.held.get(first) as number;
            holdings.claimGuests([first, guest, 1]);
            model.claimedGuests.set(first, guest);
          } else if (kind === 'unclaimOwn') {
            holdings.unclaimOwn(first, count);
            for (const one of places) model.claimedOwn.delete(one);
          } else if (kind === 'unclaimGuests') {
            holdings.unclaimGuests(first, count);
            for (const one of places) model.claimedGuests.delete(one);
          }
          for (let one = 0; one < PLACES; one++) {
            const held = model.held.get(one);
            expect(holdings.filled.has(one)).toBe(held !== undefined);
            expect(holdings.guestAt(one)).toBe(typeof held === 'number' ? held : -1);
            expect(holdings.holdsOwn(one)).toBe(held === 'own');
          }
          expect([...holdings.claimedOwn.runs()]).toEqual(runsOf([...model.claimedOwn]));
          expect(claimedGuests(holdings)).toEqual(new Map([...model.claimedGuests].toSorted(([a], [b]) => a - b)));
          const own = [...model.held].filter(([, held]) => held === 'own').map(([one]) => one);
          expect([...holdings.ownRuns(holdings.filled)]).toEqual(runsOf(own));
          const others = places.filter((one) => !own.includes(one));
          expect(holdings.runsWithoutOwn(first, count)).toEqual(runsOf(others));
          const guest = places.findIndex(
            (one) => typeof model.held.get(one) === 'number' || model.claimedGuests.has(one),
          );
          expect(holdings.ownCount(first, count)).toBe(guest < 0 ? count : guest);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('holds what is claimed after `takeUp`, and nothing if all claims were given up before', () => {
    for (const isGivenUp of [false, true]) {
      const holdings = new Holdings(geometryOf(PLACES * 10, 10, 1));
      holdings.claimOwn(3, 4);
      holdings.claimGuests([10, 500, 2]);
      if (isGivenUp) holdings.unclaimAll();
      holdings.takeUp();
      expect([...holdings.filled.runs()]).toEqual(
        isGivenUp
          ? []
          : [
              [3, 4],
              [10, 2],
            ],
      );
      expect(holdings.guestAt(11)).toBe(isGivenUp ? -1 : 501);
    }
  });
});
