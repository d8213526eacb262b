import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, eventsOf, failed, progressKept, Scene } from './scene.js';

const sizeBytes = 3e6;

describeBed('a fetch that cannot go on', () => {
  let scene: Scene;
  let bytes: Buffer;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
    bytes = scene.random('image', sizeBytes);
    const channels = [{ rate: '5Mbit' }, { rate: '30Mbit', offset: '50%' }];
    const config = scene.fleet({ fleet: 'acme', objects: { image: { file: 'image', channels } } });
    await scene.serve('alpha', config);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test.concurrent('for want of a sender ends with 5', async () => {
    const ends = [
      ['--patience', '1s'],
      ['--timeout', '1s'],
      ['--port', '4243', '--patience', '1s'],
    ];
    const objects = ['acme/maps', 'other/image', 'acme/image'];
    const processes = ends.map((args, i) => scene.fetch('r1', objects[i]!, `none-${i}`, args));
    for (const process of processes) {
      expect(await failed(process)).toMatchObject({
        exitCode: 5,
        code: 'NOBODY_SENDING',
        message: expect.stringMatching(/^nobody announced .* within 1 s$/),
      });
    }
  });

  test.concurrent('for want of its interface ends with 2 and names those there are', async () => {
    expect(await failed(scene.fetch('r1', 'acme/image', 'x', ['--interface', 'eth7', '--no-wait']))).toMatchObject({
      exitCode: 2,
      code: 'UNKNOWN_INTERFACE',
      stderr: expect.stringMatching(/"eth7"[\s\S]*eth0/),
    });
  });

  test.concurrent('because another key signed what is announced ends with 4', async () => {
    const keygen = scene.layercast('r1', ['keygen', '--out', scene.path('other-keys')]);
    expect((await keygen.exited).code).toBe(0);
    const wrongKey = ['--key', scene.path('other-keys/layercast.pub'), '--patience', '2s'];
    expect(await failed(scene.fetch('r1', 'acme/image', 'unsigned', wrongKey))).toMatchObject({
      exitCode: 4,
      code: 'RECORD_INVALID',
      message: expect.stringContaining('not signed by this key'),
    });
  });

  test.concurrent('without permission for the folder ends with 1 and leaves nothing', async () => {
    mkdirSync(scene.path('closed'), { mode: 0o555 });
    chmodSync(scene.path('closed'), 0o555);
    const { stderr, code } = await withoutPrivileges([...fetchArgs('closed/image'), '--timeout', '5s']);
    expect(stderr).toContain('permission denied');
    expect(stderr).toContain(scene.path('closed'));
    expect(code).toBe(1);
    expect((await scene.bed.host('r1').run('ls', ['-A', scene.path('closed')])).trim()).toBe('');
  });

  test.concurrent('into a folder that is not there ends with 2 before anything is received', async () => {
    expect(await failed(scene.fetch('r1', 'acme/image', 'nowhere/image'))).toMatchObject({
      exitCode: 2,
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('nowhere'),
      stderr: expect.stringContaining('mkdir -p'),
    });
  });

  test.concurrent('under the name of a folder ends with 2', async () => {
    expect(await failed(scene.fetch('r1', 'acme/image', 'keys'))).toMatchObject({ exitCode: 2, code: 'USAGE' });
  });

  test.concurrent('on a disk that has no room for the object ends with 1 at the start', async () => {
    await disk('tight', 2e6);
    const receiving = scene.fetch('r1', 'acme/image', 'tight/image');
    expect(await failed(receiving)).toMatchObject({
      exitCode: 1,
      code: 'DISK_FULL',
      message: expect.stringContaining(`needs ${sizeBytes} bytes`),
    });
    expect(eventsOf(receiving, 'join')).toEqual([]);
    expect((await onHost('ls', '-A', scene.path('tight'))).trim()).toBe('');
  });

  test.concurrent('on a disk that fills up ends with 1, keeps its progress, and goes on when there is room', async () => {
    await disk('filling', 6e6);
    const receiving = scene.fetch('r1', 'acme/image', 'filling/image', ['--channels', '0']);
    await progressKept(receiving, 0.1);
    await onHost('sh', '-c', `dd if=/dev/zero of=${scene.path('filling/hog')} bs=4k 2>/dev/null || true`);
    expect(await failed(receiving)).toMatchObject({
      exitCode: 1,
      code: 'DISK_FULL',
      message: expect.stringContaining('no space left'),
    });
    await onHost('rm', scene.path('filling/hog'));
    const complete = await scene.fetched('r1', 'acme/image', 'filling/image');
    expect(complete.resumedBytes).toBeGreaterThan(0);
    expect(await onHost('sha256sum', scene.path('filling/image'))).toContain(complete.sha256);
  });

  test.concurrent('because another process has the file is refused, and disturbs it not', async () => {
    const first = scene.fetch('r1', 'acme/image', 'wanted', ['--channels', '0']);
    await first.waitForEvent('join');
    expect(await failed(scene.fetch('r1', 'acme/image', 'wanted'))).toMatchObject({
      exitCode: 1,
      code: 'FILE_IN_USE',
      message: expect.stringContaining(String(first.pid)),
    });
    await completed(first);
    expect(readFileSync(scene.path('wanted')).equals(bytes)).toBe(true);
  });

  test.concurrent('because there is nothing to do recognises a file that is right already', async () => {
    writeFileSync(scene.path('right'), bytes);
    const receiving = scene.fetch('r1', 'acme/image', 'right');
    expect(await completed(receiving)).toMatchObject({ datagrams: 0, payloadBytes: 0, resumedBytes: sizeBytes });
    expect(eventsOf(receiving, 'join')).toEqual([]);
    writeFileSync(scene.path('wrong'), bytes.with(sizeBytes - 1, bytes[sizeBytes - 1]! ^ 1));
    expect((await scene.fetched('r1', 'acme/image', 'wrong')).payloadBytes).toBeGreaterThanOrEqual(sizeBytes);
    expect(readFileSync(scene.path('wrong')).equals(bytes)).toBe(true);
  });

  function fetchArgs(output: string): string[] {
    return ['fetch', 'acme/image', '--key', scene.publicKey, '-o', scene.path(output)];
  }

  /** Runs the command line as a user for whom the permissions of files count, root or not. */
  async function withoutPrivileges(args: readonly string[]) {
    const drop = ['--bounding-set', '-all', '--inh-caps', '-all', '--'];
    const process = scene.layercast('r1', args, { through: ['setpriv', ...drop] });
    const { code } = await process.exited;
    return { code, stderr: process.stderr };
  }

  async function disk(name: string, diskBytes: number): Promise<void> {
    mkdirSync(scene.path(name));
    await scene.bed.mountSmallDisk(scene.path(name), diskBytes);
  }

  function onHost(command: string, ...args: string[]): Promise<string> {
    return scene.bed.host('r1').run(command, args);
  }
});
