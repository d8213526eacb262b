import { hash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { download } from '../../dist/mirror/download.js';
import { type AskOrigin, readAnswer } from '../../dist/mirror/origin.js';
import { FileSource } from '../../dist/store/file-source.js';

const content = randomBytes(3_000_000);
const origin = { url: 'http://127.0.0.1/firmware.img', everyUs: 60_000_000, maxBytes: 10_000_000, s3: undefined };
/** Gives the content whole, and names no SHA-256 with which it could be checked. */
const ask: AskOrigin = async () => ({
  kind: 'content',
  validator: { etag: '"1"', lastModified: undefined },
  fromByte: 0,
  sizeBytes: content.length,
  sha256: undefined,
  body: (async function* () {
    yield content;
  })(),
  end: async () => undefined,
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'layercast-download-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('a file that a mirror has fetched', () => {
  const part = () => join(folder, 'firmware.img.mirror');
  const fetchIt = () =>
    download({ origin, filePath: join(folder, 'firmware.img'), ask, signal: new AbortController().signal });

  /** Calls `change` between two pieces that are read of the file. */
  function whileItIsHashed(change: () => void): void {
    const read = FileSource.prototype.read;
    vi.spyOn(FileSource.prototype, 'read').mockImplementationOnce(async function (this: FileSource, offset, into) {
      await read.call(this, offset, into);
      change();
    });
  }

  it('is handed over with the SHA-256 of its bytes', async () => {
    const sha256 = new Uint8Array(hash('sha256', content, 'buffer'));
    const found = await fetchIt();
    expect(found).toMatchObject({ path: part(), sizeBytes: content.length });
    expect(new Uint8Array(found!.sha256)).toEqual(sha256);
  });

  it('is known at the next look to have been about to be published, until that is noted to have ended', async () => {
    const first = await fetchIt();
    expect(first!.begunAt).toBeUndefined();
    await first!.begin(7);
    const second = await fetchIt();
    expect(second!.begunAt).toBe(7);
    await second!.conclude();
    expect((await fetchIt())!.begunAt).toBeUndefined();
  });

  it.each([
    ['written to', () => writeFileSync(part(), randomBytes(content.length))],
    ['cut short', () => truncateSync(part(), 1)],
  ])('is refused when it is %s while it is hashed, and fetched anew by the next look', async (_, change) => {
    whileItIsHashed(change);
    await expect(fetchIt()).rejects.toMatchObject({ code: 'OBJECT_CHANGED', message: expect.stringContaining(part()) });
    expect(existsSync(part())).toBe(false);
    expect(await fetchIt()).toMatchObject({ sizeBytes: content.length });
  });

  it('is whole although the system takes a part of the bytes at once, as a disk that is nearly full does', async () => {
    await using some = await open(folder);
    const prototype = Object.getPrototypeOf(some) as FileHandle;
    const { write } = prototype;
    type Write = (this: FileHandle, bytes: Uint8Array, offset: number, length: number, at: number) => Promise<object>;
    const writeSome: Write = function (bytes, offset, length, at) {
      return (write as Write).call(this, bytes, offset, Math.min(length, 1e6), at);
    };
    vi.spyOn(prototype, 'write').mockImplementation(writeSome as never);
    expect(await fetchIt()).toMatchObject({ sizeBytes: content.length, sha256: hash('sha256', content, 'buffer') });
  });

  it('is refused when it has more bytes than have come', async () => {
    const spy = vi.spyOn(FileSource, 'open');
    spy.mockImplementationOnce(async (path) => {
      writeFileSync(path, 'more', { flag: 'a' });
      return FileSource.open(path);
    });
    await expect(fetchIt()).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
  });
});

describe('an origin that says that nothing has changed', () => {
  it('is believed only if it was asked whether something has', () => {
    const answer = new Response(null, { status: 304, statusText: 'Not Modified' });
    const known = { etag: '"1"', lastModified: undefined };
    expect(readAnswer(answer, { known, part: undefined })).toEqual({ kind: 'unchanged' });
    for (const nothing of [undefined, { etag: undefined, lastModified: undefined }]) {
      expect(() => readAnswer(answer, { known: nothing, part: undefined })).toThrow('it answered 304 Not Modified');
    }
  });
});
