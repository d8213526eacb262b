import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import fs, { appendFile, chmod, link, mkdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { geometryOf } from '../../dist/object/geometry.js';
import { FileSource } from '../../dist/store/file-source.js';
import { hashObject, verifyFile } from '../../dist/store/hash-file.js';
import { asOrdinaryUser } from './ordinary-user.js';
import { scratchDirectory } from './scratch.js';

const directory = await scratchDirectory();
let nameCount = 0;
async function newFile(content: string | Uint8Array): Promise<string> {
  const path = join(directory, `file-${nameCount++}`);
  await writeFile(path, content);
  return path;
}

/** Any write after this changes the time of the file, however soon it comes. */
async function backdate(path: string): Promise<void> {
  await utimes(path, 1_700_000_000, 1_700_000_000);
}

/** A time that stands still: no read is slow, however busy the machine is. */
const standing = () => 0;

describe('a file that is published', () => {
  it('can be read anywhere, also beyond 4 GiB', async () => {
    const path = await newFile('start');
    const size = 5 * 2 ** 30;
    await truncate(path, size);
    await appendFile(path, 'the end');
    const source = await FileSource.open(path, standing);
    expect(source.sizeBytes).toBe(size + 7);
    const into = Buffer.alloc(8);
    await source.read(size - 1, into);
    expect(into.toString('latin1')).toBe('\0the end');
    await source.read(0, into);
    expect(into.toString('latin1')).toBe('start\0\0\0');
    await source.checkUnchanged();
    await expect(source.read(size, into)).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(source.read(-1, into)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(source.readNow(size - 1, into)).toBe(true);
    expect(into.toString('latin1')).toBe('\0the end');
    expect(() => source.readNow(size, into)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    await source.close();
  });

  it.each<[string, (path: string) => Promise<void>, RegExp]>([
    ['made longer', (path) => appendFile(path, 'x'), /size in bytes was 10 and is 11/],
    ['made shorter', (path) => truncate(path, 3), /size in bytes was 10 and is 3/],
    ['overwritten', (path) => writeFile(path, '9876543210'), /modified at/],
    [
      'overwritten with its time put back',
      (path) => writeFile(path, 'x123456789').then(() => backdate(path)),
      /attributes/,
    ],
  ])('hands out no byte once it is %s', async (_, change, message) => {
    const path = await newFile('0123456789');
    await backdate(path);
    const source = await FileSource.open(path, standing);
    const into = Buffer.alloc(2);
    await source.read(1, into);
    expect(into.toString()).toBe('12');
    expect(source.readNow(3, into)).toBe(true);
    expect(into.toString()).toBe('34');
    expect(source.confirmNow()).toBe(true);
    // ctime moves in ticks of some milliseconds and nothing tells when the next one comes.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await change(path);
    const changed = { code: 'OBJECT_CHANGED', message: expect.stringMatching(message) };
    const other = await FileSource.open(path, standing);
    expect(other.confirmNow()).toBe(true);
    await other.close();
    expect(() => source.readNow(1, into)).toThrow(expect.objectContaining(changed));
    expect(() => source.confirmNow()).toThrow(expect.objectContaining(changed));
    await expect(source.read(1, into)).rejects.toMatchObject(changed);
    await expect(source.checkUnchanged()).rejects.toMatchObject(changed);
    await expect(source.read(0, into)).rejects.toMatchObject(changed);
    await source.close();
  });

  it('is not read at once for a while after a read that was slow', async () => {
    let nowMs = 0;
    let readMs = 0;
    const source = await FileSource.open(await newFile('0123456789'), () => {
      nowMs += readMs;
      return nowMs;
    });
    const into = Buffer.alloc(2);
    expect(source.readNow(0, into)).toBe(true);
    readMs = 5;
    expect(source.readNow(0, into)).toBe(true);
    readMs = 0;
    nowMs += 499;
    expect([source.readNow(0, into), source.confirmNow()]).toEqual([false, false]);
    nowMs += 1;
    expect(source.readNow(0, into)).toBe(true);
    await source.close();
  });

  it.each([
    ['NFS', 0x6969],
    ['FUSE', 0x65735546],
  ])(
    'is never waited for by the thread that sends where it is on another host, which may be away (%s)',
    async (_, type) => {
      vi.spyOn(fs, 'statfs').mockResolvedValue({ type } as Awaited<ReturnType<typeof fs.statfs>>);
      syncBuiltinESMExports();
      const source = await FileSource.open(await newFile('0123456789'), standing);
      vi.restoreAllMocks();
      syncBuiltinESMExports();
      const into = Buffer.alloc(4);
      expect([source.readNow(0, into), source.confirmNow()]).toEqual([false, false]);
      await source.read(3, into);
      expect(into.toString()).toBe('3456');
      await source.close();
    },
  );

  it('is found to be replaced or deleted when its path is checked', async () => {
    const path = await newFile('0123456789');
    const kept = join(directory, 'kept');
    await link(path, kept);
    const source = await FileSource.open(path);
    await rename(await newFile('0123456789'), path);
    const replaced = { code: 'OBJECT_CHANGED', message: expect.stringContaining('another file') };
    await expect(source.checkUnchanged()).rejects.toMatchObject(replaced);
    await expect(source.read(0, Buffer.alloc(1))).rejects.toMatchObject(replaced);
    await source.close();

    const other = await FileSource.open(kept);
    await rm(kept);
    const deleted = { code: 'OBJECT_CHANGED', message: expect.stringContaining('no longer there') };
    await expect(other.checkUnchanged()).rejects.toMatchObject(deleted);
    await other.close();
  });

  it.each([
    ['another file gets its name', async (path: string) => rename(await newFile('9876543210'), path)],
    ['its name is removed', (path: string) => rm(path)],
  ])('is read on as it was when %s', async (_, change) => {
    const path = await newFile('0123456789');
    const source = await FileSource.open(path, standing);
    // ctime moves in ticks of some milliseconds and nothing tells when the next one comes.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await change(path);
    const into = Buffer.alloc(4);
    await source.read(3, into);
    expect(into.toString()).toBe('3456');
    expect(source.readNow(0, into)).toBe(true);
    expect(into.toString()).toBe('0123');
    await source.confirm();
    await expect(source.checkUnchanged()).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
    await source.close();
  });

  it('must be an ordinary file that exists and may be read', async () => {
    const fifo = join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const locked = await newFile('secret');
    await chmod(locked, 0o000);
    await chmod(directory, 0o755);
    const circle = join(directory, 'circle');
    await symlink(circle, circle);
    const cases: [string, object][] = [
      [join(directory, 'none'), { code: 'FILE_NOT_FOUND', message: expect.stringContaining('none') }],
      [join(locked, 'below'), { code: 'FILE_NOT_FOUND' }],
      [directory, { code: 'NOT_A_FILE', message: expect.stringContaining('a directory'), hint: expect.anything() }],
      [fifo, { code: 'NOT_A_FILE', message: expect.stringContaining('a named pipe') }],
      ['/dev/null', { code: 'NOT_A_FILE' }],
      [circle, { code: 'NOT_A_FILE', message: expect.stringContaining('in a circle') }],
      [join(directory, 'n'.repeat(300)), { code: 'NOT_A_FILE', message: expect.stringContaining('too long') }],
    ];
    for (const [path, error] of cases) await expect(FileSource.open(path)).rejects.toMatchObject(error);
    const denied = asOrdinaryUser(() => FileSource.open(locked));
    await expect(denied).rejects.toMatchObject({ code: 'PERMISSION_DENIED', message: expect.stringContaining(locked) });
  });
});

describe('a file that may already be the object', () => {
  const content = Buffer.alloc(3_000_000, 'already there ');
  const expected = { sizeBytes: content.length, sha256: hash('sha256', content, 'buffer') };

  it('is recognised by its size and SHA-256', async () => {
    const seen: number[] = [];
    const onProgress = (bytes: number) => seen.push(bytes);
    expect(await verifyFile(await newFile(content), expected, { onProgress })).toBe(true);
    expect(seen.at(-1)).toBe(content.length);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    content[2_999_999]! ^= 1;
    expect(await verifyFile(await newFile(content), expected)).toBe(false);
    content[2_999_999]! ^= 1;
    expect(await verifyFile(await newFile(content.subarray(1)), expected)).toBe(false);
    expect(await verifyFile(join(directory, 'none'), expected)).toBe(false);
    const empty = { sizeBytes: 0, sha256: hash('sha256', '', 'buffer') };
    expect(await verifyFile(await newFile(''), empty)).toBe(true);
    await mkdir(join(directory, 'dir'));
    await expect(verifyFile(join(directory, 'dir'), expected)).rejects.toMatchObject({ code: 'NOT_A_FILE' });
  });

  it('stops being read when the caller aborts', async () => {
    const abort = new AbortController();
    const path = await newFile(content);
    const onProgress = () => abort.abort(new Error('enough'));
    const verifying = verifyFile(path, expected, { signal: abort.signal, onProgress });
    await expect(verifying).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } });
  });

  it('has the digests of its blocks read in pieces', async () => {
    const source = await FileSource.open(await newFile(content));
    const geometry = geometryOf(content.length, 1000, 7);
    const { sha256, blockDigests } = await hashObject(source, geometry);
    await source.close();
    expect(sha256).toEqual(expected.sha256);
    const firstBlock = content.subarray(0, geometry.longBlockSymbolCount * 1000);
    expect(blockDigests.subarray(0, 32)).toEqual(hash('sha256', firstBlock, 'buffer'));
    expect(blockDigests.length).toBe(7 * 32);
  });
});
