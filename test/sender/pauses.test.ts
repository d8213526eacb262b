import { describe, expect, it } from 'vitest';
import { BroadcastRig, destinationOf, tagOfRecord } from './broadcast-rig.js';

describe('a paused channel', () => {
  const channel = destinationOf('ff15::a0');

  it('sends nothing, while its announcements and the other channels go on, and then continues its sequence', async () => {
    const rig = new BroadcastRig('paused');
    await rig.settle(rig.announceAt());
    const { sent } = rig.object('a', 1, [0, 1]);
    await rig.settle(rig.broadcast.put(sent));
    await rig.bed.pass(1);
    rig.broadcast.setPaused(channel, 'listeners', true);
    // What was handed to the network may still be on its way.
    await rig.bed.pass(0.01);
    const fromUs = rig.nowUs;
    await rig.bed.pass(5);
    const since = (group: string) => rig.data.filter((one) => one.atUs > fromUs && one.channel === group).length;
    expect(since('ff15::a0')).toBe(0);
    expect(since('ff15::a1')).toBeGreaterThan(490);
    expect(
      rig.announcements.filter(({ atUs, tag }) => atUs > fromUs && tag === tagOfRecord(sent)).length,
    ).toBeGreaterThan(10);
    expect(rig.broadcast.channelStats(sent).map(({ pausedFor }) => pausedFor)).toEqual([['listeners'], []]);
    rig.broadcast.setPaused(channel, 'listeners', false);
    const againUs = rig.nowUs;
    await rig.bed.pass(1);
    const after = rig.data.filter((one) => one.atUs >= againUs && one.channel === 'ff15::a0');
    // Nothing of the five seconds is made up for. The rig checks that the sequence has no gap.
    expect(after.length).toBeGreaterThan(95);
    expect(after.length).toBeLessThan(105);
    expect(after[0]!.atUs - againUs).toBeLessThan(20_000);
    rig.expectSafe();
    expect(rig.pauses).toEqual([
      { group: 'ff15::a0', pausedFor: ['listeners'] },
      { group: 'ff15::a0', pausedFor: [] },
    ]);
  });

  it('stays paused for the next version, and for an object that comes on the air later', async () => {
    const rig = new BroadcastRig('paused versions');
    rig.broadcast.setPaused(channel, 'listeners', true);
    for (const version of [1, 2]) {
      await rig.settle(rig.broadcast.put(rig.object('a', version, [0]).sent));
      await rig.bed.pass(1);
    }
    expect(rig.data).toEqual([]);
    rig.broadcast.setPaused(channel, 'listeners', false);
    await rig.bed.pass(1);
    expect(rig.data.length).toBeGreaterThan(90);
    rig.expectSafe();
  });

  it('is found among many without a look at all of them', async () => {
    const rig = new BroadcastRig('many channels');
    let lookCount = 0;
    const looked = (group: string) => ({
      ...destinationOf(group),
      get group() {
        lookCount++;
        return group;
      },
    });
    const count = 60;
    for (let i = 0; i < count; i++) {
      const { sent } = rig.object(`object ${i}`, 1, [i]);
      const channels = sent.channels.map((one) => ({ ...one, destination: looked(one.destination.group) }));
      await rig.settle(rig.broadcast.put({ ...sent, channels }));
    }
    lookCount = 0;
    for (let i = 0; i < count; i++) rig.broadcast.setPaused(destinationOf(`ff15::a${i}`), 'schedule', true);
    expect(rig.pauses).toHaveLength(count);
    expect(lookCount).toBeLessThan(10 * count);
    await rig.settle(rig.broadcast.stop());
  });
});
