import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { replaceFile } from '../../dist/store/durable.js';
import { scratchDirectory } from './scratch.js';

const scratch = await scratchDirectory();

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

describe('a file that is replaced in one step', () => {
  it('says what went wrong first, though what that has left cannot be removed either', async () => {
    const path = join(scratch, 'file');
    writeFileSync(path, 'before');
    vi.spyOn(fs, 'rename').mockRejectedValue(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
    vi.spyOn(fs, 'rm').mockRejectedValue(Object.assign(new Error('EROFS'), { code: 'EROFS' }));
    syncBuiltinESMExports();
    await expect(replaceFile(path, [Buffer.from('after')])).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(readFileSync(path, 'utf8')).toBe('before');
  });

  it('is as it was, with nothing beside it, when that fails', async () => {
    const folder = await fs.mkdtemp(join(scratch, 'folder-'));
    const path = join(folder, 'file');
    writeFileSync(path, 'before');
    vi.spyOn(fs, 'rename').mockRejectedValue(Object.assign(new Error('EIO'), { code: 'EIO' }));
    syncBuiltinESMExports();
    await expect(replaceFile(path, [Buffer.from('after')])).rejects.toMatchObject({ code: 'FILE_IO' });
    expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['file'], 'before']);
  });
});
