import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openDestination } from '../../../dist/retrieve/open-destination.js';
import { scratchFolders } from '../../tree/folders.js';
import { CONTENT, DESCRIPTOR, fill, GEOMETRY, NO_RESTORER, storeOf } from '../destinations.js';

const folders = scratchFolders('device');
const loops: string[] = [];
afterAll(() => {
  for (const loop of loops) spawnSync('losetup', ['-d', loop]);
  folders.remove();
});

/** A loop device on a file of this size; undefined where the system does not let this process make one. */
function loopDevice(sizeBytes: number): string | undefined {
  const image = join(folders.next(), 'image');
  writeFileSync(image, '');
  truncateSync(image, sizeBytes);
  const { status, stdout } = spawnSync('losetup', ['-f', '--show', image], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  loops.push(stdout.trim());
  return stdout.trim();
}

function open(device: string, stateDir = folders.next()) {
  const { signal } = new AbortController();
  const name = { fleet: 'f', object: 'o', keyFingerprint: 'ab', journalDir: undefined };
  return openDestination({ ...name, output: { device }, stateDir, signal });
}

const headOf = (device: string) => execFileSync('head', ['-c', `${CONTENT.length}`, device], { maxBuffer: 2 ** 24 });

test('an output that is no block device is refused as such', async () => {
  const path = join(folders.next(), 'file');
  writeFileSync(path, 'x');
  await expect(open(path)).rejects.toMatchObject({ code: 'USAGE' });
  await expect(open('/dev/null')).rejects.toMatchObject({ code: 'USAGE' });
  await expect(open('/dev/none-such')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  expect(readFileSync(path, 'utf8')).toBe('x');
});

const isAllowed = loopDevice(2 ** 20) !== undefined || process.env.CI === 'true';

(isAllowed ? describe : describe.skip)(
  `a block device${isAllowed ? '' : ' (skipped: this process may make no loop device)'}`,
  () => {
    test('is overwritten in place, continued after a stop, recognised, and keeps what lies behind the object', async () => {
      const device = loopDevice(2 ** 20)!;
      const fd = openSync(device, 'r+');
      writeSync(fd, 'behind', 2 ** 20 - 6);
      closeSync(fd);
      const stateDir = folders.next();
      {
        await using destination = await open(device, stateDir);
        const store = await storeOf(destination);
        fill(store, 0, 60);
        await store.close();
      }
      await using destination = await open(device, stateDir);
      const store = await storeOf(destination);
      expect(store.holdings.filled.count).toBe(60);
      fill(store, 60, GEOMETRY.symbolCount - 60);
      await store.commit();
      expect(headOf(device).equals(CONTENT)).toBe(true);
      expect(execFileSync('tail', ['-c', '6', device]).toString()).toBe('behind');
      expect(statSync(device).isBlockDevice()).toBe(true);
      expect(await destination.open(DESCRIPTOR, NO_RESTORER)).toEqual({ kind: 'complete' });
    });

    test('that reads back other bytes is an error', async () => {
      await using destination = await open(loopDevice(2 ** 20)!);
      const store = await storeOf(destination);
      fill(store, 0, GEOMETRY.symbolCount - 1);
      await expect(store.commit()).rejects.toMatchObject({
        code: 'FILE_IO',
        message: expect.stringContaining('does not hold'),
      });
    });

    test('that is given up stays a device', async () => {
      const device = loopDevice(2 ** 20)!;
      await using destination = await open(device);
      const store = await storeOf(destination);
      fill(store, 0, 5);
      await store.discard();
      expect(statSync(device).isBlockDevice()).toBe(true);
    });

    test('that is too small is refused before anything is written', async () => {
      const device = loopDevice(65_536)!;
      await using destination = await open(device);
      const refused = { kind: 'refused', error: { code: 'DISK_FULL' } };
      expect(await destination.open(DESCRIPTOR, NO_RESTORER)).toMatchObject(refused);
      expect(execFileSync('head', ['-c', '65536', device]).every((byte) => byte === 0)).toBe(true);
    });

    test('that is mounted, or being written by another, is refused', async () => {
      const device = loopDevice(2 ** 22)!;
      execFileSync('mkfs.ext4', ['-q', device], { stdio: 'ignore' });
      const place = folders.next();
      mkdirSync(place, { recursive: true });
      execFileSync('mount', [device, place]);
      try {
        await expect(open(device)).rejects.toMatchObject({
          code: 'FILE_IN_USE',
          message: expect.stringContaining(`mounted at "${place}"`),
        });
      } finally {
        execFileSync('umount', [place]);
      }
      await using destination = await open(device);
      const store = await storeOf(destination);
      await expect(open(device)).rejects.toMatchObject({ code: 'FILE_IN_USE' });
      await store.close();
    });
  },
);
