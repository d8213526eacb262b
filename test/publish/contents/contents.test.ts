import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Contents, type OpenContent } from '../../../dist/publish/contents/contents.js';
import { archiveOf, plant, scratchFolders } from '../../tree/folders.js';

const folders = scratchFolders('contents');
afterAll(folders.remove);
const { signal } = new AbortController();
const PIPE = { filePath: '-', content: 'pipe' } as const;

async function bytesOf({ source }: OpenContent): Promise<string> {
  const bytes = Buffer.alloc(source.sizeBytes);
  await source.read(0, bytes);
  return bytes.toString('latin1');
}

/** A descriptor from which a text can be read. */
function inputOf(text: string): number {
  const path = join(folders.next(), 'input');
  writeFileSync(path, text);
  return openSync(path, 'r');
}

describe('the content of an object', () => {
  test('from a pipe is read once and can be opened again, under another version too', async () => {
    const fd = inputOf('piped bytes');
    const contents = new Contents(folders.next(), 1e6, fd);
    const first = await contents.open(PIPE, signal);
    expect(await bytesOf(first)).toBe('piped bytes');
    await first.source.close();
    const second = await contents.open(PIPE, signal);
    expect([await bytesOf(second), await second.isUnchanged()]).toEqual(['piped bytes', true]);
    await second.source.checkUnchanged();
    await contents.close();
    closeSync(fd);
  });

  test('from a real pipe is all that comes until its end, in whatever pieces', async () => {
    const fifo = join(folders.next(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const writer = spawn('sh', ['-c', `{ head -c 200000 /dev/zero; sleep 0.1; printf end; } > ${fifo}`]);
    const fd = openSync(fifo, 'r');
    const contents = new Contents(folders.next(), 1e6, fd);
    const content = await contents.open(PIPE, signal);
    expect(await bytesOf(content)).toBe(`${'\0'.repeat(200_000)}end`);
    await contents.close();
    writer.kill();
  });

  test('that cannot be read is told as such, and not as a fault of the folder for copies', async () => {
    const fd = openSync(folders.next(), 'r');
    const contents = new Contents(folders.next(), 1e6, fd);
    await expect(contents.open(PIPE, signal)).rejects.toMatchObject({
      code: 'NOT_A_FILE',
      message: 'cannot read "standard input": it is a directory',
    });
    await contents.close();
    closeSync(fd);
  });

  test('that never comes does not keep the server from stopping', async () => {
    const fifo = join(folders.next(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const fd = openSync(fifo, 'r+');
    const contents = new Contents(folders.next(), 1e6, fd);
    const opened = contents.open(PIPE, signal).catch((error) => error.code);
    await contents.close();
    expect(await opened).toBe('ABORTED');
  });

  test.each([
    ['more than there is room for', 'x'.repeat(101), 'DISK_FULL'],
    ['nothing', '', 'USAGE'],
  ])('from a pipe that brings %s is an error', async (_, text, code) => {
    const fd = inputOf(text);
    const contents = new Contents(folders.next(), 100, fd);
    await expect(contents.open(PIPE, signal)).rejects.toMatchObject({ code });
    await contents.close();
    closeSync(fd);
  });

  test('of a folder is its archive, a copy without a name that later changes of the folder do not reach', async () => {
    const [folder, stateDir] = [folders.next(), folders.next()];
    plant(folder, { file: 'text' });
    const archive = (await archiveOf(folder)).toString('latin1');
    const contents = new Contents(stateDir, 1e6);
    const content = await contents.open({ filePath: folder, content: 'tree' }, signal);
    expect([await bytesOf(content), await content.isUnchanged()]).toEqual([archive, true]);
    expect(readdirSync(join(stateDir, 'spool'))).toEqual([]);
    writeFileSync(join(folder, 'file'), 'other');
    expect([await bytesOf(content), await content.isUnchanged()]).toEqual([archive, false]);
    await content.source.close();
    await contents.close();
  });

  test('gives its room back when it is closed', async () => {
    const folder = folders.next();
    plant(folder, { file: 'text' });
    const contents = new Contents(folders.next(), 2048);
    for (let round = 0; round < 3; round++) {
      const { source } = await contents.open({ filePath: folder, content: 'tree' }, signal);
      await expect(contents.open({ filePath: folder, content: 'tree' }, signal)).rejects.toMatchObject({
        code: 'DISK_FULL',
      });
      await source.close();
    }
    await contents.close();
  });
});
