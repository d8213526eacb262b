import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs, {
  appendFile,
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readyFile, readyText } from '../../dist/store/place-file.js';
import { scratchDirectory } from './scratch.js';

const scratch = await scratchDirectory();
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

async function placeFile(from: string, path: string, signal?: AbortSignal): Promise<void> {
  await using content = await readyFile(from, path, signal);
  await content.place();
}

async function placeText(text: string, path: string): Promise<void> {
  await using content = await readyText(text, path);
  await content.place();
}

async function folder(name: string): Promise<string> {
  await mkdir(join(scratch, name));
  return join(scratch, name);
}

describe('a file that gets new content', () => {
  it('has the bytes of the other file, its own mode, and another inode; the other file stays', async () => {
    const here = await folder('bytes');
    const [from, to] = [join(here, 'new'), join(here, 'old')];
    const bytes = randomBytes(3e6);
    await writeFile(from, bytes, { mode: 0o600 });
    await writeFile(to, 'old');
    await chmod(to, 0o640);
    const before = await stat(to);
    await placeFile(from, to);
    expect((await readFile(to)).equals(bytes)).toBe(true);
    const after = await stat(to);
    expect([after.mode & 0o777, after.ino === before.ino]).toEqual([0o640, false]);
    expect((await readdir(here)).toSorted()).toEqual(['new', 'old']);
    await placeText('text', to);
    expect([await readFile(to, 'utf8'), (await stat(to)).mode & 0o777]).toEqual(['text', 0o640]);
  });

  it('has its old content, and nothing is beside it, when what lay ready for it is not placed', async () => {
    const here = await folder('not-placed');
    await writeFile(join(here, 'old'), 'old');
    {
      await using _ = await readyText('new', join(here, 'old'));
      expect(await readdir(here)).toHaveLength(2);
    }
    expect([await readFile(join(here, 'old'), 'utf8'), await readdir(here)]).toEqual(['old', ['old']]);
  });

  it('has no copy beside it an hour after a command was killed that made one; a younger one may still grow', async () => {
    const here = await folder('killed');
    const [left, young, foreign] = ['.layercast-7-00112233aabb.tmp', '.layercast-8-00112233aabb.tmp', '.other.tmp'];
    for (const name of [left, young, foreign, 'new']) await writeFile(join(here, name), 'x');
    const twoHoursAgo = Date.now() / 1000 - 7200;
    for (const name of [left, foreign]) await utimes(join(here, name), twoHoursAgo, twoHoursAgo);
    await placeFile(join(here, 'new'), join(here, 'old'));
    expect((await readdir(here)).toSorted()).toEqual([young, foreign, 'new', 'old'].toSorted());
  });

  it('may be missing before, and is replaced where a symbolic link leads', async () => {
    const here = await folder('links');
    await mkdir(join(here, 'far'));
    await writeFile(join(here, 'new'), 'one');
    await placeFile(join(here, 'new'), join(here, 'far', 'fleet.yaml'));
    expect(await readFile(join(here, 'far', 'fleet.yaml'), 'utf8')).toBe('one');
    await symlink('far/fleet.yaml', join(here, 'fleet.yaml'));
    await placeText('two', join(here, 'fleet.yaml'));
    expect((await lstat(join(here, 'fleet.yaml'))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(here, 'far', 'fleet.yaml'), 'utf8')).toBe('two');
  });

  it('keeps the old content, alone in its folder, when it was aborted, the other is missing, or there is no room', async () => {
    const here = await folder('failures');
    const [from, to] = [join(here, 'new'), join(here, 'old')];
    await writeFile(from, randomBytes(100_000));
    await writeFile(to, 'old');
    await expect(placeFile(from, to, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(placeFile(join(here, 'none'), to)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: `cannot open ${JSON.stringify(join(here, 'none'))}: there is no such file or directory`,
    });
    await expect(placeFile(from, join(here, 'none', 'x'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const full = { ...(await fs.statfs(here)), bavail: 0 };
    vi.spyOn(fs, 'statfs').mockResolvedValue(full as Awaited<ReturnType<typeof fs.statfs>>);
    syncBuiltinESMExports();
    await expect(placeFile(from, to)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect([(await readdir(here)).toSorted(), await readFile(to, 'utf8')]).toEqual([['new', 'old'], 'old']);
  });

  it.each([
    ['a pipe', (path: string) => void execFileSync('mkfifo', [path]), 'is a named pipe'],
    ['a folder', (path: string) => mkdir(path), 'is a directory'],
  ])('keeps the old content, and not an empty one, when the other is %s', async (what, make, said) => {
    const here = await folder(what.replace(' ', '-'));
    const [from, to] = [join(here, 'new'), join(here, 'old')];
    await make(from);
    await writeFile(to, 'old');
    await expect(placeFile(from, to)).rejects.toMatchObject({ message: `${JSON.stringify(from)} ${said}` });
    expect([(await readdir(here)).toSorted(), await readFile(to, 'utf8')]).toEqual([['new', 'old'], 'old']);
  });

  it('keeps the old content when somebody writes to the other file while it is copied', async () => {
    const here = await folder('written');
    const [from, to] = [join(here, 'new'), join(here, 'old')];
    await writeFile(from, randomBytes(3e6));
    await writeFile(to, 'old');
    const statfs = await fs.statfs(here);
    vi.spyOn(fs, 'statfs').mockImplementation(async () => {
      await appendFile(from, 'more');
      return statfs as Awaited<ReturnType<typeof fs.statfs>>;
    });
    syncBuiltinESMExports();
    await expect(placeFile(from, to)).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
    expect([(await readdir(here)).toSorted(), await readFile(to, 'utf8')]).toEqual([['new', 'old'], 'old']);
  });
});
