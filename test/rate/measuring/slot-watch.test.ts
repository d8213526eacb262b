import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumsOf } from '../../../dist/rate/measuring/readings.js';
import { type EndedSlot, SlotWatch } from '../../../dist/rate/measuring/slot-watch.js';
import { reading } from '../readings.js';

const TICK_US = 50_000;
const SLOT_NUMBERS = 2 ** 16;

interface Mark {
  readonly slot: number;
  readonly stepLevel?: number;
  readonly serverIndex?: number;
  readonly receivedCount?: number;
}

/** What ended with each of these readings, one every 50 ms from `fromUs`. */
function watch(watched: SlotWatch, readings: readonly (readonly Mark[])[], fromUs = 0): (EndedSlot | undefined)[] {
  return readings.map((marks, i) => watched.note(fromUs + i * TICK_US, sumsOf(marks.map((mark) => reading(mark)))));
}

describe('a watch over slots', () => {
  it('reports each slot that ends, with its step level, across the wrap of slot numbers', () => {
    fc.assert(
      fc.property(fc.nat(SLOT_NUMBERS - 1), fc.array(fc.nat(32), { minLength: 3, maxLength: 60 }), (first, levels) => {
        const slots = levels.map((stepLevel, i) => ({ slot: (first + i) % SLOT_NUMBERS, stepLevel }));
        const ended = watch(
          new SlotWatch(),
          slots.flatMap((mark) => [[mark], [mark], []]),
        );
        expect(ended.filter((one) => one !== undefined)).toEqual(slots.slice(0, -1));
      }),
    );
  });

  it('says nothing while nothing comes, and then that the last slot that it knew is over', () => {
    const quiet = { slot: 9, stepLevel: 5, receivedCount: 0 };
    const said = watch(new SlotWatch(), [
      [],
      [quiet],
      [{ slot: 3, stepLevel: 2 }],
      [quiet],
      [{ slot: 9, stepLevel: 1 }],
    ]);
    expect(said).toEqual([undefined, undefined, undefined, undefined, { slot: 3, stepLevel: 2 }]);
  });

  it('takes the lowest step level of marks that contradict each other', () => {
    const three = { slot: 3, stepLevel: 4 };
    const next = [{ slot: 4 }];
    expect(watch(new SlotWatch(), [[three, { slot: 3, stepLevel: 2 }], next])[1]).toEqual({ slot: 3, stepLevel: 2 });
    expect(watch(new SlotWatch(), [[three], [{ slot: 3, stepLevel: 1 }], [three], next])[3]).toEqual({
      slot: 3,
      stepLevel: 1,
    });
  });

  it('follows one server only, although another is slots ahead', () => {
    const both = (slot: number) => [
      { slot, stepLevel: 1, serverIndex: 4 },
      { slot: slot + 20, stepLevel: 6, serverIndex: 2 },
    ];
    const ended = watch(new SlotWatch(), [both(0), both(0), both(1), both(2)]);
    expect(ended).toEqual([undefined, undefined, { slot: 0, stepLevel: 1 }, { slot: 1, stepLevel: 1 }]);
  });

  it('turns to another server when its own has been silent for two seconds', () => {
    const watched = new SlotWatch();
    const both = [
      { slot: 500, serverIndex: 1 },
      { slot: 3, serverIndex: 2 },
    ];
    watch(watched, [both]);
    const other = Array.from({ length: 39 }, (_, i) => [
      { slot: 4 + Math.floor(i / 10), stepLevel: 3, serverIndex: 2 },
    ]);
    expect(watch(watched, other, TICK_US).filter((one) => one !== undefined)).toEqual([]);
    const ended = watch(watched, [[{ slot: 8, serverIndex: 2 }], [{ slot: 9, serverIndex: 2 }]], 2.1e6);
    expect(ended).toEqual([undefined, { slot: 8, stepLevel: 0 }]);
  });

  it('lets forged slots far ahead end the present one early, and then silence permissions, but never add any', () => {
    const ahead = fc.record({ by: fc.integer({ min: 100, max: 30_000 }), stepLevel: fc.nat(32) });
    fc.assert(
      fc.property(fc.array(fc.option(ahead), { minLength: 1, maxLength: 100 }), (forgeries) => {
        const genuine = (i: number) => ({ slot: Math.floor(i / 10), stepLevel: 1 });
        const marks = forgeries.map((forged, i) => {
          if (forged === null) return [genuine(i)];
          return [genuine(i), { slot: genuine(i).slot + forged.by, stepLevel: forged.stepLevel }];
        });
        const ended = watch(new SlotWatch(), marks).filter((one) => one !== undefined && one.slot < 10);
        expect(ended).toEqual(ended.map((_, slot) => ({ slot, stepLevel: 1 })));
        expect(ended.length).toBeLessThanOrEqual(Math.ceil(forgeries.length / 10));
      }),
    );
  });

  it('goes on two seconds after a clock was set back, or a forged slot', () => {
    const watched = new SlotWatch();
    watch(watched, [[{ slot: 20_000 }]]);
    const back = Array.from({ length: 60 }, (_, i) => [{ slot: 100 + Math.floor(i / 10), stepLevel: 3 }]);
    const ended = watch(watched, back, TICK_US).filter((one) => one !== undefined);
    expect(ended).toEqual([{ slot: 104, stepLevel: 3 }]);
  });
});
