import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeBed } from './allowed.js';
import { Bed } from './bed.js';
import type { Sites } from './laying.js';
import type { LabProcess } from './process.js';
import { bottleneck, type Shape, tokenBucket } from './shaping.js';
import { until } from './until.js';

const sender = fileURLToPath(new URL('peers/sender.mjs', import.meta.url));
const receiver = fileURLToPath(new URL('peers/receiver.mjs', import.meta.url));
const port = 4242;

let groupNumber = 0x100;
let group = '';
beforeEach(() => {
  groupNumber += 1;
  group = `ff15::${groupNumber.toString(16)}`;
});

describe('the queue of a bottleneck', () => {
  test.each([
    [{ rateBitsPerSecond: 7e6, queueMs: 100 }, 87_500],
    [{ rateBitsPerSecond: 100e6, queueMs: 500 }, 6_250_000],
    [{ rateBitsPerSecond: 0.5e6, queueMs: 20 }, 12_000],
    [{ rateBitsPerSecond: 0.5e6, queueMs: 20, queueBytes: 3000 }, 3000],
    [{ rateBitsPerSecond: 8e6 }, 50_000],
    [{ rateBitsPerSecond: 0.5e6 }, 15_000],
  ])('of %j has room for %d bytes', (shape: Shape, bytes) => {
    expect(/bfifo limit (\d+)/.exec(bottleneck('r1', shape, 1500))?.[1]).toBe(String(bytes));
  });
});

test.each([
  [0.5e6, 100],
  [50e6, 313],
  [100e6, 625],
])(
  'a bottleneck of %d bit/s may send %d bytes at once, less than a packet, to make up for a late timer',
  (rateBitsPerSecond, bytes) => {
    expect(/ cburst (\d+)/.exec(bottleneck('r1', { rateBitsPerSecond }, 1500))?.[1]).toBe(String(bytes));
  },
);

describe('a token bucket', () => {
  test('has a queue for the time given, and a bucket for a full packet at least', () => {
    const shape = { rateBitsPerSecond: 2e6, burstBytes: 16_000, queueMs: 100 };
    expect(tokenBucket('r1', shape, 1500)).toContain('tbf rate 2000000bit burst 16000 limit 25000');
    expect(() => tokenBucket('r1', { ...shape, burstBytes: 1499 }, 1500)).toThrow('1499');
    expect(() => tokenBucket('r1', { ...shape, rateBitsPerSecond: 7999 }, 1500)).toThrow('7999');
  });
});

describeBed('a bottleneck of a bed', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.lay({ hosts: ['alpha', 'beta', 'r1', 'r2', 'r3'], sites: { office: ['r2', 'r3'] } });
  });
  afterEach(async () => {
    await Promise.all(bed.record.hosts.map((host) => bed.host(host).end()));
    await Promise.all(['r1', 'r2', 'r3', 'office'].map((name) => bed.port(name).unshape()));
  });
  afterAll(() => bed?.lift());

  async function listen(host: string): Promise<LabProcess> {
    const listener = bed.host(host).spawn(process.execPath, [receiver, JSON.stringify({ group, port, every: 1 })]);
    await bed.joined(host, group);
    return listener;
  }

  async function send(host: string, count: number): Promise<void> {
    const task = { group, port, count, sizeBytes: 1202, batch: 50 };
    await bed
      .host(host)
      .spawn(process.execPath, [sender, JSON.stringify(task)])
      .waitForEvent('sent');
  }

  test('changes its rate while packets wait, and loses none of them', async () => {
    const listener = await listen('r1');
    await bed.port('r1').shape({ rateBitsPerSecond: 20e3, queueBytes: 100_000 });
    await send('alpha', 50);
    const before = await bed.port('r1').shaped();
    expect(before?.waiting.packets).toBeGreaterThan(30);
    await bed.port('r1').shape({ rateBitsPerSecond: 20e6, queueBytes: 100_000 });
    await listener.waitForEvent(({ event, count }) => event === 'heard' && count === 50);
    const after = await bed.port('r1').shaped();
    expect(after).toMatchObject({ droppedPackets: 0, waiting: { packets: 0, bytes: 0 } });
    expect(after!.passed.bytes).toBeGreaterThanOrEqual(50 * 1250);
  });

  test('lets a train out one packet after the other, each after the time of the one before', async () => {
    await listen('r1');
    await bed.port('r1').shape({ rateBitsPerSecond: 500e3, queueBytes: 100_000 });
    const dump = bed.host('r1').spawn('tcpdump', ['-i', 'eth0', '-n', '-tt', '-l', '-c', '5', `dst host ${group}`]);
    await until('tcpdump listens', async () => dump.stderr.includes('listening on'));
    await send('alpha', 5);
    await dump.exited;
    const seconds = dump.stdout.split('\n').flatMap((line) => /^\d+\.\d+/.exec(line)?.map(Number) ?? []);
    expect(seconds).toHaveLength(5);
    // Times from the kernel: 20 ms for each packet of 1250 bytes, or up to a tenth less to make up for late timers.
    expect(seconds[4]! - seconds[0]!).toBeGreaterThan(4 * 0.02 * 0.89);
  });

  test('with a bucket passes a bucketful at once, keeps a queueful, and drops the rest', async () => {
    const listener = await listen('r1');
    await bed.port('r1').bucket({ rateBitsPerSecond: 20e3, burstBytes: 16_000, queueMs: 5000 });
    await send('alpha', 50);
    // 12 packets of 1250 bytes fill the bucket; the next ones wait 0.5 s each, and the queue has room for 10 of them.
    await listener.waitForEvent(({ event, count }) => event === 'heard' && count === 12);
    const { passed, waiting, droppedPackets } = (await bed.port('r1').shaped())!;
    expect(waiting.bytes).toBeLessThanOrEqual(12_500);
    expect(droppedPackets).toBeGreaterThan(20);
    expect(passed.packets + waiting.packets + droppedPackets).toBeGreaterThanOrEqual(50);
    await bed.port('r1').unshape();
    expect(await bed.port('r1').shaped()).toBeUndefined();
  });

  test('is seen by a watch while its queue fills, drops and empties', async () => {
    await listen('r1');
    await bed.port('r1').shape({ rateBitsPerSecond: 100e3, queueBytes: 12_500 });
    await using watch = bed.watch();
    await send('alpha', 50);
    const last = () => watch.samples('r1').at(-1);
    await until('the queue is empty again', async () => {
      const { waiting, droppedPackets } = last() ?? {};
      return waiting?.bytes === 0 && droppedPackets !== undefined && droppedPackets > 0;
    });
    const samples = watch.samples('r1');
    expect(Math.max(...samples.map(({ waiting }) => waiting.bytes))).toBeGreaterThan(8_000);
    expect(Math.max(...samples.map(({ waiting }) => waiting.bytes))).toBeLessThanOrEqual(12_500);
    expect(samples.map(({ atMs }) => atMs)).toEqual(samples.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    // Packets that neither wait nor were dropped have passed; other traffic, such as queries, passes too.
    expect(last()!.passed.packets).toBeGreaterThanOrEqual(50 - last()!.droppedPackets);
    expect(watch.samples('r9')).toEqual([]);
  });

  test('of each source is its own, and holds up no other source', async () => {
    const listener = await listen('r1');
    const addresses = ['alpha', 'beta'].map((host) => bed.host(host).address);
    await bed.port('r1').shapeSources([
      { address: addresses[0]!, shape: { rateBitsPerSecond: 20e3, queueBytes: 200_000 } },
      { address: addresses[1]!, shape: { rateBitsPerSecond: 20e6, queueBytes: 200_000 } },
    ]);
    await send('alpha', 50);
    await send('beta', 40);
    await until('all of beta has passed', async () => {
      return (await bed.port('r1').links()).get('r1/2')?.passed.packets === 40;
    });
    const links = await bed.port('r1').links();
    expect([...links.keys()].toSorted()).toEqual(['r1/1', 'r1/2']);
    expect(links.get('r1/1')!.waiting.packets).toBeGreaterThan(30);
    expect(links.get('r1/2')).toMatchObject({ droppedPackets: 0, passed: { packets: 40, bytes: 40 * 1250 } });
    await listener.waitForEvent(({ event, count }) => event === 'heard' && Number(count) >= 40);
  });

  test('of a site carries a group once for all its hosts, and until the last of them leaves', async () => {
    const [r2, r3] = [await listen('r2'), await listen('r3')];
    await bed.joined('office', group);
    await send('alpha', 30);
    for (const listener of [r2, r3]) {
      await listener.waitForEvent(({ event, count }) => event === 'heard' && count === 30);
    }
    expect((await bed.port('office').sent(group)).packets).toBe(30);
    r2.kill('SIGUSR2');
    await bed.left('r2', group);
    await send('alpha', 30);
    await r3.waitForEvent(({ event, count }) => event === 'heard' && count === 60);
    expect((await bed.port('r2').sent(group)).packets).toBe(30);
    r3.kill('SIGUSR2');
    await bed.left('office', group);
    await send('alpha', 30);
    expect((await bed.port('office').sent(group)).packets).toBe(60);
    expect((await bed.port('r1').sent(group)).packets).toBe(0);
  });

  test('goes on with a group for the leave latency, and with fast leave only until the last host has left', async () => {
    await bed.leaveLatency(100_000);
    for (const name of ['r2', 'r3', 'office']) await bed.port(name).fastLeave(true);
    const [r1, r2, r3] = [await listen('r1'), await listen('r2'), await listen('r3')];
    for (const listener of [r1, r2]) {
      listener.kill('SIGUSR2');
      await listener.waitForEvent('left');
    }
    await bed.left('r2', group);
    const listeners = async () => (await bed.memberships()).filter((member) => member.group === group);
    expect((await listeners()).map(({ host }) => host).toSorted()).toEqual(['office', 'r1', 'r3']);
    r3.kill('SIGUSR2');
    await bed.left('office', group);
    expect((await listeners()).map(({ host }) => host)).toEqual(['r1']);
    await bed.leaveLatency(200);
    for (const name of ['r2', 'r3', 'office']) await bed.port(name).fastLeave(false);
    const again = await listen('r2');
    again.kill('SIGUSR2');
    await bed.left('r2', group);
  });

  test('cannot be where a site has no such host', async () => {
    const wrong: Sites[] = [{ office: ['r9'] }, { one: ['r1'], two: ['r1'] }, { r1: [] }, { 'b-1': ['r1'] }];
    for (const sites of wrong) {
      await expect(Bed.lay({ hosts: ['r1'], sites })).rejects.toMatchObject({ code: 'USAGE' });
    }
  });
});
