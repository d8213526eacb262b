import { describe, expect, it } from 'vitest';
import { BroadcastRig } from './broadcast-rig.js';

/** Simulations begin on a full hour. */
const MINUTELY = { everyS: 60, lastsS: 10, fromS: 30 };

describe('an object with a schedule', () => {
  it('is sent in its windows only, without a gap in its sequence, and announced always', async () => {
    const rig = new BroadcastRig('windows');
    await rig.settle(rig.announceAt());
    const { sent } = rig.object('a', 1, [0, 1], 0, { schedule: MINUTELY });
    const always = rig.object('b', 1, [2]);
    await rig.settle(rig.broadcast.put(sent));
    await rig.settle(rig.broadcast.put(always.sent));
    await rig.bed.pass(120);
    const seconds = (group: string) =>
      [...new Set(rig.data.filter(({ channel }) => channel === group).map(({ atUs }) => Math.floor(atUs / 1e6)))].sort(
        (x, y) => x - y,
      );
    const inWindows = [30, 31, 32, 33, 34, 35, 36, 37, 38, 39].flatMap((second) => [second, second + 60]);
    expect(seconds('ff15::a0')).toEqual(inWindows.sort((x, y) => x - y));
    expect(seconds('ff15::a1')).toEqual(seconds('ff15::a0'));
    expect(seconds('ff15::a2').length).toBeGreaterThan(118);
    expect(new Set(rig.announcements.map(({ atUs }) => Math.floor(atUs / 1e6))).size).toBeGreaterThan(115);
    rig.expectSafe();
  });

  it('gives its channels free when it is withdrawn, so that another object sends on them at once', async () => {
    const rig = new BroadcastRig('freed');
    const first = rig.object('a', 1, [0], 0, { schedule: MINUTELY });
    await rig.settle(rig.broadcast.put(first.sent));
    await rig.bed.pass(5);
    expect(rig.data).toEqual([]);
    await rig.settle(rig.broadcast.withdraw(first.sent));
    await rig.settle(rig.broadcast.put(rig.object('b', 1, [0]).sent));
    await rig.bed.pass(1);
    expect(rig.data.length).toBeGreaterThan(90);
  });
});
