import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../allowed.js';
import { Bed } from '../bed.js';
import { until } from '../until.js';

const sender = fileURLToPath(new URL('../peers/sender.mjs', import.meta.url));
const receiver = fileURLToPath(new URL('../peers/receiver.mjs', import.meta.url));
const echo = fileURLToPath(new URL('../peers/echo.mjs', import.meta.url));
const port = 4242;

describeBed('a relay in the cable to a host', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.lay({ hosts: ['alpha', 'r1'] });
  });
  afterAll(() => bed?.lift());

  test('carries memberships and multicast, and counts each packet once', async () => {
    const group = 'ff15::1';
    const relay = await bed.relay('r1', { service: { kind: 'bursts', rateBitsPerSecond: 20e6, periodMs: 10 } });
    const listener = bed.host('r1').spawn(process.execPath, [receiver, JSON.stringify({ group, port, every: 1 })]);
    await bed.joined('r1', group);
    await send(group, 100);
    await listener.waitForEvent(({ event, count }) => event === 'heard' && count === 100);
    const counts = await relay.counted(
      ({ passedPackets, waitingPackets }) => passedPackets >= 100 && waitingPackets === 0,
    );
    // Besides the datagrams there are only queries and what finds neighbours, of 160 bytes at most, and reports in the other direction.
    expect(counts.passedBytes).toBeGreaterThanOrEqual(100 * 1250);
    expect(counts.passedBytes).toBeLessThanOrEqual(100 * 1250 + 160 * (counts.passedPackets - 100));
    expect(counts).toMatchObject({ droppedPackets: 0, lostPackets: 0, missedPackets: 0, waitingBytes: 0 });
    expect(counts.returnedPackets).toBeGreaterThan(0);
    listener.kill('SIGUSR2');
    await bed.left('r1', group);
  });

  test('drops what its bucket has no tokens for, and passes the rest', async () => {
    const group = 'ff15::2';
    const service = { kind: 'policer', rateBitsPerSecond: 8e3, burstBytes: 40 * 1250 } as const;
    const relay = await bed.relay('r1', { service });
    const listener = bed.host('r1').spawn(process.execPath, [receiver, JSON.stringify({ group, port, every: 1 })]);
    await bed.joined('r1', group);
    await send(group, 100);
    const { passedPackets, droppedPackets } = await relay.counted((counts) => {
      return counts.passedPackets + counts.droppedPackets >= 100;
    });
    // New tokens are a packet in 1.25 s.
    expect(droppedPackets).toBeGreaterThanOrEqual(40);
    expect(passedPackets).toBeGreaterThanOrEqual(39);
    await listener.waitForEvent(({ event, count }) => event === 'heard' && Number(count) >= 100 - droppedPackets);
  });

  test('carries TCP in both directions, byte for byte, with losses', async () => {
    const service = { kind: 'fqCodel', rateBitsPerSecond: 50e6, targetMs: 5 } as const;
    const relay = await bed.relay('r1', {
      service,
      queueBytes: 1e6,
      loss: { ratio: 0.01, burstPackets: 2 },
      delayMs: 1,
    });
    const returning = bed.host('r1').spawn(process.execPath, [echo, JSON.stringify({ port })]);
    await returning.waitForEvent('listening');
    const task = { address: bed.host('r1').address, port, sizeBytes: 1e6 };
    const sending = bed.host('alpha').spawn(process.execPath, [echo, JSON.stringify(task)]);
    expect(await sending.waitForEvent('returned')).toMatchObject({ isSame: true });
    expect(relay.counts?.lostPackets).toBeGreaterThan(0);
  });

  test('is dead when the relay has ended after its time', async () => {
    const service = { kind: 'policer', rateBitsPerSecond: 1e6, burstBytes: 10_000 } as const;
    const relay = await bed.relay('r1', { service }, 0.1);
    expect(await relay.process.exited).toEqual({ code: 0, signal: null });
  });

  async function send(group: string, count: number): Promise<void> {
    const task = { group, port, count, sizeBytes: 1202, batch: 50 };
    const talker = bed.host('alpha').spawn(process.execPath, [sender, JSON.stringify(task)]);
    await talker.waitForEvent('sent');
  }
});

describeBed('a relay whose bed was laid by a process that is killed', () => {
  test('ends', async () => {
    const program = `
      const { Bed } = await import('${new URL('../bed.ts', import.meta.url).href}');
      const bed = await Bed.lay({ hosts: ['r1'] });
      const relay = await bed.relay('r1', { service: { kind: 'policer', rateBitsPerSecond: 1e6, burstBytes: 1e4 } });
      console.log(relay.process.pid);
      setInterval(() => {}, 1000);`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
    const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(text.toString());
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    parent.kill('SIGKILL');
    await until('the relay has ended', async () => !existsSync(`/proc/${pid}`));
  });
});
