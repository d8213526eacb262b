import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { eventsOf, Scene } from './scene.js';

/** Fifty kills give the measurement in docs/decisions.md (LAYERCAST_KILLS=50); eight show whether it still holds. */
const killCount = Number(process.env.LAYERCAST_KILLS ?? 8);
/** Time from the start of a process to its kill (LAYERCAST_LIFE_MS=800). By default 0.4 s after its descriptor, however busy the machine is. */
const lifeMs = process.env.LAYERCAST_LIFE_MS;
/** More than all killed runs receive together at 16 Mbit/s. */
const sizeBytes = Math.max(10e6, killCount * 1e6);

describeBed('a fetch that is killed again and again', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('after a short life each time keeps most of what it has received', { timeout: 240_000 }, async () => {
    const bytes = scene.random('image', sizeBytes);
    const config = scene.fleet({
      fleet: 'acme',
      objects: { image: { file: 'image', code: 'raptorq', channels: [{ rate: '16Mbit' }] } },
      servers: { alpha: {} },
    });
    await scene.serve('alpha', config, ['image'], ['--host', 'alpha']);
    /** Bytes that processes of the host have read from sockets; announcements and digests count as symbols here. */
    const receivedBytes = async () => {
      const counters = await scene.bed.host('r1').run('cat', ['/proc/net/snmp6']);
      return 1184 * Number(/^Udp6InDatagrams\s+(\d+)/m.exec(counters)?.[1]);
    };
    const beforeBytes = await receivedBytes();
    for (let kill = 0; kill < killCount; kill++) {
      const receiving = scene.fetch('r1', 'acme/image', 'killed', ['--channels', '0']);
      if (lifeMs === undefined) await receiving.waitForEvent('descriptor', { timeoutMs: 60_000 });
      await delay(Number(lifeMs ?? 400));
      receiving.kill('SIGKILL');
      await receiving.exited;
    }
    const killedBytes = (await receivedBytes()) - beforeBytes;
    const last = scene.fetch('r1', 'acme/image', 'killed', ['--channels', '0']);
    await last.waitForEvent('complete', { timeoutMs: 60_000 });
    await last.exited;
    const keptBytes = Number(eventsOf(last, 'descriptor')[0]?.resumedBytes);
    const totalRatio = ((await receivedBytes()) - beforeBytes) / sizeBytes;
    console.log(
      `${killCount} kills: received ${(killedBytes / 1e6).toFixed(1)} MB, kept ${(keptBytes / 1e6).toFixed(1)} MB ` +
        `(× ${(killedBytes / keptBytes).toFixed(2)}); × ${totalRatio.toFixed(2)} of the object in all`,
    );
    expect(readFileSync(scene.path('killed')).equals(bytes)).toBe(true);
    // When the first checkpoint came after half a second, the runs kept nothing, and the total was 1.6.
    expect(keptBytes).toBeGreaterThan(0);
    expect(totalRatio).toBeLessThan(1.4);
  });
});
