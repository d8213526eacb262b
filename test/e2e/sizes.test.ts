import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { eventsOf, failed, Scene } from './scene.js';

const symbolBytes = 1184;
const channels = [{ rate: '4Mbit' }];

describeBed('an object of any size and name', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('has a name that never becomes a path', async () => {
    const names = ['ünïcødé ☃ 文件', '../../etc/x', 'a/b/c', '..', 'x'.repeat(255), '-o', '$(touch pwned)'];
    const bytes = scene.random('odd', 5000);
    const objects = Object.fromEntries(names.map((name) => [name, { file: 'odd', channels }]));
    const before = readdirSync(scene.folder);
    const config = scene.fleet({ fleet: 'odd', objects });
    await scene.serve('alpha', config, names);
    await Promise.all(names.map((name, i) => scene.fetched('r1', `odd/${name}`, `odd-${i}`)));
    for (const [i] of names.entries()) expect(readFileSync(scene.path(`odd-${i}`)).equals(bytes)).toBe(true);
    const sign = scene.layercast('alpha', [
      'sign',
      '--config',
      config,
      '--key',
      scene.path('keys/layercast.key'),
      '--out',
      scene.path('signed'),
    ]);
    expect((await sign.exited).code).toBe(0);
    expect(readdirSync(scene.path('signed'))).toHaveLength(names.length);
    const made = readdirSync(scene.folder).filter((name) => !before.includes(name) && name !== 'state');
    expect(made.toSorted()).toEqual([...names.map((_, i) => `odd-${i}`), 'odd.yaml', 'signed'].toSorted());
  });

  test.concurrent('arrives identical: nothing, a byte, a symbol, a byte more, many blocks and a part', async () => {
    const sizes = [0, 1, symbolBytes, symbolBytes + 1, 10 * symbolBytes - 1, 1024 * symbolBytes + 5];
    const names = sizes.map((size) => `size-${size}`);
    const contents = sizes.map((size, i) => scene.random(names[i]!, size));
    const objects = Object.fromEntries(names.map((name) => [name, { file: name, channels }]));
    await scene.serve('alpha', scene.fleet({ fleet: 'sizes', objects }), names);
    const completes = await Promise.all(names.map((name) => scene.fetched('r1', `sizes/${name}`, `${name}-copy`)));
    for (const [i, complete] of completes.entries()) {
      const size = sizes[i]!;
      expect(readFileSync(scene.path(`${names[i]}-copy`)).equals(contents[i]!)).toBe(true);
      expect(complete).toMatchObject({ bytes: size, invalidDatagrams: 0, rejectedBlocks: 0 });
      expect(complete.payloadBytes - complete.duplicateBytes).toBe(size);
    }
    expect(completes[0]).toMatchObject({ datagrams: 0, overhead: 0, servers: [] });
  });

  test.concurrent('beyond 4 GiB lands where it belongs, in a file as sparse as what was heard', {
    timeout: 240_000,
  }, async () => {
    const startBytes = 2 ** 32 - 2 ** 19;
    const tail = randomBytes(40 * 2 ** 20);
    const file = openSync(scene.path('huge'), 'w');
    ftruncateSync(file, startBytes);
    writeSync(file, tail, 0, tail.length, startBytes);
    closeSync(file);
    const objects = {
      huge: { file: 'huge', channels: [{ rate: '1Mbit' }, { rate: '16Mbit', offset: `${startBytes}B` }] },
    };
    const config = scene.fleet({ fleet: 'big', objects });
    await scene.serve('alpha', config, ['huge']);
    const pinned = ['--channels', '1', '--timeout'];
    const receiving = scene.fetch('r1', 'big/huge', 'huge-copy', [...pinned, '4s']);
    expect(await failed(receiving)).toMatchObject({ exitCode: 3 });
    expect(eventsOf(receiving, 'progress').at(-1)).toMatchObject({ totalBytes: startBytes + tail.length });

    const part = scene.path('huge-copy.part');
    expect(statSync(part).size).toBe(startBytes + tail.length);
    expect(statSync(part).blocks * 512).toBeLessThan(2 * tail.length);
    const landed = symbolsOf(part, startBytes, tail.length);
    const sent = symbolsOf(scene.path('huge'), startBytes, tail.length);
    const present = landed.filter((symbol) => symbol.some((byte) => byte !== 0));
    expect(present.length).toBeGreaterThan(100);
    expect(landed.every((symbol, i) => symbol.equals(sent[i]!) || symbol.every((byte) => byte === 0))).toBe(true);

    const resumed = scene.fetch('r1', 'big/huge', 'huge-copy', [...pinned, '3s']);
    await failed(resumed);
    expect(eventsOf(resumed, 'descriptor')).toEqual([
      expect.objectContaining({ resumedBytes: present.length * symbolBytes }),
    ]);
  });

  /** The complete symbols within a stretch of a file. */
  function symbolsOf(path: string, start: number, length: number): readonly Buffer[] {
    const first = Math.ceil(start / symbolBytes);
    const count = Math.floor((start + length) / symbolBytes) - first;
    const bytes = Buffer.alloc(count * symbolBytes);
    const handle = openSync(path, 'r');
    expect(readSync(handle, bytes, 0, bytes.length, first * symbolBytes)).toBe(bytes.length);
    closeSync(handle);
    return Array.from({ length: count }, (_, i) => bytes.subarray(i * symbolBytes, (i + 1) * symbolBytes));
  }
});
