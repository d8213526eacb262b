import { readFileSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { copyWithHoles } from '../../dist/store/copy-file.js';
import { scratchDirectory } from './scratch.js';

const scratch = await scratchDirectory();
const [from, to] = [join(scratch, 'from'), join(scratch, 'to')];
writeFileSync(from, 'content');

/** Notes in this order what is done with the copy. */
function watchCopy(): readonly string[] {
  const done: string[] = [];
  const { open } = fs;
  vi.spyOn(fs, 'open').mockImplementation(async (path, ...rest) => {
    const handle = await open(path, ...rest);
    if (path !== to) return handle;
    const sync = handle.sync.bind(handle);
    return Object.assign(handle, {
      sync: async () => {
        await sync();
        done.push(`synced ${readFileSync(to)}`);
      },
    });
  });
  syncBuiltinESMExports();
  return done;
}

afterEach(async () => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  await fs.rm(to, { force: true });
});

describe('the copy of a file', () => {
  it('that shares its content is on the disk at the end: after a power cut it would be empty', async () => {
    // Few file systems of tests can share.
    vi.spyOn(fs, 'copyFile').mockImplementation(async () => writeFileSync(to, 'content'));
    const done = watchCopy();
    await copyWithHoles(from, to, undefined);
    expect(done).toEqual(['synced content']);
  });

  it('whose content is written is on the disk at the end', async () => {
    vi.spyOn(fs, 'copyFile').mockRejectedValue(Object.assign(new Error('ENOTSUP'), { code: 'ENOTSUP' }));
    const done = watchCopy();
    await copyWithHoles(from, to, undefined);
    expect(done).toEqual(['synced content']);
  });
});
