import { readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { highestCompleted, rememberCompleted } from '../../../dist/store/cache/completed-versions.js';
import { scratchDirectory } from '../scratch.js';

const scratch = await scratchDirectory();
let testCount = 0;
const newStateDir = () => join(scratch, String(testCount++), 'state');
const FIRMWARE = { fleet: 'acme', object: '../firmware', keyFingerprint: 'ab'.repeat(32) };
const SHA = ['11', '22', '33'].map((byte) => byte.repeat(32));

describe('the highest completed version', () => {
  it('is remembered for each object and key, and never goes back', async () => {
    const stateDir = newStateDir();
    expect(await highestCompleted(stateDir, FIRMWARE)).toBeUndefined();
    await rememberCompleted(stateDir, FIRMWARE, 0, SHA[0]!);
    expect(await highestCompleted(stateDir, FIRMWARE)).toEqual({ version: 0, sha256: SHA[0] });
    await rememberCompleted(stateDir, FIRMWARE, 12, SHA[1]!);
    await rememberCompleted(stateDir, FIRMWARE, 9, SHA[2]!);
    expect(await highestCompleted(stateDir, FIRMWARE)).toEqual({ version: 12, sha256: SHA[1] });
    for (const other of [{ fleet: 'b' }, { object: 'maps' }, { keyFingerprint: 'cd'.repeat(32) }]) {
      expect(await highestCompleted(stateDir, { ...FIRMWARE, ...other })).toBeUndefined();
    }
  });

  it('survives many processes that remember versions at the same time, and leaves few files', async () => {
    const stateDir = newStateDir();
    const versions = Array.from({ length: 30 }, (_, i) => (i * 7) % 30);
    await Promise.all(versions.map((version) => rememberCompleted(stateDir, FIRMWARE, version, SHA[0]!)));
    expect(await highestCompleted(stateDir, FIRMWARE)).toMatchObject({ version: 29 });
    await rememberCompleted(stateDir, FIRMWARE, 2 ** 53 - 1, SHA[1]!);
    const [directory] = await readdir(join(stateDir, 'completed'));
    expect(await readdir(join(stateDir, 'completed', directory!))).toEqual([`version-${2 ** 53 - 1}`]);
  });

  it('is known even when the content of its file is lost', async () => {
    const stateDir = newStateDir();
    await rememberCompleted(stateDir, FIRMWARE, 5, SHA[0]!);
    const [name] = await readdir(join(stateDir, 'completed'));
    const directory = join(stateDir, 'completed', name!);
    await truncate(join(directory, 'version-5'), 10);
    await writeFile(join(directory, 'version-x'), '');
    expect(await highestCompleted(stateDir, FIRMWARE)).toEqual({ version: 5, sha256: undefined });
  });

  it('is an error, not none, when the state directory cannot be read', async () => {
    const stateDir = newStateDir();
    await rememberCompleted(stateDir, FIRMWARE, 5, SHA[0]!);
    const inFile = join(stateDir, 'a file');
    await writeFile(inFile, '');
    await expect(highestCompleted(inFile, FIRMWARE)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(rememberCompleted(inFile, FIRMWARE, 6, SHA[0]!)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
