import { execFileSync } from 'node:child_process';
import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TreeSeed } from '../../../dist/retrieve/seeds/tree-seed.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { TreeArchive } from '../../../dist/tree/archive.js';
import { seed, seeded } from '../../simulate/seed.js';
import { plant, scratchFolders } from '../../tree/folders.js';

const folders = scratchFolders('tree-seed');
afterAll(() => folders.remove());

describe('a folder as a seed', () => {
  it(seeded('is its archive, at any place and in any order, and zeros where a file has become shorter'), async () => {
    const folder = folders.next();
    const long = 'x'.repeat(120);
    plant(folder, {
      'a/empty': '',
      'a/small': 'seven',
      [`a/${long}/deep`]: 'y'.repeat(5000),
      'b/link': '-> ../a/small',
      c: undefined,
      'd/large': 'z'.repeat(200_000),
    });
    const archive = await TreeArchive.of(folder);
    const pieces: Buffer[] = [];
    for await (const piece of archive.bytes()) pieces.push(Buffer.from(piece));
    const whole = Buffer.concat(pieces);
    await using tree = await TreeSeed.open(folder);
    const all = new Uint8Array(whole.length + 10);
    expect(await tree.read(0, all)).toBe(whole.length);
    expect(Buffer.compare(all.subarray(0, whole.length), whole)).toBe(0);
    const random = new Prng(seed);
    for (let i = 0; i < 200; i++) {
      const offset = Math.floor(random.ratio() * whole.length);
      const into = new Uint8Array(1 + Math.floor(random.ratio() * 3000));
      const count = await tree.read(offset, into);
      expect(count).toBe(Math.min(into.length, whole.length - offset));
      expect(Buffer.compare(into.subarray(0, count), whole.subarray(offset, offset + count)), `${offset}`).toBe(0);
    }
    expect(await tree.read(whole.length, new Uint8Array(5))).toBe(0);
    truncateSync(join(folder, 'd/large'), 1000);
    await tree.read(0, all);
    const at = whole.indexOf('z'.repeat(1000));
    expect([...all.subarray(at + 999, at + 1001)]).toEqual(['z'.charCodeAt(0), 0]);
  });

  it('waits for nobody when a pipe has taken the place of a file', async () => {
    const folder = folders.next();
    plant(folder, { file: 'some' });
    await using tree = await TreeSeed.open(folder);
    rmSync(join(folder, 'file'));
    execFileSync('mkfifo', [join(folder, 'file')]);
    await expect(tree.read(512, new Uint8Array(4))).rejects.toMatchObject({ code: 'FILE_IO' });
  });
});
