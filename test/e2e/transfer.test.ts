import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CompleteEvent } from '../../dist/receiver/events.js';
import { describeBed } from '../lab/allowed.js';
import { completed, progressBeyond, Scene } from './scene.js';

const symbolBytes = 1184;
const sizeBytes = 12.5e6;

describeBed('one file on three channels from two servers', () => {
  let scene: Scene;
  let bytes: Buffer;
  let config: string;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'beta', 'r1']);
    bytes = scene.random('image', sizeBytes);
    config = scene.fleet({
      fleet: 'acme',
      objects: {
        image: {
          file: 'image',
          channels: [
            { rate: '4Mbit', offset: '0%' },
            { rate: '4Mbit', offset: '33%' },
            { rate: '4Mbit', offset: '66%' },
          ],
        },
      },
      servers: { alpha: { offset: '0%' }, beta: { offset: '17%' } },
    });
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  function serveBoth() {
    return Promise.all(['alpha', 'beta'].map((host) => scene.serve(host, config, ['image'], ['--host', host])));
  }

  test('arrives identical, with something from every server and channel', { timeout: 60_000 }, async () => {
    await serveBoth();
    const complete = await scene.fetched('r1', 'acme/image', 'whole');
    expect(readFileSync(scene.path('whole')).equals(bytes)).toBe(true);
    expectContributions(complete);
    expectCountsThatAgree(complete);
    expect(complete.lostDatagrams).toBeLessThanOrEqual(await lostHere());
  });

  test('arrives identical over a link that loses one datagram in twenty', { timeout: 90_000 }, async () => {
    await scene.bed.host('r1').lose({ ratio: 0.05 });
    const overflowed = await lostHere();
    await serveBoth();
    const complete = await scene.fetched('r1', 'acme/image', 'through-losses');
    const { dropped } = await scene.bed.host('r1').losses();
    await scene.bed.host('r1').keep();
    expect(readFileSync(scene.path('through-losses')).equals(bytes)).toBe(true);
    expectContributions(complete);
    expectCountsThatAgree(complete);
    const { datagrams, lostDatagrams } = complete;
    expect(lostDatagrams / (datagrams + lostDatagrams)).toBeGreaterThan(0.045);
    expect(lostDatagrams).toBeLessThanOrEqual(dropped + (await lostHere()) - overflowed);
  });

  test('is finished by one server when the other is killed half-way', { timeout: 60_000 }, async () => {
    const [alpha] = await serveBoth();
    const receiving = scene.fetch('r1', 'acme/image', 'survivor');
    const { bytes: before } = await progressBeyond(receiving, 0.3);
    expect(before).toBeLessThan(sizeBytes);
    alpha!.process.kill('SIGKILL');
    const complete = await completed(receiving);
    expect(readFileSync(scene.path('survivor')).equals(bytes)).toBe(true);
    expectContributions(complete);
    const [fromAlpha, fromBeta] = ['alpha', 'beta'].map(
      (name) => complete.servers.find(({ server }) => server === name)!.datagrams,
    );
    expect(fromBeta).toBeGreaterThan(fromAlpha!);
  });

  function expectContributions({ servers, channels }: CompleteEvent): void {
    expect(servers.map(({ server }) => server).toSorted()).toEqual(['alpha', 'beta']);
    expect(channels.map(({ channel }) => channel)).toEqual([0, 1, 2]);
    for (const { datagrams } of [...servers, ...channels]) expect(datagrams).toBeGreaterThan(1000);
  }

  /** Datagrams that the kernel of r1 dropped because the receiver did not read them in time. */
  async function lostHere(): Promise<number> {
    const text = await scene.bed.host('r1').run('cat', ['/proc/net/snmp6']);
    return Number(/Udp6RcvbufErrors\s+(\d+)/.exec(text)?.[1]);
  }
});

function expectCountsThatAgree(complete: CompleteEvent): void {
  const { datagrams, lostDatagrams, payloadBytes, duplicateBytes, overhead, servers, channels } = complete;
  const sum = (counts: readonly { readonly datagrams: number; readonly lostDatagrams: number }[]) =>
    counts.reduce((a, b) => ({
      datagrams: a.datagrams + b.datagrams,
      lostDatagrams: a.lostDatagrams + b.lostDatagrams,
    }));
  expect(sum(servers)).toMatchObject({ datagrams, lostDatagrams });
  expect(sum(channels)).toMatchObject({ datagrams, lostDatagrams });
  expect(complete).toMatchObject({ bytes: sizeBytes, resumedBytes: 0, rejectedBlocks: 0, invalidDatagrams: 0 });
  expect(payloadBytes - duplicateBytes).toBe(sizeBytes + complete.droppedDatagrams * symbolBytes);
  // The overhead counts symbols, of which the last of the object is short, and comes again with each pass on a busy machine.
  const roundingRatio = ((overhead + 1) * symbolBytes) / sizeBytes;
  expect(Math.abs(overhead - (payloadBytes / sizeBytes - 1))).toBeLessThan(roundingRatio);
  // Datagrams without a symbol have a piece of the descriptor or digests: at most one datagram in 33.
  const symbols = payloadBytes / symbolBytes;
  expect(datagrams).toBeGreaterThanOrEqual(Math.floor(symbols));
  expect(datagrams).toBeLessThan(symbols * 1.05 + 100);
}
