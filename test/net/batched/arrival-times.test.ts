import { describe, expect, it } from 'vitest';
import { ArrivalTimes } from '../../../dist/net/batched/arrival-times.js';
import { ControlMessages } from '../../../dist/net/batched/control-messages.js';
import type { Layout } from '../../../dist/net/batched/layout.js';

const layouts = [
  ['64 bits', { longWords: 2, lowWord: 0, controlHeaderWords: 4 } as Layout],
  ['32 bits', { longWords: 1, lowWord: 0, controlHeaderWords: 3 } as Layout],
] as const;

describe.each(layouts)('arrival times on a machine with %s', (_, layout) => {
  /** The kernel's clock in microseconds, and the program's. */
  let [realUs, nowUs] = [0, 0];
  const calls = {
    clockGettime: (_clock: number, into: Uint8Array) => {
      const words = new Uint32Array(into.buffer);
      words[0] = Math.floor(realUs / 1e6) % 2 ** 32;
      if (layout.longWords === 2) words[1] = Math.floor(realUs / 1e6 / 2 ** 32);
      words[layout.longWords] = (realUs % 1e6) * 1000;
      return 0;
    },
  };

  /** The time of a datagram that came at `stampUs` of the kernel's clock. */
  function arrival(stampUs: number, earliestUs = 0): number {
    const times = new ArrivalTimes(calls, layout, { nowUs: () => nowUs });
    times.begin();
    const control = new ControlMessages(layout);
    control.hasTime = true;
    control.seconds = layout.longWords === 2 ? Math.floor(stampUs / 1e6) : Math.floor(stampUs / 1e6) % 2 ** 32;
    control.nanoseconds = (stampUs % 1e6) * 1000;
    return times.of(control, earliestUs);
  }

  it('are as old as the kernel says', () => {
    [realUs, nowUs] = [1_700_000_000_000_500, 9_000_000];
    expect(arrival(1_700_000_000_000_500 - 1500)).toBe(9_000_000 - 1500);
    // In the second before.
    expect(arrival(1_699_999_999_999_900)).toBe(9_000_000 - 600);
  });

  it('are right when the seconds of 32 bits begin again from 0', () => {
    [realUs, nowUs] = [2 ** 32 * 1e6 + 100, 9_000_000];
    expect(arrival(2 ** 32 * 1e6 - 400)).toBe(9_000_000 - 500);
  });

  it('stay between the datagram before and now when the clock is set back or forward meanwhile', () => {
    [realUs, nowUs] = [1_700_000_000_000_000, 9_000_000];
    expect(arrival(1_700_003_600_000_000, 8_900_000)).toBe(9_000_000);
    expect(arrival(1_699_996_400_000_000, 8_900_000)).toBe(8_900_000);
  });

  it('are those of the call where the kernel tells none', () => {
    [realUs, nowUs] = [0, 5000];
    const times = new ArrivalTimes(calls, layout, { nowUs: () => nowUs });
    times.begin();
    expect(times.of(new ControlMessages(layout), 4000)).toBe(5000);
  });
});
