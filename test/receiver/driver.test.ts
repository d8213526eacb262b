import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import type { ReceiverEvents } from '../../dist/receiver/events.js';
import { type SimulatedReceiver, simulatedKeys } from '../../dist/simulate/index.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import { batchOfOne } from '../sender/sent-datagrams.js';
import { Bed, expectSafe, MEGABIT, passSeconds, SYMBOL_BYTES } from '../transfer/bed.js';

function eventsOf(receiver: SimulatedReceiver) {
  const events: { readonly name: keyof ReceiverEvents; readonly event: unknown }[] = [];
  for (const name of ['descriptor', 'join', 'leave', 'progress', 'warning', 'complete'] as const) {
    receiver.on(name, (event: unknown) => events.push({ name, event }));
  }
  return events;
}

/** A receiver in the middle of an object that its server has withdrawn 25 s ago. */
async function withdrawn(seed: string) {
  const bed = new Bed(seed);
  const server = bed.server();
  const object = bed.object(1000, { announceIntervalUs: 1e6 });
  const other = bed.object(10, { object: 'other', announceIntervalUs: 1e6 });
  await server.publish(other, object);
  const receiver = bed.receiver({ patienceUs: 30e6 });
  const events = eventsOf(receiver);
  await bed.pass(4);
  await server.publish(other);
  await bed.pass(25);
  return { bed, server, object, receiver, events };
}

describe('the receiving driver', () => {
  it('emits events in the order in which things happen', async () => {
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
      reason: 'the lowest level first, to measure the path',
    });
    expect(events.findLast(({ name }) => name === 'progress')!.event).toMatchObject({
      totalBytes: 500 * SYMBOL_BYTES,
      channels: [0, 1],
      level: 2,
      levelCount: 2,
    });
    expect(events.at(-2)!.event).toMatchObject({ reason: 'enough symbols received' });
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

  it('reports from the first time on the rate at which it receives', async () => {
    const bed = new Bed('first progress');
    await bed.server().publish(bed.object(2000));
    const receiver = bed.receiver();
    const rates: number[] = [];
    receiver.on('progress', ({ rateBitsPerSecond }) => rates.push(rateBitsPerSecond / MEGABIT));
    await bed.pass(3);
    expect(rates).toHaveLength(2);
    for (const rate of rates) expect(rate).toBeCloseTo(1, 0);
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

  it('counts datagrams on the announcement channel that carry no descriptor', async () => {
    const bed = new Bed('announcement noise');
    const object = bed.object(200);
    await bed.server().publish(object);
    const host = bed.host('noise');
    const destination = { ...bed.announcement, interface: undefined, source: undefined, hopLimit: 1, dscp: 0 };
    const socket = await host.openSender(destination);
    const receiver = bed.receiver();
    await bed.pass(0.5);
    for (const bytes of [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(2000)]) {
      void socket.send(batchOfOne(bytes));
    }
    const complete = await bed.completion(receiver, 5);
    expectSafe(receiver, object, complete);
    expect(complete.invalid).toEqual({ foreign: 3 });
  });

  it('ends with the given reason when it is stopped before it begins, and leaves what it joined', async () => {
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

  it('waits longer for a slow channel', async () => {
    const bed = new Bed('slow channel');
    // One datagram in 20 s, with a patience of 30 s.
    const object = bed.object(3, { channels: [{ rateBitsPerSecond: 500 }] });
    await bed.server().publish(object);
    const receiver = bed.receiver({ patienceUs: 10e6 });
    expectSafe(receiver, object, await bed.completion(receiver, 90));
  });

  it('says where it listens and for how long before anything is heard', async () => {
    const bed = new Bed('listening event');
    const receiver = bed.receiver({ patienceUs: 7e6 });
    const heard: unknown[] = [];
    receiver.on('listening', (event) => heard.push(event));
    await bed.pass(0.1);
    expect(heard).toEqual([{ ...bed.announcement, interface: undefined, patienceMs: 7000 }]);
  });

  it('warns of a record with the signature of another key when it hears the first, once', async () => {
    const bed = new Bed('foreign key');
    await bed.server().publish(bed.object(100, {}, simulatedKeys(new Prng('another')).privateKey));
    const receiver = bed.receiver({ patienceUs: 5e6 });
    const events = eventsOf(receiver);
    await bed.pass(1.2);
    expect(events).toEqual([{ name: 'warning', event: expect.objectContaining({ code: 'FOREIGN_KEY' }) }]);
    expect(await bed.failure(receiver, 5)).toBe('RECORD_INVALID');
    expect(events).toHaveLength(1);
  });

  it('does not warn of records that another key signed for other objects', async () => {
    const bed = new Bed('foreign object');
    const stranger = simulatedKeys(new Prng('another')).privateKey;
    await bed.server().publish(bed.object(100, { object: 'other' }, stranger));
    const object = bed.object(100);
    await bed.server(1).publish(object);
    const receiver = bed.receiver();
    const events = eventsOf(receiver);
    expectSafe(receiver, object, await bed.completion(receiver, 3));
    expect(events.filter(({ name }) => name === 'warning')).toEqual([]);
  });

  it('warns once, with the usual cause, when announcements arrive and data do not', async () => {
    const bed = new Bed('no data');
    const object = bed.object(1000);
    const server = bed.server();
    await server.publish(object);
    const receiver = bed.receiver({ patienceUs: 20e6 });
    const events = eventsOf(receiver);
    // The link's MTU is large enough for records, but not for symbols.
    const join = receiver.host.join.bind(receiver.host);
    receiver.host.join = (request, onBatch) =>
      join(request, (batch) => {
        if (request.group === bed.announcement.group) onBatch(batch);
      });
    await bed.pass(15);
    const warnings = events.filter(({ name, event }) => name === 'warning' && hasCode(event, 'NO_DATA'));
    // 40 bytes of IPv6 (RFC 8200), 8 of UDP (RFC 768), 48 of layercast's header.
    const packetBytes = SYMBOL_BYTES + 48 + HEADER_BYTES;
    const message = expect.stringContaining(
      `nothing on channel 0: usually a link on the way has an MTU below ${packetBytes}`,
    );
    expect(warnings).toEqual([{ name: 'warning', event: { code: 'NO_DATA', message } }]);
  });

  it('does not blame the link when a server has died', async () => {
    const bed = new Bed('dead, not filtered');
    const server = bed.server();
    await server.publish(bed.object(1000));
    const receiver = bed.receiver({ patienceUs: 20e6 });
    const events = eventsOf(receiver);
    await bed.pass(4);
    server.host.die();
    await bed.pass(15);
    expect(events.some(({ event }) => hasCode(event, 'NO_DATA'))).toBe(false);
  });

  it('gives a version up that its server has withdrawn, says so once, and does not blame the link', async () => {
    const { bed, receiver, events } = await withdrawn('withdrawn');
    const told = (code: string) => events.filter(({ event }) => hasCode(event, code)).length;
    expect([told('WITHDRAWN'), told('NO_DATA')]).toEqual([1, 0]);
    expect(await bed.failure(receiver, 40)).toBe('NOBODY_SENDING');
    await expect(receiver.done).rejects.toThrow(/version 1 is not announced any more.* is kept/);
  });

  it('completes a version that is withdrawn while its last blocks are verified, and says nothing of it', async () => {
    const bed = new Bed('withdrawn at the end');
    const server = bed.server();
    const object = bed.object(100, { announceIntervalUs: 1e6 });
    const other = bed.object(10, { object: 'other', announceIntervalUs: 1e6 });
    await server.publish(other, object);
    const receiver = bed.receiver({ patienceUs: 30e6, disk: bed.disk({ readUs: 20e6 }) });
    const events = eventsOf(receiver);
    await bed.pass(4);
    await server.publish(other);
    expectSafe(receiver, object, await bed.completion(receiver, 60));
    expect(events.filter(({ event }) => hasCode(event, 'WITHDRAWN'))).toEqual([]);
  });

  it('takes a version up again that was withdrawn and comes back', async () => {
    const { bed, server, object, receiver, events } = await withdrawn('withdrawn for a while');
    await server.publish(object);
    const complete = await bed.completion(receiver, 60);
    expectSafe(receiver, object, complete);
    expect(events.filter(({ event }) => hasCode(event, 'WITHDRAWN'))).toHaveLength(1);
  });

  it('waits longer for rare announcements when genuine records of the fleet say how rare they are', async () => {
    const bed = new Bed('rare announcements');
    const other = bed.object(100, { object: 'other', announceIntervalUs: 20e6 });
    const announcer = bed.server(1);
    await announcer.publish(other);
    const receiver = bed.receiver({ patienceUs: 5e6 });
    await bed.pass(40);
    const object = bed.object(100);
    await bed.server().publish(object);
    expectSafe(receiver, object, await bed.completion(receiver, 3));
    const lone = bed.receiver({ name: 'lone', object: 'missing', patienceUs: 5e6 });
    await bed.pass(58);
    expect(await bed.failure(lone, 3)).toBe('NOBODY_SENDING');
  });

  it('does not wait longer because a stranger says that announcements are rare', async () => {
    const bed = new Bed('forged patience');
    const stranger = simulatedKeys(new Prng('another')).privateKey;
    await bed.server().publish(bed.object(100, { object: 'other', announceIntervalUs: 86_400e6 }, stranger));
    expect(await bed.failure(bed.receiver({ patienceUs: 5e6 }), 5.2)).toBe('RECORD_INVALID');
  });

  it('warns when even the lowest channel is faster than allowed, and joins that channel', async () => {
    const bed = new Bed('below the ladder');
    const object = bed.object(200, { channels: [1, 2].map((factor) => ({ rateBitsPerSecond: factor * MEGABIT })) });
    await bed.server().publish(object);
    const receiver = bed.receiver({ maxRateBitsPerSecond: 300_000 });
    const events = eventsOf(receiver);
    const complete = await bed.completion(receiver, 2 + passSeconds(200));
    expectSafe(receiver, object, complete);
    expect(complete.channels.map(({ channel }) => channel)).toEqual([0]);
    const warnings = events.filter(({ event }) => hasCode(event, 'RATE_BELOW_LADDER'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]!.event).toMatchObject({ message: expect.stringContaining('at most 300 kbit/s are allowed') });
  });

  it('says how much it has received when it is stopped or out of time', async () => {
    const bed = new Bed('how far');
    await bed.server().publish(bed.object(1000));
    const timed = bed.receiver({ name: 'timed', timeoutUs: 6e6 });
    const stopped = bed.receiver({ name: 'stopped' });
    await bed.pass(5);
    stopped.abort('enough');
    expect(await bed.failure(stopped, 1)).toBe('ABORTED');
    await expect(stopped.done).rejects.toThrow(/progress is kept: 4\d\d? kB of 1\.15 MB/);
    expect(await bed.failure(timed, 2)).toBe('TIMEOUT');
    await expect(timed.done).rejects.toThrow(/progress is kept: 5\d\d? kB of 1\.15 MB/);
  });

  it('counts what its caller waited before as time, and names the whole time that it had', async () => {
    const bed = new Bed('waited before');
    await bed.server().publish(bed.object(1000));
    const late = bed.receiver({ timeoutUs: 6e6, waitedUs: 1_234_567.89 });
    await bed.pass(4);
    expect(await bed.failure(late, 1)).toBe('TIMEOUT');
    await expect(late.done).rejects.toThrow(/^not complete after 6 s; /);
  });

  it('does not take the time in which its process was stopped for silence', async () => {
    const bed = new Bed('stopped process');
    const object = bed.object(1000);
    await bed.server().publish(object);
    const receiver = bed.receiver({ patienceUs: 5e6 });
    await bed.pass(4);
    receiver.host.freeze(60);
    await bed.pass(61);
    expectSafe(receiver, object, await bed.completion(receiver, 2 * passSeconds(1000)));
  });
});

function hasCode(event: unknown, code: string): boolean {
  return typeof event === 'object' && event !== null && 'code' in event && event.code === code;
}
