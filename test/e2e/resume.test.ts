import { readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, eventsOf, failed, progressBeyond, progressKept, Scene } from './scene.js';
import { seededRandom } from './seeded-random.js';

const sizeBytes = 4e6;
const killCount = 4;

describeBed('a fetch that was interrupted', () => {
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
            { rate: '2Mbit', offset: '0%' },
            { rate: '10Mbit', offset: '50%' },
          ],
        },
      },
      servers: { alpha: { offset: '0%' }, beta: { offset: '25%' } },
    });
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const serve = (host: string) => scene.serve(host, config, ['image'], ['--host', host]);

  test('by kill -9 at random moments resumes with the verified symbols, and ends identical', {
    timeout: 90_000,
  }, async () => {
    const { seed, random } = seededRandom();
    console.log(`moments of kill -9 by seed ${seed}`);
    await serve('alpha');
    let keptBytes = 0;
    let durableBytes = 0;
    for (let run = 0; run < killCount; run++) {
      const receiving = scene.fetch('r1', 'acme/image', 'killed', ['--channels', '0']);
      // However slowly this machine starts processes: half of them have begun to receive, and one has kept something.
      if (run % 2 === 1) await receiving.waitForEvent('descriptor');
      if (run === 1) await progressKept(receiving, 0.01);
      await delay(200 + random() * 1600);
      receiving.kill('SIGKILL');
      expect(await receiving.exited).toEqual({ code: null, signal: 'SIGKILL' });
      const descriptor = eventsOf(receiving, 'descriptor')[0];
      if (descriptor === undefined) continue;
      expect(descriptor.resumedBytes).toBeGreaterThanOrEqual(Math.max(keptBytes, durableBytes));
      keptBytes = Number(descriptor.resumedBytes);
      // The last report may be younger than the last checkpoint (every 0.5 s); the report before is older.
      durableBytes = Number(eventsOf(receiving, 'progress').at(-2)?.verifiedBytes ?? durableBytes);
      for (const { bytes, verifiedBytes } of eventsOf(receiving, 'progress')) {
        expect(bytes).toBeGreaterThanOrEqual(keptBytes);
        expect(verifiedBytes).toBeLessThanOrEqual(Number(bytes));
      }
    }
    const complete = await scene.fetched('r1', 'acme/image', 'killed');
    expect(complete.resumedBytes).toBeGreaterThanOrEqual(Math.max(keptBytes, durableBytes));
    expect(complete.resumedBytes).toBeGreaterThan(0);
    // Kept symbols are not received again: the new bytes are exactly the missing ones.
    const newBytes = complete.payloadBytes - complete.duplicateBytes - complete.droppedDatagrams * 1184;
    expect(complete.resumedBytes + newBytes).toBe(sizeBytes);
    expect(readFileSync(scene.path('killed')).equals(bytes)).toBe(true);
  });

  test('whose part file was changed meanwhile finds the changed place, and ends identical', {
    timeout: 60_000,
  }, async () => {
    await serve('alpha');
    const receiving = scene.fetch('r1', 'acme/image', 'tampered', ['--channels', '1']);
    const { map } = await progressBeyond(receiving, 0.5);
    receiving.kill('SIGINT');
    await receiving.exited;
    // The middle of the longest stretch of received bytes: verified, recorded as verified, and then changed without the journal.
    const cell = map.findIndex((share, i) => share === 1 && map[i + 1] === 1 && map[i + 2] === 1) + 1;
    const offset = Math.floor(((cell + 0.5) / map.length) * sizeBytes);
    const file = await open(scene.path('tampered.part'), 'r+');
    await file.write(Buffer.alloc(5000, 0xdb), 0, 5000, offset);
    await file.close();
    const again = scene.fetch('r1', 'acme/image', 'tampered');
    const complete = await completed(again);
    expect(complete.resumedBytes).toBeGreaterThan(0);
    expect(complete.rejectedBlocks).toBeGreaterThan(0);
    expect(readFileSync(scene.path('tampered')).equals(bytes)).toBe(true);
  });

  test('by the death of all servers ends with 5, and continues when a server is back', {
    timeout: 60_000,
  }, async () => {
    const servers = await Promise.all(['alpha', 'beta'].map(serve));
    const receiving = scene.fetch('r1', 'acme/image', 'orphan', ['--patience', '2s']);
    const { verifiedBytes } = await progressBeyond(receiving, 0.1);
    for (const { process } of servers) process.kill('SIGKILL');
    expect(await failed(receiving)).toMatchObject({
      exitCode: 5,
      code: 'NOBODY_SENDING',
      stderr: expect.stringContaining('progress is kept'),
    });
    const { blocks, size } = statSync(scene.path('orphan.part'));
    expect(size).toBe(sizeBytes);
    expect(blocks * 512).toBeGreaterThanOrEqual(verifiedBytes);
    await serve('beta');
    const complete = await scene.fetched('r1', 'acme/image', 'orphan');
    expect(complete.resumedBytes).toBeGreaterThanOrEqual(verifiedBytes);
    expect(complete.servers.map(({ server }) => server)).toEqual(['beta']);
    expect(readFileSync(scene.path('orphan')).equals(bytes)).toBe(true);
  });

  test('by its own time limit ends with 3, and by SIGINT with 130, both with progress kept and groups left', async () => {
    const { published } = await serve('alpha');
    const [group] = published.get('image')!.channels.map((channel) => channel.group);
    const timed = scene.fetch('r1', 'acme/image', 'limited', ['--channels', '0', '--timeout', '2s']);
    expect(await failed(timed)).toMatchObject({ exitCode: 3, code: 'TIMEOUT' });
    const keptBytes = Number(eventsOf(timed, 'progress').at(-1)?.bytes ?? 0);
    await scene.bed.left('r1', group!);

    const interrupted = scene.fetch('r1', 'acme/image', 'limited', ['--channels', '0']);
    const before = await progressBeyond(interrupted, 0);
    expect(before.bytes).toBeGreaterThanOrEqual(keptBytes);
    interrupted.kill('SIGINT');
    expect((await failed(interrupted)).exitCode).toBe(130);
    expect(eventsOf(interrupted, 'leave')).toHaveLength(1);
    await scene.bed.left('r1', group!);
    const rest = scene.fetch('r1', 'acme/image', 'limited');
    const { resumedBytes } = await rest.waitForEvent('descriptor');
    expect(resumedBytes).toBeGreaterThanOrEqual(before.bytes);
    await completed(rest);
    expect(readFileSync(scene.path('limited')).equals(bytes)).toBe(true);
  });
});
