import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../../dist/store/folder/make-folder.js';
import { scratchDirectory } from '../scratch.js';
import { syncedFolders } from '../synced-folders.js';

const scratch = await scratchDirectory();

describe('a folder', () => {
  it('is made with all missing folders above it, and may exist already', async () => {
    const folder = join(scratch, 'a', 'b', 'c');
    for (let i = 0; i < 2; i++) await makeFolder(folder, 0o700);
    expect([folder, join(scratch, 'a')].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
    symlinkSync('a', join(scratch, 'link'));
    await makeFolder(join(scratch, 'link', 'b', 'd'));
    await makeFolder('/');
    expect(readdirSync(join(scratch, 'a', 'b'))).toEqual(['c', 'd']);
  });

  it('is on disk with all that were made above it', async () => {
    const synced = syncedFolders();
    await makeFolder(join(scratch, 'durable', 'to', 'the', 'end'));
    expect(synced).toEqual(['.', 'durable', 'durable/to', 'durable/to/the'].map((path) => join(scratch, path)));
  });

  it('can be made by many calls at once', async () => {
    const folder = join(scratch, 'many', 'at', 'once');
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(folder)));
    expect(statSync(folder).isDirectory()).toBe(true);
  });

  it.each(['/proc/none/x/y', '/proc/self/x', '/sys/none/x'])(
    'that the system does not make is an error: %s',
    async (path) => {
      const code = expect.stringMatching(/FILE_NOT_FOUND|PERMISSION_DENIED/);
      await expect(makeFolder(path)).rejects.toMatchObject({ code, message: expect.stringContaining('cannot create') });
    },
  );

  it('that cannot be made because a file has its name, or the name of a folder above, is an error that names the file', async () => {
    mkdirSync(join(scratch, 'other'));
    writeFileSync(join(scratch, 'other', 'file'), '');
    symlinkSync('nowhere', join(scratch, 'other', 'dangling'));
    for (const [path, named] of [
      ['file', 'file'],
      ['file/x/y', 'file'],
      ['dangling', 'dangling'],
      ['dangling/x', 'dangling'],
    ] as const) {
      await expect(makeFolder(join(scratch, 'other', path))).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
        message: expect.stringContaining(named),
      });
    }
  });

  it('is never made by the recursive mkdir of Node, which does not end below /proc', () => {
    const root = fileURLToPath(new URL('../../../src', import.meta.url));
    const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    expect(sources.length).toBeGreaterThan(100);
    const offenders = sources.filter((name) =>
      /mkdir(Sync)?\([^)]*recursive/.test(readFileSync(join(root, name), 'utf8')),
    );
    expect(offenders).toEqual([]);
  });
});
