import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeBed } from './allowed.js';
import { Bed } from './bed.js';
import type { LabProcess } from './process.js';

const sender = fileURLToPath(new URL('peers/sender.mjs', import.meta.url));
const receiver = fileURLToPath(new URL('peers/receiver.mjs', import.meta.url));
const port = 4242;

/** Each test has a group of its own, so that no test hears another test's datagrams. */
let groupNumber = 0;
let group = '';
beforeEach(() => {
  groupNumber += 1;
  group = `ff15::${groupNumber.toString(16)}`;
});

describeBed('a bed', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.lay({ hosts: ['alpha', 'beta', 'r1', 'r-2'] });
  });
  afterAll(() => bed?.lift());

  function listen(host: string, source?: string): LabProcess {
    const options = { group, port, every: 1, ...(source === undefined ? {} : { source }) };
    return bed.host(host).spawn(process.execPath, [receiver, JSON.stringify(options)]);
  }

  async function send(host: string, options: { count: number; sizeBytes?: number; batch?: number }): Promise<void> {
    const process = startSending(host, options);
    await process.waitForEvent('sent');
  }

  function startSending(host: string, options: { count: number; sizeBytes?: number; batch?: number }): LabProcess {
    return bed.host(host).spawn(process.execPath, [sender, JSON.stringify({ group, port, ...options })]);
  }

  test('keeps a group from every port where nobody has joined it', async () => {
    await send('alpha', { count: 50 });
    expect(await bed.port('alpha').received(group)).toEqual({ packets: 50, bytes: 50 * 248 });
    for (const host of ['alpha', 'beta', 'r1', 'r-2']) expect((await bed.port(host).sent(group)).packets).toBe(0);
  });

  test('sends a group to the port of a listener and to no other', async () => {
    const listener = listen('r1');
    await bed.joined('r1', group);
    await send('alpha', { count: 50 });
    await listener.waitForEvent(({ event, count }) => event === 'heard' && count === 50);
    expect(await bed.port('r1').sent(group)).toEqual({ packets: 50, bytes: 50 * 248 });
    expect((await bed.port('r-2').sent(group)).packets).toBe(0);
    expect((await bed.port('r1').counters()).toHost).toContainEqual({
      group,
      udpPort: port,
      packets: 50,
      bytes: 50 * 248,
    });
  });

  test('lets a port fall silent after the last leave', async () => {
    const listener = listen('r1');
    await bed.joined('r1', group);
    const stream = startSending('alpha', { count: 100_000 });
    await listener.waitForEvent('heard');
    listener.kill('SIGUSR2');
    await bed.left('r1', group);
    const atLeave = await bed.port('r1').sent(group);
    const sentAtLeave = await bed.port('alpha').received(group);
    await bed.settled();
    stream.kill();
    await stream.exited;
    expect(await bed.port('r1').sent(group)).toEqual(atLeave);
    expect((await bed.port('alpha').received(group)).packets).toBeGreaterThan(sentAtLeave.packets);
  });

  test('forgets a listener that was killed', async () => {
    const listener = listen('r1');
    await bed.joined('r1', group);
    expect(listener.kill('SIGKILL')).toBe(true);
    expect(await listener.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await bed.left('r1', group);
  });

  test('shows a source-specific listener and lets only that source through', async () => {
    const listener = listen('r1', bed.host('beta').address);
    await bed.joined('r1', group, 'fd00:1::2');
    expect((await bed.memberships()).filter((member) => member.group === group)).toEqual([
      { host: 'r1', group, source: 'fd00:1::2', excluded: [] },
    ]);
    await send('alpha', { count: 20 });
    await send('beta', { count: 30 });
    await listener.waitForEvent(({ event, count }) => event === 'heard' && count === 30);
    expect((await bed.port('alpha').received(group)).packets).toBe(20);
    expect((await bed.port('r1').sent(group)).packets).toBe(30);
  });

  test('shapes what goes to a host to the rate, counted in whole IPv6 packets', async () => {
    await using listener = listen('r1');
    await bed.joined('r1', group);
    // 400 packets of 1250 bytes fill 4 Mbit/s for 1 s. The burst adds two packets, and the queue must drop none.
    await bed.host('r1').shape({ rateBitsPerSecond: 4e6, burstBytes: 3000, queueBytes: 600_000 });
    const started = performance.now();
    const sent = send('alpha', { count: 400, sizeBytes: 1202, batch: 50 });
    const first = await listener.waitForEvent('heard');
    const heard = performance.now();
    await sent;
    await listener.waitForEvent(({ event, count }) => event === 'heard' && count === 400);
    const rateSince = (sinceMs: number, count: number) => (count * 1250 * 8) / ((performance.now() - sinceMs) / 1000);
    // The start of the sender is in the time since it was started, and how late the first event was read is not in the other.
    const [least, most] = [rateSince(started, 400), rateSince(heard, 400 - Number(first.count))];
    const shaped = await bed.port('r1').shaped();
    expect(shaped?.droppedPackets).toBe(0);
    expect(shaped?.passed.bytes).toBeGreaterThanOrEqual(400 * 1250);
    await bed.host('r1').unshape();
    expect(await bed.port('r1').shaped()).toBeUndefined();
    expect(least).toBeLessThan(4e6 * 1.03);
    expect(most).toBeGreaterThan(4e6 * 0.5);
  });

  test('drops what a shaped link has no room for', async () => {
    await using _listener = listen('r1');
    await bed.joined('r1', group);
    await bed.host('r1').shape({ rateBitsPerSecond: 100e3, burstBytes: 3000, queueBytes: 15_000 });
    await send('alpha', { count: 200, sizeBytes: 1202, batch: 50 });
    const shaped = await bed.port('r1').shaped();
    await bed.host('r1').unshape();
    expect(shaped?.droppedPackets).toBeGreaterThan(100);
    expect((await bed.port('r1').sent(group)).packets).toBe(200);
  });

  test('loses the share asked for, one datagram at a time', async () => {
    await using listener = listen('r-2');
    await bed.joined('r-2', group);
    await bed.host('r-2').lose({ ratio: 0.1 });
    await send('alpha', { count: 5000, batch: 20 });
    const { heard, dropped } = await bed.host('r-2').losses();
    expect(heard + dropped).toBe(5000);
    // 5 standard deviations of a binomial distribution: sqrt(5000 · 0.1 · 0.9) = 21.2
    expect(Math.abs(dropped - 500)).toBeLessThan(106);
    await listener.waitForEvent(({ event, count }) => event === 'heard' && count === heard);
    await bed.host('r-2').lose({ ratio: 0 });
    await send('alpha', { count: 100 });
    expect(await bed.host('r-2').losses()).toEqual({ heard: 100, dropped: 0 });
    await bed.host('r-2').lose({ ratio: 1 });
    await send('alpha', { count: 100 });
    expect(await bed.host('r-2').losses()).toEqual({ heard: 0, dropped: 100 });
    await bed.host('r-2').keep();
  });

  test('takes an interface down and brings it up with its address and its memberships', async () => {
    await using listener = listen('r1');
    await bed.joined('r1', group);
    await bed.host('r1').linkDown();
    await bed.left('r1', group);
    await bed.host('r1').linkUp();
    await bed.joined('r1', group);
    await send('alpha', { count: 10 });
    await listener.waitForEvent(({ event, count }) => event === 'heard' && count === 10);
    expect(await bed.host('r1').run('ip', ['-6', 'addr', 'show', 'dev', 'eth0'])).toContain('fd00:1::3/64');
  });

  test('pulls a cable, and nothing passes until it is plugged in again', async () => {
    await using listener = listen('r1');
    await bed.joined('r1', group);
    await bed.host('r1').unplug();
    await send('alpha', { count: 10 });
    expect((await bed.port('r1').sent(group)).packets).toBe(0);
    await bed.host('r1').plug();
    await bed.joined('r1', group);
    await bed.settled();
    await send('alpha', { count: 10 });
    await listener.waitForEvent(({ event, count }) => event === 'heard' && count === 10);
  });

  test('names the hosts it has when asked for one that it has not', () => {
    expect(() => bed.host('r9')).toThrowError(
      expect.objectContaining({ code: 'UNKNOWN_HOST', hint: 'one of: alpha, beta, r1, r-2' }),
    );
  });
});
