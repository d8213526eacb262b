import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { applyLink } from '../lab/lab-link.js';
import { madeTrace } from '../lab/made-trace.js';
import { Scene } from './scene.js';

describeBed('a transfer through links that save up and breathe', () => {
  let scene: Scene;
  let bytes: Buffer;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1', 'r2']);
    const { bed } = scene;
    const file = scene.path('trace');
    writeFileSync(file, madeTrace({ seed: 1, meanBitsPerSecond: 4e6, seconds: 30 }).join('\n'));
    await applyLink(bed, 'r1', { kind: 'tbf', rateBitsPerSecond: 4e6, burstBytes: 64_000, queueMs: 50 });
    await applyLink(bed, 'r2', {
      kind: 'relay',
      service: { kind: 'trace', file },
      queueBytes: 60_000,
      loss: { ratio: 0.02, burstPackets: 3 },
      delayMs: 5,
    });
    bytes = scene.random('image', 400_000);
    const ladder = { from: '450kbit', to: '16Mbit' };
    await scene.serve(
      'alpha',
      scene.fleet({ fleet: 'acme', objects: { image: { file: 'image', code: 'raptorq', ladder } } }),
    );
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('ends with the same bytes, behind a token bucket and behind a relay with losses', {
    timeout: 90_000,
  }, async () => {
    await Promise.all(['r1', 'r2'].map((host) => scene.fetched(host, 'acme/image', `at-${host}`)));
    for (const host of ['r1', 'r2']) expect(readFileSync(scene.path(`at-${host}`)).equals(bytes)).toBe(true);
    expect((await scene.bed.port('r1').shaped())!.passed.bytes).toBeGreaterThan(bytes.length);
  });
});
