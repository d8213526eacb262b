import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeKeyFiles } from '../../../dist/cli/actions/key-files.js';
import { writeKeyPair } from '../../../dist/cli/actions/key-pair.js';
import { asOrdinaryUser } from '../../store/ordinary-user.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'layercast-keys-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  rmSync(folder, { recursive: true });
});

const pair = () => [
  { path: join(folder, 'a.key'), text: 'private', mode: 0o600 },
  { path: join(folder, 'a.pub'), text: 'public', mode: 0o644 },
];

/** Of the next files that are made, the second one finds no room. */
function fillDiskAtSecondFile(): void {
  const { open } = fs;
  let count = 0;
  vi.spyOn(fs, 'open').mockImplementation(async (...args: Parameters<typeof open>) => {
    const file = await open(...args);
    const full = () => Promise.reject(Object.assign(new Error('no room'), { code: 'ENOSPC' }));
    if (args[1] === 'wx' && ++count === 2) Object.assign(file, { writeFile: full, write: full });
    return file;
  });
  syncBuiltinESMExports();
}

describe('files with keys', () => {
  it('leave nothing that looks like a key when the disk is full', async () => {
    fillDiskAtSecondFile();
    await expect(writeKeyFiles(pair(), false)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('are refused to a user who may not write there, with what to do about it', async () => {
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'locked'), { mode: 0o555 });
    const writing = asOrdinaryUser(() => writeKeyPair(join(folder, 'locked'), false));
    await expect(writing).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: `cannot write keys to "${join(folder, 'locked')}": permission denied`,
      hint: expect.stringContaining('choose another folder'),
    });
  });

  it('are still there when they were to be replaced and the disk is full', async () => {
    writeFileSync(join(folder, 'a.pub'), 'before');
    fillDiskAtSecondFile();
    await expect(writeKeyFiles(pair(), true)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(readFileSync(join(folder, 'a.pub'), 'utf8')).toBe('before');
    expect(readdirSync(folder).toSorted()).toEqual(['a.key', 'a.pub']);
  });

  it('have their own permissions, also in place of a file that everybody could read', async () => {
    writeFileSync(join(folder, 'a.key'), 'before', { mode: 0o644 });
    await writeKeyFiles(pair(), true);
    expect(readFileSync(join(folder, 'a.key'), 'utf8')).toBe('private');
    expect(pair().map(({ path }) => statSync(path).mode & 0o777)).toEqual([0o600, 0o644]);
  });
});
