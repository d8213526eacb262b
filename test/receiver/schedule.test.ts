import { describe, expect, it } from 'vitest';
import { isOffAir, isOnAir, offAirS, onAirAgainS } from '../../dist/receiver/on-air.js';
import { Bed, expectSafe } from '../transfer/bed.js';

const EVERY = { everyS: 120, lastsS: 20, fromS: 0 };

describe('a receiver of an object with a schedule', () => {
  it('waits from window to window for longer than its patience, leaves the channels between, and receives nothing twice', async () => {
    const bed = new Bed('schedule');
    const object = bed.object(5000, { schedule: EVERY, announceIntervalUs: 1e6 });
    await bed.server().publish(object);
    const receiver = bed.receiver({ patienceUs: 30e6 });
    const steps: string[] = [];
    const waits: string[] = [];
    receiver.on('join', () => steps.push(`join ${Math.round(bed.nowS / 120)}`));
    receiver.on('leave', () => steps.push(`leave ${Math.floor((bed.nowS - 20) / 120)}`));
    receiver.on('waiting', ({ message }) => waits.push(message));
    // 5000 symbols take 50 s, so three windows of 20 s. They come in order: whatever is missed at the edge of a window would take a round more.
    const complete = await bed.completion(receiver, 280);
    expectSafe(receiver, object, complete);
    expect(bed.nowS).toBeGreaterThan(240);
    expect(steps.filter((step) => step.startsWith('join'))).toEqual(['join 0', 'join 1', 'join 2']);
    expect(steps.filter((step) => step.startsWith('leave')).slice(0, 2)).toEqual(['leave 0', 'leave 1']);
    expect(waits).toHaveLength(2);
    expect(waits[0]).toMatch(/^fleet\/object is sent next at 2027-01-15T08:02:00.000Z/);
    expect(complete.duplicateBytes).toBeLessThan(0.005 * complete.bytes);
  });

  it('takes the object at any time while its own clock is earlier than the record, and so wrong', () => {
    const sent = { schedule: { everyS: 86_400, lastsS: 3600, fromS: 0 }, createdS: 1_800_000_000 };
    expect(isOnAir(sent, 50_000)).toBe(true);
    expect(isOnAir(sent, 1_800_000_000 + 50_000)).toBe(false);
  });

  it('listens some seconds longer than the window, for what is still on its way, and some before', () => {
    const sent = { schedule: { everyS: 100, lastsS: 10, fromS: 0 }, createdS: 0 };
    expect([9, 12, 15, 97].map((wallS) => isOffAir(sent, 1000 + wallS))).toEqual([false, false, true, true]);
    expect(offAirS(sent, 1004)).toBe(1015);
    expect(offAirS(sent, 1012)).toBe(1015);
    expect(offAirS(sent, 1020)).toBeUndefined();
    expect([onAirAgainS(sent, 1012), onAirAgainS(sent, 1004)]).toEqual([1100, undefined]);
    expect([isOnAir(sent, 1097.9), isOnAir(sent, 1098), offAirS(sent, 1099)]).toEqual([false, true, 1115]);
    expect(offAirS({ schedule: { everyS: 100, lastsS: 100, fromS: 0 }, createdS: 0 }, 1004)).toBeUndefined();
  });
});
