import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowAt } from '../../dist/wire/sending-windows.js';

const DAY_S = 86_400;

describe('the windows of a schedule', () => {
  it('come at the same time of each day in UTC', () => {
    const windows = { everyS: DAY_S, lastsS: 5400, fromS: 7200 };
    const dayS = Date.parse('2027-03-01T00:00Z') / 1000;
    expect(windowAt(windows, dayS + 7199.9)).toEqual({ isOpen: false, changesS: dayS + 7200 });
    expect(windowAt(windows, dayS + 7200)).toEqual({ isOpen: true, changesS: dayS + 7200 + 5400 });
    expect(windowAt(windows, dayS + 7200 + 5400)).toEqual({ isOpen: false, changesS: dayS + DAY_S + 7200 });
  });

  it('are open for their share of the time, and say rightly when that changes', () => {
    const anyWindows = fc
      .record({ everyS: fc.integer({ min: 60, max: 1e6 }), last: fc.nat(), from: fc.nat() })
      .map(({ everyS, last, from }) => ({ everyS, lastsS: 1 + (last % everyS), fromS: from % everyS }));
    fc.assert(
      fc.property(anyWindows, fc.integer({ min: 0, max: 4e9 }), (windows, wallS) => {
        const { isOpen, changesS } = windowAt(windows, wallS);
        expect(changesS).toBeGreaterThan(wallS);
        expect(windowAt(windows, changesS - 0.5).isOpen).toBe(isOpen);
        // A window that lasts until the next begins never closes.
        expect(windowAt(windows, changesS).isOpen).toBe(!isOpen || windows.lastsS === windows.everyS);
      }),
    );
  });
});
