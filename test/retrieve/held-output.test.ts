import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isHeld } from '../../dist/retrieve/held-output.js';
import { TreeArchive } from '../../dist/tree/archive.js';

const folder = mkdtempSync(join(tmpdir(), 'layercast-held-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const content = Buffer.alloc(70_000, 'content');
const held = (path: string | undefined, bytes: Uint8Array = content) => {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { version: 1, path, sizeBytes: bytes.length, sha256 };
};
const check = (version: ReturnType<typeof held>) => isHeld(version, undefined, folder, new AbortController().signal);

describe('the output of a version that was verified before the agent died', () => {
  it('is held as a file while it has the same bytes', async () => {
    const path = join(folder, 'file');
    expect(await check(held(path))).toBe(false);
    writeFileSync(path, content);
    expect(await check(held(path))).toBe(true);
    writeFileSync(path, content.fill('x', 69_999));
    expect(await check(held(path, Buffer.alloc(70_000, 'content')))).toBe(false);
  });

  it('is held as a folder while its archive is the same, and not after a change of any file', async () => {
    const path = join(folder, 'tree');
    mkdirSync(join(path, 'sub'), { recursive: true });
    writeFileSync(join(path, 'sub/a'), 'one');
    symlinkSync('sub/a', join(path, 'link'));
    const pieces: Buffer[] = [];
    for await (const piece of (await TreeArchive.of(path)).bytes()) pieces.push(Buffer.from(piece));
    const version = held(path, Buffer.concat(pieces));
    expect(await check(version)).toBe(true);
    writeFileSync(join(path, 'sub/a'), 'two');
    expect(await check(version)).toBe(false);
    rmSync(path, { recursive: true });
    expect(await check(version)).toBe(false);
  });

  const image = join(folder, 'image');
  writeFileSync(image, Buffer.concat([content, Buffer.alloc(2 ** 20)]));
  const made = spawnSync('losetup', ['-f', '--show', image], { encoding: 'utf8' });
  const loop = made.status === 0 ? made.stdout.trim() : undefined;
  afterAll(() => {
    if (loop !== undefined) spawnSync('losetup', ['-d', loop]);
  });
  const why = loop === undefined ? ' (skipped: this process may make no loop device)' : '';
  it.skipIf(loop === undefined)(`is held as a device while the device begins with its bytes${why}`, async () => {
    const begin = readFileSync(image).subarray(0, 70_000);
    expect(await check(held(loop, begin))).toBe(true);
    expect(await check(held(loop, Buffer.alloc(70_000, 'other')))).toBe(false);
  });

  it('is gone with a command that took the bytes', async () => {
    expect(await check(held(undefined))).toBe(true);
  });
});
