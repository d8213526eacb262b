import { randomBytes } from 'node:crypto';
import fs, { open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { renewFile } from '../../dist/store/renew-file.js';
import { scratchDirectory } from './scratch.js';

const scratch = await scratchDirectory();
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

describe('a file that is renewed', () => {
  it('has the same bytes, length, mode and holes, and a process that had it open no longer writes to it', async () => {
    const path = join(scratch, 'sparse');
    const before = await open(path, 'wx+', 0o640);
    await before.truncate(50e6 + 7);
    for (const position of [0, 4096 * 3 + 5, 2 ** 20 - 3, 30e6, 50e6 + 1])
      await before.write(randomBytes(6), 0, 6, position);
    const bytes = await readFile(path);
    await renewFile(path, undefined);
    await before.write(Buffer.alloc(1000, 1), 0, 1000, 0);
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect((await stat(path)).ino).not.toBe((await before.stat()).ino);
    expect((await stat(path)).blocks * 512).toBeLessThan(200_000);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    await before.close();
    expect(await readdir(scratch)).toEqual(['sparse']);
  });

  it('is removed when there is no room for a copy, kept when the copy is aborted, and may be missing', async () => {
    const path = join(scratch, 'large');
    await writeFile(path, randomBytes(10_000));
    const stopped = AbortSignal.abort();
    await expect(renewFile(path, stopped)).rejects.toMatchObject({ code: 'ABORTED' });
    expect((await stat(path)).size).toBe(10_000);
    const full = { ...(await fs.statfs(scratch)), bavail: 0 };
    vi.spyOn(fs, 'statfs').mockResolvedValue(full as Awaited<ReturnType<typeof fs.statfs>>);
    syncBuiltinESMExports();
    await renewFile(path, undefined);
    await renewFile(path, undefined);
    expect((await readdir(scratch)).filter((name) => name !== 'sparse')).toEqual([]);
  });
});
