import { describe, expect, it } from 'vitest';
import type { Network } from '../../../dist/base/ports.js';
import type { Decision } from '../../../dist/rate/policy.js';
import { Listening } from '../../../dist/receiver/join/listening.js';
import { Memberships } from '../../../dist/receiver/join/memberships.js';
import { addressFromBytes } from '../../../dist/wire/address.js';
import { Bed } from '../../transfer/bed.js';

function decision(action: 'join' | 'leave', channel: number): Decision {
  return { action, channel, server: undefined, reason: 'test' };
}

/** Joins that take a millisecond each, of channels 0 and 1 unless the policy says otherwise. */
function rig(
  decisions: readonly Decision[] = [0, 1].map((channel) => ({
    action: 'join',
    channel,
    server: undefined,
    reason: 'test',
  })),
  rates: readonly number[] = [1e6, 1e6, 1e6],
) {
  const bed = new Bed('listening');
  const channels = rates.map((rateBitsPerSecond) => ({ rateBitsPerSecond }));
  const { descriptor } = bed.object(10, { channels });
  const calls: string[] = [];
  /** Whether the network gives each datagram of a joined channel its own time. */
  const timed = new Map<number, boolean>();
  const reasons: string[] = [];
  const state = { refuses: [] as readonly number[], isStale: false };
  const pause = () => new Promise<void>((resolve) => bed.network.clock.at(bed.network.clock.nowUs + 1000, resolve));
  const network: Network = {
    openSender: () => Promise.reject(new Error('receivers do not send')),
    async join({ group, isTimed }) {
      const channel = descriptor.channels.findIndex((one) => addressFromBytes(one.group) === group);
      calls.push(`join ${channel}`);
      await pause();
      if (state.refuses.includes(channel)) throw new Error('refused');
      timed.set(channel, isTimed === true);
      return {
        setTimed: (isTimedNow: boolean) => void timed.set(channel, isTimedNow),
        get isStale() {
          return state.isStale;
        },
        async leave() {
          calls.push(`leave ${channel}`);
          await pause();
        },
      };
    },
  };
  const memberships = new Memberships({
    descriptor,
    network,
    interface: undefined,
    isTimed: true,
    onBatch: () => undefined,
    onJoining: () => undefined,
    onJoin: ({ channel }) => reasons.push(`joined ${channel}`),
    onLeave: ({ channel, reason }) => reasons.push(`left ${channel}: ${reason}`),
    onRefused: () => reasons.push('refused'),
  });
  const listening = new Listening(memberships, {
    start: () => decisions,
    tick: () => [],
    isTimed: true,
    status: { levelRateBitsPerSecond: 0, queueUs: 0, capacityBitsPerSecond: undefined },
  });
  return { bed, calls, reasons, state, listening, memberships, timed };
}

describe('listening', () => {
  it('joins what the policy says and leaves it when there is enough', async () => {
    const { bed, reasons, listening, memberships } = rig();
    expect(listening.isOn).toBe(false);
    void listening.start(5);
    expect([listening.isOn, listening.sinceUs]).toEqual([true, 5]);
    await bed.pass(0.01);
    expect(memberships.channels).toEqual([0, 1]);
    void listening.stop('enough');
    await bed.pass(0.01);
    expect(memberships.channels).toEqual([]);
    expect(reasons).toEqual(['joined 0', 'joined 1', 'left 0: enough', 'left 1: enough']);
  });

  it('has channels timed as said last, those too that are being joined or joined later', async () => {
    const { bed, listening, memberships, timed } = rig();
    void listening.start(0);
    await bed.pass(0.0015);
    expect([...timed]).toEqual([[0, true]]);
    memberships.setTimed(false);
    await bed.pass(0.01);
    expect([...timed]).toEqual([
      [0, false],
      [1, false],
    ]);
    memberships.setTimed(true);
    void listening.follow([decision('join', 2)], 20_000);
    await bed.pass(0.01);
    expect([...timed.values()]).toEqual([true, true, true]);
  });

  it('starts once, however often it is told', async () => {
    const { bed, calls, listening } = rig();
    for (let i = 0; i < 5; i++) void listening.start(i);
    await bed.pass(0.01);
    expect(calls).toEqual(['join 0', 'join 1']);
    expect(listening.sinceUs).toBe(0);
  });

  it('that is stopped while it joins joins nothing more, and leaves what it joined', async () => {
    const { bed, calls, listening, memberships } = rig();
    void listening.start(0);
    await bed.pass(0.0005);
    void listening.stop('enough');
    await bed.pass(0.01);
    expect(calls).toEqual(['join 0', 'leave 0']);
    expect(memberships.channels).toEqual([]);
  });

  it('begins again after it has left, when the symbols were not enough', async () => {
    const { bed, calls, listening, memberships } = rig();
    void listening.start(0);
    await bed.pass(0.01);
    void listening.stop('enough');
    void listening.start(20_000);
    await bed.pass(0.02);
    expect(calls).toEqual(['join 0', 'join 1', 'leave 0', 'leave 1', 'join 0', 'join 1']);
    expect([memberships.channels, listening.sinceUs]).toEqual([[0, 1], 20_000]);
  });

  it('carries out the other decisions when one join is refused, and tries that join again each second', async () => {
    const { bed, calls, reasons, state, listening, memberships } = rig();
    state.refuses = [0];
    void listening.start(0);
    await bed.pass(0.01);
    expect(memberships.channels).toEqual([1]);
    for (let nowUs = 0; nowUs <= 2e6; nowUs += 50_000) {
      listening.maintain(nowUs);
      await bed.pass(0.05);
    }
    expect(calls).toEqual(['join 0', 'join 1', 'join 0', 'join 0', 'join 0']);
    state.refuses = [];
    listening.maintain(3e6);
    await bed.pass(0.01);
    expect(memberships.channels).toEqual([0, 1]);
    listening.maintain(4e6);
    await bed.pass(0.01);
    expect(calls.length).toBe(6);
    expect(reasons.filter((reason) => reason === 'refused')).toHaveLength(4);
    await bed.network.clock.until(listening.stop('ended'), bed.network.clock.nowUs + 1e6);
    expect(memberships.channels).toEqual([]);
    expect(reasons.slice(-3)).toEqual(['joined 0', 'left 0: ended', 'left 1: ended']);
  });

  it('keeps the last joined channel while the join of its replacement is refused', async () => {
    const { bed, state, reasons, listening, memberships } = rig([decision('join', 0)]);
    void listening.start(0);
    await bed.pass(0.01);
    state.refuses = [2];
    void listening.follow([decision('leave', 0), decision('join', 2)], 1e6);
    await bed.pass(0.01);
    // This exchange begins with the leave, so the old channel is joined again.
    expect(memberships.channels).toEqual([0]);
    expect(reasons.splice(0)).toEqual(['joined 0', 'left 0: test', 'refused', 'joined 0']);
    void listening.follow([decision('leave', 2), decision('join', 0)], 2e6);
    await bed.pass(0.01);
    void listening.follow([decision('join', 2), decision('leave', 0)], 3e6);
    await bed.pass(0.01);
    expect(memberships.channels).toEqual([0]);
    state.refuses = [];
    listening.maintain(4e6);
    await bed.pass(0.01);
    expect(memberships.channels).toEqual([2]);
    expect(reasons.slice(-2)).toEqual(['joined 2', 'left 0: test']);
  });

  it('goes back to the channel that it left for one that is refused, whenever it was left, but not to a faster one', async () => {
    const { bed, state, listening, memberships } = rig([decision('join', 1)], [1e6, 2e6, 4e6]);
    const follow = async (...decisions: readonly Decision[]) => {
      void listening.follow(decisions, 1e6);
      await bed.pass(0.01);
      return memberships.channels;
    };
    void listening.start(0);
    await bed.pass(0.01);
    state.refuses = [0, 2];
    expect(await follow(decision('leave', 1))).toEqual([]);
    expect(await follow(decision('join', 2))).toEqual([1]);
    // The policy, which does not know of that, gives the refused channel up.
    expect(await follow(decision('leave', 2))).toEqual([]);
    expect(await follow(decision('join', 0))).toEqual([]);
    state.refuses = [];
    listening.maintain(9e6);
    await bed.pass(0.01);
    expect(memberships.channels).toEqual([0]);
    void listening.stop('enough');
    await bed.pass(0.01);
    // What was joined before a stop has nothing to do with what is joined after it.
    state.refuses = [1];
    void listening.start(10e6);
    await bed.pass(0.01);
    expect(memberships.channels).toEqual([]);
  });

  it('tries once a second to join channels again that were lost with an interface', async () => {
    const { bed, calls, state, reasons, listening, memberships } = rig();
    void listening.start(0);
    await bed.pass(0.01);
    state.isStale = true;
    state.refuses = [0, 1];
    expect(memberships.channels).toEqual([]);
    listening.maintain(1e6);
    await bed.pass(0.01);
    state.refuses = [];
    state.isStale = false;
    listening.maintain(2e6);
    await bed.pass(0.01);
    expect(memberships.channels).toEqual([0, 1]);
    expect(calls.filter((call) => call === 'leave 0')).toHaveLength(1);
    // No leave event was emitted for it.
    expect(reasons.filter((reason) => reason !== 'refused')).toEqual(['joined 0', 'joined 1']);
  });

  it('joins a channel again that was silent for five seconds or ten of its intervals, and then waits as long again', async () => {
    const { bed, calls, listening } = rig();
    void listening.start(0);
    await bed.pass(0.01);
    const heard = (channel: number) => (channel === 0 ? 3e6 : undefined);
    const intervalsUs = [1000, 1e6, 1000];
    expect(listening.renewSilent(7.9e6, intervalsUs, heard)).toEqual([]);
    expect(listening.renewSilent(8e6, intervalsUs, heard)).toEqual([0]);
    expect(listening.renewSilent(9.9e6, intervalsUs, heard)).toEqual([]);
    expect(listening.renewSilent(10e6, intervalsUs, heard)).toEqual([1]);
    await bed.pass(0.01);
    expect(calls).toEqual(['join 0', 'join 1', 'leave 0', 'join 0', 'leave 1', 'join 1']);
    expect(listening.renewSilent(13e6, intervalsUs, heard)).toEqual([0]);
  });

  it('gives a channel that is joined late, or again, the full time to be heard', async () => {
    const { bed, listening } = rig();
    void listening.start(0);
    await bed.pass(0.01);
    const both = (action: 'join' | 'leave') => ({ action, channel: 1, server: undefined, reason: 'test' }) as const;
    await bed.network.clock.until(listening.follow([both('leave')], 10e6), bed.network.clock.nowUs + 1e6);
    await bed.network.clock.until(listening.follow([both('join')], 30e6), bed.network.clock.nowUs + 1e6);
    const heard = (channel: number) => (channel === 0 ? 31e6 : 9e6);
    expect(listening.renewSilent(34.9e6, [1000, 1000], heard)).toEqual([]);
    expect(listening.renewSilent(35e6, [1000, 1000], heard)).toEqual([1]);
  });

  it('counts silence anew when it goes on after nothing was joined', async () => {
    const { bed, listening } = rig();
    void listening.start(5);
    await bed.pass(0.01);
    const one = (action: 'join' | 'leave', channel: number) =>
      ({ action, channel, server: undefined, reason: 'test' }) as const;
    void listening.follow([one('leave', 0), one('leave', 1)], 10e6);
    await bed.pass(0.01);
    expect(listening.sinceUs).toBe(5);
    void listening.follow([one('join', 0)], 40e6);
    await bed.pass(0.01);
    void listening.follow([one('join', 1)], 50e6);
    expect(listening.sinceUs).toBe(40e6);
  });
});
