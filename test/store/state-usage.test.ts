import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { STATE_PARTS, type StatePart, statePart } from '../../dist/store/state-parts.js';
import { removeRemade, usageOf } from '../../dist/store/state-usage.js';
import { scratchDirectory } from './scratch.js';

const scratch = await scratchDirectory();
const parts = Object.keys(STATE_PARTS) as StatePart[];

/** A state directory with a file of 5000 bytes for each purpose, and the key. */
async function stateDirectory(name: string): Promise<string> {
  const stateDir = join(scratch, name);
  for (const part of parts.filter((name) => name !== '.')) {
    await mkdir(join(statePart(stateDir, part), 'sub'), { recursive: true });
    await writeFile(join(statePart(stateDir, part), 'sub', 'a'), Buffer.alloc(5000, 1));
  }
  await writeFile(join(stateDir, 'server.key'), 'key');
  return stateDir;
}

it('what a state directory holds is counted for each purpose, in folders too, and nothing where there is none', async () => {
  const usage = await usageOf(await stateDirectory('counted'));
  expect(usage.map(({ part, fileCount }) => [part, fileCount])).toEqual(parts.map((part) => [part, 1]));
  for (const { part, bytes } of usage) expect(bytes).toBeGreaterThanOrEqual(part === '.' ? 3 : 5000);
  const nothing = await usageOf(join(scratch, 'none'));
  expect(nothing.every(({ fileCount, bytes }) => fileCount === 0 && bytes === 0)).toBe(true);
});

it('only what is made again is removed: never keys, progress, versions or roots, nor what a link leads to', async () => {
  const stateDir = await stateDirectory('cleaned');
  await writeFile(join(scratch, 'foreign'), 'x');
  await symlink(join(scratch, 'foreign'), join(statePart(stateDir, 'digests'), 'link'));
  const removed = await removeRemade(stateDir, Number.POSITIVE_INFINITY);
  expect(removed.map(({ part, fileCount }) => [part, fileCount])).toEqual([
    ['digests', 1],
    ['intermediate', 1],
    ['deltas', 1],
  ]);
  const left = (await usageOf(stateDir)).filter(({ fileCount }) => fileCount > 0).map(({ part }) => part);
  expect(left).toEqual([
    'spool',
    'serving',
    'streams',
    'devices',
    'trees',
    'completed',
    'trust',
    'agent',
    'manager',
    '.',
  ]);
  expect(await readdir(stateDir)).toContain('server.key');
  expect(await readdir(scratch)).toContain('foreign');
});

it('what was used lately stays if only older files are to go', async () => {
  const stateDir = await stateDirectory('aged');
  await utimes(join(statePart(stateDir, 'intermediate'), 'sub', 'a'), 1000, 1000);
  const removed = await removeRemade(stateDir, 2_000_000);
  expect(removed.filter(({ fileCount }) => fileCount > 0).map(({ part }) => part)).toEqual(['intermediate']);
});
