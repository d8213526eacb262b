import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControlMessages } from '../../../dist/net/batched/control-messages.js';
import type { Layout } from '../../../dist/net/batched/layout.js';

/** The layouts of 64-bit machines in both byte orders, and of 32-bit machines. Only these fields matter here. */
const layouts = [
  ['64 bits, little-endian', { longWords: 2, lowWord: 0, controlHeaderWords: 4 } as Layout],
  ['64 bits, big-endian', { longWords: 2, lowWord: 1, controlHeaderWords: 4 } as Layout],
  ['32 bits', { longWords: 1, lowWord: 0, controlHeaderWords: 3 } as Layout],
] as const;

const TIME = [1, 35] as const;
const DROPS = [1, 40] as const;
const SEGMENT = [17, 104] as const;

/** A number of C's type long as words. */
function long(value: number, { longWords, lowWord }: Layout): number[] {
  if (longWords === 1) return [value];
  const words = [0, 0];
  words[lowWord] = value % 2 ** 32;
  words[1 - lowWord] = Math.floor(value / 2 ** 32);
  return words;
}

/** One message, padded as the system does it. */
function message([level, type]: readonly [number, number], data: readonly number[], layout: Layout): number[] {
  const words = [...long(4 * (layout.controlHeaderWords + data.length), layout), level, type, ...data];
  return words.length % layout.longWords === 0 ? words : [...words, 0];
}

describe.each(layouts)('control messages on a machine with %s', (_, layout) => {
  const all = [
    ...message([41, 50], [7, 7, 7, 7, 7], layout),
    ...message(TIME, [...long(1_700_000_000, layout), ...long(999_999_999, layout)], layout),
    ...message(DROPS, [0xfffffff0], layout),
    ...message(SEGMENT, [1232], layout),
  ];

  it('are read, and unknown ones are skipped', () => {
    const control = new ControlMessages(layout);
    control.read(Uint32Array.from([9, 9, 9, ...all]), 3, 4 * all.length);
    expect(control).toMatchObject({ hasTime: true, seconds: 1_700_000_000, nanoseconds: 999_999_999 });
    expect(control).toMatchObject({ droppedTotal: 0xfffffff0, segmentBytes: 1232 });
  });

  it('that are cut off leave their values out, and nothing of the read before remains', () => {
    const control = new ControlMessages(layout);
    for (let length = 4 * all.length; length >= 0; length--) {
      control.read(Uint32Array.from(all), 0, 4 * all.length);
      control.read(Uint32Array.from(all), 0, length);
      const isWhole = length >= 4 * all.length - 4 * (layout.longWords - 1);
      expect(control.segmentBytes).toBe(isWhole ? 1232 : 0);
    }
    expect(control).toMatchObject({ hasTime: false, droppedTotal: 0, segmentBytes: 0 });
  });

  it('of any bytes and any length are read to an end, inside the space', () => {
    const word = fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(1, 17, 35, 40, 104), fc.nat({ max: 0xffffffff }));
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 32 }),
        fc.nat({ max: 200 }),
        fc.nat({ max: 8 }),
        (words, length, start) => {
          const control = new ControlMessages(layout);
          control.read(Uint32Array.from(words), start, length);
          const numbers = [control.seconds, control.nanoseconds, control.droppedTotal, control.segmentBytes];
          expect(numbers.every((value) => Number.isFinite(value))).toBe(true);
        },
      ),
    );
  });
});
