import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { usesOf } from '../../../dist/store/device/device-uses.js';

const scratch = mkdtempSync(join(tmpdir(), 'layercast-uses-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let count = 0;

/** A host with the disks sda (8:0, with partitions sda1 and sda2) and sdb (8:16). */
function hostWith(files: Readonly<Record<string, string>>): string {
  const root = join(scratch, `${count++}`);
  const devices = { sda: '8:0', 'sda/sda1': '8:1', 'sda/sda2': '8:2', sda1: '8:1', sda2: '8:2', sdb: '8:16' };
  const numbers = Object.entries(devices).map(
    ([name, number]) => [`sys/class/block/${name}/dev`, `${number}\n`] as const,
  );
  for (const [path, text] of [...numbers, ...Object.entries(files)]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

describe('the uses of a block device', () => {
  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['its mounts', { 'proc/self/mountinfo': '42 26 8:1 / /boot rw - ext4 /dev/sda1 rw\n' }, ['mounted at "/boot"']],
    [
      'mounts of file systems with a number of their own',
      { 'proc/self/mountinfo': '42 26 0:31 /@ /home rw - btrfs /dev/sda2 rw\n' },
      ['mounted at "/home"'],
    ],
    [
      'swap space',
      { 'proc/swaps': 'Filename Type Size Used Priority\n/dev/sda2 partition 100 0 -2\n' },
      ['swap space (/dev/sda2)'],
    ],
    ['devices that are made of it', { 'sys/class/block/sda1/holders/dm-0': '' }, ['a part of dm-0']],
  ])('are %s, also those of its partitions', async (_, files, uses) => {
    const root = hostWith(files);
    expect(await usesOf('sda', root)).toEqual(uses);
    expect(await usesOf('sdb', root)).toEqual([]);
  });

  test('of a partition are not those of its neighbours, and a host without these files tells of none', async () => {
    expect(
      await usesOf('sda2', hostWith({ 'proc/self/mountinfo': '42 26 8:1 / /boot rw - ext4 /dev/sda1 rw\n' })),
    ).toEqual([]);
    expect(await usesOf('sda', join(scratch, 'none'))).toEqual([]);
  });
});
