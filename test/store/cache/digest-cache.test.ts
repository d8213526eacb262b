import { hash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { geometryOf } from '../../../dist/object/geometry.js';
import { digestsOf, type FileDigests } from '../../../dist/store/cache/digest-cache.js';
import { FileSource } from '../../../dist/store/file-source.js';
import { asOrdinaryUser } from '../ordinary-user.js';
import { scratchDirectory } from '../scratch.js';

const scratch = await scratchDirectory();
const CONTENT = Buffer.alloc(1_500_000, 'something to publish. ');
/** At this time no file of these tests is young any more. */
const later = () => Date.now() + 10_000;

let stateDir: string;
let path: string;
let testCount = 0;
beforeEach(async () => {
  const directory = join(scratch, String(testCount++));
  await mkdir(directory);
  stateDir = join(directory, 'state');
  path = join(directory, 'file');
  await writeFile(path, CONTENT);
});

async function digests(options: { symbolBytes?: number; nowMs?: () => number; signal?: AbortSignal } = {}) {
  const source = await FileSource.open(path);
  const geometry = geometryOf(source.sizeBytes, options.symbolBytes ?? 1000, 4);
  try {
    return await digestsOf(source, geometry, { stateDir, nowMs: later, ...options });
  } finally {
    await source.close();
  }
}

const entries = async () => (await readdir(join(stateDir, 'digests'))).map((name) => join(stateDir, 'digests', name));

function expectRight({ sha256, blockDigests }: FileDigests, content = CONTENT): void {
  expect(sha256).toEqual(hash('sha256', content, 'buffer'));
  const blockBytes = Math.ceil(Math.ceil(content.length / 1000) / 4) * 1000;
  expect(blockDigests.subarray(0, 32)).toEqual(hash('sha256', content.subarray(0, blockBytes), 'buffer'));
}

describe('digests of a file', () => {
  it('are computed once', async () => {
    const first = await digests();
    expectRight(first);
    expect([first.fromCache, first.notKept]).toEqual([false, undefined]);
    const second = await digests();
    expectRight(second);
    expect(second.fromCache).toBe(true);
    expect((await digests({ symbolBytes: 100 })).fromCache).toBe(false);
    expect(await entries()).toHaveLength(2);
  });

  it('are computed anew when the file has changed', async () => {
    await digests();
    const changed = Buffer.from(CONTENT);
    changed[5]! ^= 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(path, changed);
    const { fromCache, ...rest } = await digests();
    expect(fromCache).toBe(false);
    expectRight({ fromCache, ...rest }, changed);
  });

  it('are not kept while the file is so young that a second write could go unseen', async () => {
    await utimes(path, 1_600_000_000, 1_600_000_000);
    for (const fromCache of [false, false]) expect((await digests({ nowMs: Date.now })).fromCache).toBe(fromCache);
    const inThePast = () => Date.now() - 86_400_000;
    for (const fromCache of [false, false]) expect((await digests({ nowMs: inThePast })).fromCache).toBe(fromCache);
    for (const fromCache of [false, true]) expect((await digests()).fromCache).toBe(fromCache);
  });

  it('are computed anew when their entry is damaged, anywhere', async () => {
    await digests();
    const [entry] = await entries();
    const content = await readFile(entry!);
    for (let byte = 0; byte < content.length; byte += 7) {
      const damaged = Buffer.from(content);
      damaged[byte]! ^= 0x40;
      await writeFile(entry!, damaged);
      const source = await FileSource.open(path);
      // Given up at once: all that matters is that the entry is not believed.
      const signal = AbortSignal.abort();
      await expect(digestsOf(source, geometryOf(CONTENT.length, 1000, 4), { stateDir, signal })).rejects.toMatchObject({
        code: 'ABORTED',
      });
      await source.close();
    }
    for (const damaged of [content.subarray(0, 3), content.subarray(0, -1), Buffer.concat([content, content])]) {
      await writeFile(entry!, damaged);
      const again = await digests();
      expectRight(again);
      expect(again.fromCache).toBe(false);
    }
    expect((await digests()).fromCache).toBe(true);
  });

  it('are kept in a bounded number of entries; the least recently used are removed', async () => {
    await digests();
    const [mine] = await entries();
    const directory = join(stateDir, 'digests');
    for (let i = 0; i < 300; i++) {
      const other = join(directory, `${String(i).padStart(3, '0')}.digests`);
      await writeFile(other, '');
      await utimes(other, 1000 + i, 1000 + i);
    }
    const abandoned = join(directory, '.layercast-1-aa.tmp');
    await writeFile(abandoned, '');
    await utimes(abandoned, 1000, 1000);
    expect((await digests()).fromCache).toBe(true);
    await digests({ symbolBytes: 100 });
    const names = await entries();
    expect(names).toHaveLength(256);
    expect(names).toContain(mine);
    expect(names).not.toContain(abandoned);
    expect(names).not.toContain(join(directory, '045.digests'));
    expect(names).toContain(join(directory, '046.digests'));
  });

  it('are right even when they cannot be kept', async () => {
    await writeFile(stateDir, 'a file where a directory should be');
    const first = await digests();
    expectRight(first);
    expect(first.notKept).toContain(stateDir);
    await rm(stateDir);
    await mkdir(stateDir, { mode: 0o755 });
    await chmod(scratch, 0o755);
    const denied = await asOrdinaryUser(async () => {
      await chmod(stateDir, 0o555).catch(() => {});
      return digests();
    });
    expectRight(denied);
    expect(denied.notKept).toContain('permission denied');
  });

  it('are not computed further when the caller aborts or the file changes', async () => {
    await expect(digests({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    const source = await FileSource.open(path);
    const geometry = geometryOf(CONTENT.length, 1000, 4);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(path, CONTENT.subarray(1));
    await expect(digestsOf(source, geometry, { stateDir })).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
    await source.close();
  });

  it('of an empty file are the hash of nothing and no blocks', async () => {
    await writeFile(path, '');
    const source = await FileSource.open(path);
    const found = await digestsOf(source, geometryOf(0, 1000, 0), { stateDir, nowMs: later });
    expect(found.sha256).toEqual(hash('sha256', '', 'buffer'));
    expect(found.blockDigests.length).toBe(0);
    await source.close();
  });
});
