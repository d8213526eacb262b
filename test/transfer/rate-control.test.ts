import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import type { MembershipEvent, ProgressEvent, WarningEvent } from '../../dist/receiver/events.js';
import type { SimulatedReceiver } from '../../dist/simulate/index.js';
import { addressFromBytes } from '../../dist/wire/address.js';
import { DatagramType } from '../../dist/wire/header.js';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, MEGABIT } from './bed.js';
import { LightReceiver } from './light-receiver.js';

const layers = [1, 1, 1, 1].map((megabits) => ({ rateBitsPerSecond: megabits * MEGABIT }));
const replicas = [1, 2, 3, 4].map((megabits) => ({ rateBitsPerSecond: megabits * MEGABIT }));

/** All events of a receiver about its channels, in order. */
function tale(receiver: SimulatedReceiver) {
  const told = {
    moves: [] as (MembershipEvent & { readonly kind: 'join' | 'leave' })[],
    progress: [] as ProgressEvent[],
    warnings: [] as WarningEvent[],
  };
  receiver.on('join', (event) => told.moves.push({ ...event, kind: 'join' }));
  receiver.on('leave', (event) => told.moves.push({ ...event, kind: 'leave' }));
  receiver.on('progress', (event) => told.progress.push(event));
  receiver.on('warning', (event) => told.warnings.push(event));
  return told;
}

/** Lets a host refuse what `refuses` says, as a system does that has no room for more memberships. */
function refuseJoins({ host }: SimulatedReceiver, refuses: (group: string) => boolean): void {
  const join = host.join.bind(host);
  host.join = async (request, onBatch) => {
    if (refuses(request.group)) throw new LayercastError('NETWORK_UNAVAILABLE', 'ENOBUFS: no room for memberships');
    return join(request, onBatch);
  };
}

/** Bytes of symbols that the host hands over. */
function countDelivered({ host }: SimulatedReceiver): () => number {
  let bytes = 0;
  const join = host.join.bind(host);
  host.join = (request, onBatch) =>
    join(request, (batch) => {
      const [buffer, start, length] = [batch.buffers[0]!, batch.starts[0]!, batch.lengths[0]!];
      if ((buffer[start + 2]! & 15) === DatagramType.symbol) bytes += length - HEADER_BYTES;
      onBatch(batch);
    });
  return () => bytes;
}

describe('a receiver that finds its rate', () => {
  it.each([
    ['several', layers],
    ['best', replicas],
  ] as const)(
    seeded('uses all symbols that came while it joined and left, and completes, mode %s'),
    async (mode, channels) => {
      const bed = new Bed(`levels change ${mode}`);
      const object = bed.object(4000, { channels, mode, code: mode === 'best' ? 'raptorq' : 'none' });
      await bed.server().publish(object);
      const down = { rateBitsPerSecond: 5e6, queueBytes: 50_000, delayUs: 10_000 };
      const line = bed.network.addLink({ name: 'line', down, leaveLatencyUs: 300_000 });
      const receiver = bed.receiver({ host: { below: 'line', membershipUs: 60_000 } });
      const delivered = countDelivered(receiver);
      const told = tale(receiver);
      const counted: number[] = [];
      for (const rateBitsPerSecond of [5e6, 1.5e6, 5e6, 2.5e6]) {
        line.down.change({ rateBitsPerSecond });
        for (let i = 0; i < 12; i++) {
          await bed.pass(0.25);
          counted.push((receiver.stats()?.payloadBytes ?? 0) - delivered());
        }
      }
      expect(counted.filter((difference) => difference !== 0)).toEqual([]);
      line.down.change({ rateBitsPerSecond: 20e6 });
      expectSafe(receiver, object, await bed.completion(receiver, 60));
      expect(told.moves.filter(({ kind }) => kind === 'leave').length).toBeGreaterThan(layers.length);
      expect(told.warnings).toEqual([]);
      // Each reason names the level before, the level after, and the cause.
      const [first, ...others] = told.moves.filter(({ reason }) => reason !== 'enough symbols received');
      expect(first!.reason).toBe('the lowest level first, to measure the path');
      for (const { kind, reason } of others) {
        const [, from, to] = /^level (\d) → (\d): .+$/.exec(reason) ?? [];
        if (mode === 'several') expect([reason, kind]).toEqual([reason, Number(to) > Number(from) ? 'join' : 'leave']);
        else expect(Number(to), reason).not.toBe(Number(from));
      }
    },
  );

  it(
    seeded('does not count datagrams as lost that were sent on a channel before it joined that channel again'),
    async () => {
      const bed = new Bed('left and joined');
      const object = bed.object(20_000, { channels: layers });
      await bed.server().publish(object);
      const line = bed.network.addLink({ name: 'line', down: { rateBitsPerSecond: 10e6, queueBytes: 50_000 } });
      const receiver = bed.receiver({ host: { below: 'line' } });
      const told = tale(receiver);
      await bed.pass(5);
      line.down.change({ rateBitsPerSecond: 2.2e6 });
      await bed.pass(8);
      line.down.change({ rateBitsPerSecond: 10e6 });
      await bed.pass(20);
      expect(told.moves.filter(({ kind, channel }) => kind === 'join' && channel === 3).length).toBeGreaterThan(1);
      const { lostDatagrams } = receiver.stats()!;
      // What the full queue dropped, what was under way when it left, and no more: 8 s of a channel are 800.
      expect(lostDatagrams - line.down.counts.overflowCount).toBeLessThan(20);
    },
  );

  it(
    seeded('does not take a channel for silent that it has just joined, even if its network takes long to join'),
    async () => {
      const bed = new Bed('slow grafts');
      const object = bed.object(20_000, { channels: layers });
      await bed.server().publish(object);
      const down = { rateBitsPerSecond: 10e6, queueBytes: 50_000 };
      const line = bed.network.addLink({ name: 'line', down, graftDelayUs: 250_000 });
      const receiver = bed.receiver({ host: { below: 'line' } });
      const told = tale(receiver);
      await bed.pass(6);
      line.down.change({ rateBitsPerSecond: 2.2e6 });
      await bed.pass(10);
      line.down.change({ rateBitsPerSecond: 10e6 });
      await bed.pass(20);
      expect(told.moves.filter(({ kind, channel }) => kind === 'join' && channel === 3).length).toBeGreaterThan(1);
      expect(told.warnings).toEqual([]);
    },
  );

  it.each([
    ['several', layers],
    ['best', replicas],
  ] as const)(
    seeded('goes on with its joined channels when the system refuses a join, mode %s'),
    async (mode, channels) => {
      const bed = new Bed(`refused ${mode}`);
      const object = bed.object(3000, { channels, mode });
      await bed.server().publish(object);
      const receiver = bed.receiver();
      const told = tale(receiver);
      const refused = object.descriptor.channels.slice(2).map(({ group }) => addressFromBytes(group));
      refuseJoins(receiver, (group) => refused.includes(group));
      expectSafe(receiver, object, await bed.completion(receiver, 60));
      expect(new Set(told.warnings.map(({ code }) => code))).toEqual(new Set(['JOIN_REFUSED']));
      // The receiver does not try the refused join again and again.
      expect(told.warnings.length).toBeLessThan(8);
      expect(told.moves.filter(({ kind, channel }) => kind === 'join' && channel > 1)).toEqual([]);
      // The receiver still receives on the lower levels, and reports what it receives.
      expect(told.progress.slice(1).filter(({ channels: joined }) => joined.length === 0)).toEqual([]);
      const levels = told.progress.slice(-10).map(({ levelRateBitsPerSecond }) => levelRateBitsPerSecond);
      expect(Math.min(...levels)).toBeLessThanOrEqual(2 * MEGABIT + 1);
    },
  );

  it(
    seeded('pauses when even the lowest level is too much, does not give up during the pause, and goes on'),
    async () => {
      const bed = new Bed('breaker');
      const object = bed.object(2000, { channels: layers });
      await bed.server().publish(object);
      const down = { rateBitsPerSecond: 0.4e6, queueBytes: 20_000 };
      const line = bed.network.addLink({ name: 'line', down, graftDelayUs: 150_000 });
      const receiver = bed.receiver({ patienceUs: 12e6, host: { below: 'line' } });
      const told = tale(receiver);
      await bed.pass(20);
      expect(told.moves.at(-1)).toMatchObject({
        kind: 'leave',
        channel: 0,
        reason: expect.stringMatching(/pausing 30 s/),
      });
      expect(told.progress.at(-1)).toMatchObject({ channels: [], level: 0, levelRateBitsPerSecond: 0 });
      line.down.change({ rateBitsPerSecond: 10e6 });
      const before = told.moves.length;
      expectSafe(receiver, object, await bed.completion(receiver, 60));
      expect(told.moves[before]).toMatchObject({
        kind: 'join',
        channel: 0,
        reason: 'the lowest level first, to measure the path',
      });
      expect(told.warnings).toEqual([]);
    },
  );

  it(seeded('stays on the lowest level where the link carries less than half of it'), async () => {
    const bed = new Bed('below the lowest level');
    const channels = [930, 310, 414, 552].map((kilobits) => ({ rateBitsPerSecond: kilobits * 1000 }));
    const object = bed.object(20_000, { channels });
    await bed.server().publish(object);
    // Two packets of queue: no delay that would tell more than the losses do.
    const down = { rateBitsPerSecond: 400_000, queueBytes: 2500 };
    bed.network.addLink({ name: 'line', down, leaveLatencyUs: 2e6 });
    const receiver = new LightReceiver(bed, object, bed.host('slow', { below: 'line' }));
    await bed.pass(60);
    expect(Math.max(...receiver.levelRates)).toBeLessThan(1e6);
  });

  it(seeded('gives up when nothing comes after a pause either'), async () => {
    const bed = new Bed('dead after the pause');
    const object = bed.object(2000, { channels: layers });
    const server = bed.server();
    await server.publish(object);
    bed.network.addLink({ name: 'line', down: { rateBitsPerSecond: 0.4e6, queueBytes: 20_000 } });
    const receiver = bed.receiver({ patienceUs: 12e6, host: { below: 'line' } });
    await bed.pass(20);
    server.host.die();
    expect(await bed.failure(receiver, 60)).toBe('NOBODY_SENDING');
    expect(bed.nowS).toBeGreaterThan(50);
  });

  it(seeded('gives up when the system refuses to join again after a pause'), async () => {
    const bed = new Bed('refused after the pause');
    const object = bed.object(2000, { channels: layers });
    await bed.server().publish(object);
    bed.network.addLink({ name: 'line', down: { rateBitsPerSecond: 0.4e6, queueBytes: 20_000 } });
    const receiver = bed.receiver({ patienceUs: 12e6, host: { below: 'line' } });
    const told = tale(receiver);
    let refuses = false;
    refuseJoins(receiver, () => refuses);
    await bed.pass(20);
    refuses = true;
    expect(await bed.failure(receiver, 80)).toBe('NOBODY_SENDING');
    expect(told.warnings.map(({ code }) => code)).toContain('JOIN_REFUSED');
  });

  it(seeded('continues to measure when its server starts anew with other clocks'), async () => {
    const bed = new Bed('other clocks');
    const object = bed.object(2000, { channels: Array.from({ length: 8 }, () => layers[0]!) });
    const before = bed.server();
    await before.publish(object);
    const down = { rateBitsPerSecond: 3.4e6, queueBytes: 60_000, delayUs: 10_000 };
    const line = bed.network.addLink({ name: 'line', down, leaveLatencyUs: 200_000 });
    const receiver = new LightReceiver(bed, object, bed.host('light', { below: 'line' }));
    await bed.pass(8);
    expect(receiver.levelRates.at(-1)).toBeCloseTo(3 * MEGABIT, 0);
    before.host.die();
    await bed.pass(2);
    // Its monotonic clock is another, and its wall clock an hour behind.
    const clocks = { originUs: 1_234_567_890, wallErrorUs: -3600e6 };
    await bed.server(0, { host: bed.host('server again', { address: 'fd00:5::9', ...clocks }) }).publish(object);
    await bed.pass(8);
    expect(receiver.levelRates.at(-1)).toBeCloseTo(3 * MEGABIT, 0);
    line.down.change({ rateBitsPerSecond: 7.4e6 });
    await bed.pass(8);
    expect(receiver.levelRates.at(-1)).toBeCloseTo(7 * MEGABIT, 0);
    // Channels that were joined since have seen one server only; a queue is a queue for all that.
    line.down.change({ rateBitsPerSecond: 3.4e6, queueBytes: 5e6 });
    const dropped = line.down.counts.overflowCount;
    await bed.pass(4);
    expect(receiver.levelRates.at(-1)).toBeLessThanOrEqual(3 * MEGABIT);
    expect(receiver.moves.findLast(({ action }) => action === 'leave')!.reason).toMatch(/queue/);
    expect(line.down.counts.overflowCount).toBe(dropped);
  });
});
