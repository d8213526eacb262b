import { describe, expect, it } from 'vitest';
import type { ReceiverEvents } from '../../dist/receiver/events.js';
import type { SimulatedReceiver } from '../../dist/simulate/simulated-receiver.js';
import { Bed, expectSafe, MEGABIT, passSeconds, SYMBOL_BYTES } from '../transfer/bed.js';

function eventsOf(receiver: SimulatedReceiver) {
  const events: { readonly name: keyof ReceiverEvents; readonly event: unknown }[] = [];
  for (const name of ['descriptor', 'join', 'leave', 'progress', 'warning', 'complete'] as const) {
    receiver.on(name, (event: unknown) => events.push({ name, event }));
  }
  return events;
}

describe('the receiving driver', () => {
  it('tells what it does in the order it happens', async () => {
    const bed = new Bed('events');
    const channels = [0, 0.5].map((startRatio) => ({ rateBitsPerSecond: MEGABIT, startRatio }));
    const object = bed.object(500, { channels });
    await bed.server().publish(object);
    const receiver = bed.receiver();
    const events = eventsOf(receiver);
    const complete = await bed.completion(receiver, 5);
    const names = events.map(({ name }) => name).filter((name) => name !== 'progress');
    expect(names).toEqual(['descriptor', 'join', 'join', 'leave', 'leave', 'complete']);
    expect(events[0]!.event).toMatchObject({ resumedBytes: 0, descriptor: { version: 1, object: 'object' } });
    expect(events[1]!.event).toMatchObject({
      channel: 0,
      server: undefined,
      reason: 'the lowest level, to measure from',
    });
    expect(events.findLast(({ name }) => name === 'progress')!.event).toMatchObject({
      totalBytes: 500 * SYMBOL_BYTES,
      channels: [0, 1],
      level: 1,
    });
    expect(events.at(-2)!.event).toMatchObject({ reason: 'has what it needs' });
    expect(events.at(-1)!.event).toEqual(complete);
    expect(complete).toMatchObject({ fleet: 'fleet', object: 'object', version: 1, bytes: 500 * SYMBOL_BYTES });
    expect(Math.abs(complete.elapsedMs - bed.nowS * 1000)).toBeLessThan(2);
    expect(receiver.stats()).toMatchObject({ payloadBytes: complete.payloadBytes });
  });

  it('reports about once a second while it receives', async () => {
    const bed = new Bed('progress');
    await bed.server().publish(bed.object(2000));
    const receiver = bed.receiver();
    const times: number[] = [];
    receiver.on('progress', () => times.push(bed.nowS));
    await bed.pass(10);
    expect(times).toHaveLength(9);
    expect(times.slice(1).every((at, i) => Math.abs(at - times[i]! - 1) < 0.11)).toBe(true);
  });

  it('joins what was picked by hand, and refuses what the ladder does not have', async () => {
    const bed = new Bed('picked');
    const channels = [1, 1, 1].map((factor) => ({ rateBitsPerSecond: factor * MEGABIT }));
    const object = bed.object(100, { channels });
    await bed.server().publish(object);
    const picky = bed.receiver({ channels: [2] });
    const complete = await bed.completion(picky, 1.01 + passSeconds(100));
    expectSafe(picky, object, complete);
    expect(complete.channels.map(({ channel }) => channel)).toEqual([2]);
    expect(await bed.failure(bed.receiver({ name: 'wrong', channels: [3] }), 1.1)).toBe('USAGE');
  });

  it('counts what comes on the announcement channel and is no descriptor', async () => {
    const bed = new Bed('announcement noise');
    const object = bed.object(200);
    await bed.server().publish(object);
    const host = bed.host('noise');
    const destination = { ...bed.announcement, interface: undefined, source: undefined, hopLimit: 1, dscp: 0 };
    const socket = await host.openSender(destination);
    const receiver = bed.receiver();
    await bed.pass(0.5);
    for (const bytes of [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(2000)]) {
      void socket.send({ count: 1, bytes, strideBytes: bytes.length, lengths: [bytes.length] });
    }
    const complete = await bed.completion(receiver, 5);
    expectSafe(receiver, object, complete);
    expect(complete.invalid).toEqual({ foreign: 3 });
  });

  it('that is stopped before it begins ends with the reason and has joined nothing for long', async () => {
    const bed = new Bed('stopped early');
    const receiver = bed.receiver();
    receiver.abort('no');
    expect(await bed.failure(receiver, 1)).toBe('ABORTED');
    await expect(receiver.done).rejects.toMatchObject({ cause: 'no' });
    await bed.pass(1);
    await bed.server().publish(bed.object(10));
    await bed.pass(3);
    expect(receiver.host.down.counts.carriedCount).toBe(0);
  });

  it('waits as patiently for a slow channel as that needs', async () => {
    const bed = new Bed('slow channel');
    // One datagram in 20 s, with a patience of 30.
    const object = bed.object(3, { channels: [{ rateBitsPerSecond: 500 }] });
    await bed.server().publish(object);
    const receiver = bed.receiver({ patienceUs: 10e6 });
    expectSafe(receiver, object, await bed.completion(receiver, 90));
  });
});
