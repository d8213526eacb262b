import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { TreeArchive } from '../../dist/tree/archive.js';
import { unpackTree } from '../../dist/tree/unpack.js';
import { archiveOf, harvest, inMemory, type Listing, plant, scratchFolders } from './folders.js';

const folders = scratchFolders('archive');
afterAll(folders.remove);

const LISTING: Listing = {
  'bin/tool': 'x'.repeat(600),
  'bin/empty': '',
  'bin-2': 'sorted by bytes',
  empty: undefined,
  'ünï/☃': 'not ASCII',
  [`${'long/'.repeat(60)}${'n'.repeat(120)}`]: 'needs a pax header',
  current: '-> bin/tool',
  'bin/up': '-> ../bin-2',
  'long/link': `-> ${'t'.repeat(150)}`,
};

describe('the archive of a folder', () => {
  test('has the same bytes on every host and in every version of this program', async () => {
    const folder = folders.next();
    plant(folder, LISTING);
    chmodSync(join(folder, 'bin/tool'), 0o4755);
    const bytes = await archiveOf(folder);
    expect((await TreeArchive.of(folder)).sizeBytes).toBe(bytes.length);
    // A new value here means that servers of different versions can no longer send one object together.
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      'bb8b167c6c70c67afc2461dd9b86773b129ffbd62e4d3ff21c91d8fbdbd6af7b',
    );
    utimesSync(join(folder, 'bin'), 1, 1);
    utimesSync(join(folder, 'bin/tool'), 1_700_000_000, 1_700_000_000.9);
    expect((await archiveOf(folder)).equals(bytes)).toBe(true);
  });

  test('is what tar reads', async () => {
    const [folder, out] = [folders.next(), folders.next()];
    plant(folder, LISTING);
    execFileSync('tar', ['xf', '-', '-C', out], { input: await archiveOf(folder) });
    expect(harvest(out)).toEqual(harvest(folder));
  });

  test('unpacks to the same folder again: contents, modes, links, times of files', async () => {
    const name = fc.constantFrom('a', 'b', 'a-', 'ä', 'x'.repeat(101), ' ', '%', 'A b.c');
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    const content = fc.oneof(
      fc.constant(undefined),
      fc.string({ maxLength: 1500 }).filter((text) => !text.startsWith('-> ')),
      fc.constantFrom('-> a', '-> nowhere/at/all', '-> .'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(path, content, { maxKeys: 8 }),
        fc.integer({ min: 0, max: 0o777 }),
        async (found, mode) => {
          const [folder, out] = [folders.next(), folders.next()];
          const planted: string[] = [];
          for (const [one, text] of Object.entries(found)) {
            // Two paths may need one name as a file and as a folder.
            try {
              plant(folder, { [one]: text });
              planted.push(one);
            } catch {}
          }
          const [first] = planted;
          if (first !== undefined && found[first]?.startsWith('-> ') === false) {
            chmodSync(join(folder, first), mode);
            utimesSync(join(folder, first), 5, mode);
          }
          const bytes = await archiveOf(folder);
          await unpackTree(inMemory(bytes), out);
          expect((await archiveOf(out)).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('of folders that nobody may write to is unpacked all the same', async () => {
    const [folder, out] = [folders.next(), folders.next()];
    plant(folder, { 'sealed/in/file': 'x' });
    chmodSync(join(folder, 'sealed/in'), 0o555);
    await unpackTree(inMemory(await archiveOf(folder)), out);
    expect(statSync(join(out, 'sealed/in')).mode & 0o777).toBe(0o555);
  });

  test.each([
    ['a pipe', (folder: string) => spawnSync('mkfifo', [join(folder, 'x')]), /"x".*device/],
    ['a link out of it', (folder: string) => plant(folder, { 'a/b': '-> ../../etc' }), /leaves the tree/],
    ['an absolute link', (folder: string) => plant(folder, { a: '-> /etc/passwd' }), /not in the tree/],
    [
      'a name that is not UTF-8',
      (folder: string) => writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.of(0xff)]), ''),
      /UTF-8/,
    ],
    ['a name with a line feed', (folder: string) => plant(folder, { 'a\nb': '' }), /control characters/],
  ])('is refused with %s in it', async (_, make, message) => {
    const folder = folders.next();
    make(folder);
    await expect(TreeArchive.of(folder)).rejects.toMatchObject({
      code: 'TREE_INVALID',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ['another file of the same length', (place: string, other: string) => renameSync(other, place)],
    [
      'a link to a file outside',
      (place: string, other: string) => {
        rmSync(place);
        symlinkSync(other, place);
      },
    ],
  ])('is refused when %s takes the place of a file while it is read', async (_, replace) => {
    const [folder, outside] = [folders.next(), folders.next()];
    plant(folder, { file: 'some' });
    plant(outside, { other: 'else' });
    const archive = await TreeArchive.of(folder);
    replace(join(folder, 'file'), join(outside, 'other'));
    const reading = async () => {
      for await (const piece of archive.bytes()) expect(piece.length).toBeGreaterThanOrEqual(0);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
  });

  test('is refused when a file changes while it is read, and its fingerprint tells that a file has changed', async () => {
    const folder = folders.next();
    plant(folder, { file: 'some' });
    const archive = await TreeArchive.of(folder);
    expect((await TreeArchive.of(folder)).fingerprint).toBe(archive.fingerprint);
    writeFileSync(join(folder, 'file'), 'another');
    const reading = async () => {
      for await (const piece of archive.bytes()) expect(piece.length).toBeGreaterThanOrEqual(0);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
    expect((await TreeArchive.of(folder)).fingerprint).not.toBe(archive.fingerprint);
  });
});
