import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { discardOutput } from '../../dist/retrieve/discard-output.js';
import { workingPaths } from '../../dist/retrieve/locked-files.js';
import { scratchDirectory } from '../store/scratch.js';

const scratch = await scratchDirectory();

it.each([false, true])(
  'what was fetched is removed, with a part and its journal (in a folder of journals: %s)',
  async (hasFolder) => {
    const folder = mkdtempSync(join(scratch, 'objects-'));
    const journalDir = hasFolder ? join(folder, 'state') : undefined;
    if (journalDir !== undefined) mkdirSync(journalDir);
    const path = join(folder, 'firmware');
    const { partPath, journalPath } = workingPaths(path, journalDir);
    for (const each of [path, partPath, journalPath, join(folder, 'other')]) writeFileSync(each, '');
    await discardOutput(path, journalDir);
    await discardOutput(path, journalDir);
    expect(readdirSync(folder).filter((name) => name !== 'state')).toEqual(['other']);
    expect(journalDir === undefined ? [] : readdirSync(journalDir)).toEqual([]);
  },
);

it('that cannot be removed is said with a code', async () => {
  const path = join(scratch, 'folder');
  mkdirSync(path);
  await expect(discardOutput(path, undefined)).rejects.toMatchObject({ code: 'FILE_IO' });
});
