import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deltaHeadLength, readDeltaHead } from '../../../dist/chunks/delta-head.js';
import type { FleetObject } from '../../../dist/fleet/fleet.js';
import { Contents } from '../../../dist/publish/contents/contents.js';
import { openDelta } from '../../../dist/publish/delta/delta-file.js';
import { FileSource } from '../../../dist/store/file-source.js';
import { plant } from '../../tree/folders.js';

const { signal } = new AbortController();
let contents: Contents;
let folder: string;
const path = (name: string) => join(folder, name);

/** Makes the delta of new.img, and returns its bytes, or why there is none. */
async function deltaOf(from: readonly string[], stateDir = 'state'): Promise<Buffer | string> {
  const object = { name: 'firmware', delta: { fromPaths: from.map(path), channels: [] } } as unknown as FleetObject;
  const file = await FileSource.open(path('new.img'));
  try {
    const delta = await openDelta(object, file, { stateDir: path(stateDir), signal, contents });
    if ('refusal' in delta) return delta.refusal;
    const bytes = Buffer.alloc(delta.source.sizeBytes);
    await delta.source.read(0, bytes);
    await delta.source.close();
    return bytes;
  } finally {
    await file.close();
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'layercast-delta-'));
  contents = new Contents(path('spool'), 1e9);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a delta', () => {
  it('brings what no older version has, once, in the order of the new version', async () => {
    const [first, second, fresh] = [randomBytes(400_000), randomBytes(400_000), randomBytes(100_000)];
    writeFileSync(path('one.img'), first);
    writeFileSync(path('two.img'), second);
    const wanted = Buffer.concat([first, fresh, second, fresh]);
    writeFileSync(path('new.img'), wanted);
    const bytes = (await deltaOf(['one.img', 'two.img'])) as Buffer;
    const headBytes = deltaHeadLength(bytes, wanted.length)!;
    const { index, brought } = readDeltaHead(bytes.subarray(0, headBytes), wanted.length, bytes.length - headBytes)!;
    let at = headBytes;
    for (const chunk of brought) {
      const offset = index.offsetOf(chunk);
      const end = at + index.lengthOf(chunk);
      expect(bytes.subarray(at, end).equals(wanted.subarray(offset, offset + end - at))).toBe(true);
      at = end;
    }
    expect(bytes.length).toBeLessThan(2 * fresh.length + 200_000);
  });

  it('of a folder brings what its older folder does not have, and is found again although archives are made anew', async () => {
    const [same, fresh] = [randomBytes(300_000).toString('latin1'), randomBytes(60_000).toString('latin1')];
    for (const [name, more] of [
      ['old', {}],
      ['new', { 'b/fresh': fresh }],
    ] as const) {
      mkdirSync(path(name));
      plant(path(name), { 'a/same': same, ...more });
    }
    const object = {
      name: 'maps',
      content: 'tree',
      delta: { fromPaths: [path('old')], channels: [] },
    } as unknown as FleetObject;
    const sizes: number[] = [];
    for (let time = 0; time < 2; time++) {
      const { source } = await contents.open({ filePath: path('new'), content: 'tree' }, signal);
      const delta = await openDelta(object, source, { stateDir: path('state'), signal, contents });
      if ('refusal' in delta) throw new Error(delta.refusal);
      sizes.push(delta.source.sizeBytes);
      await delta.source.close();
      await source.close();
    }
    expect(sizes[0]).toBeLessThan(0.5 * 360_000);
    expect(sizes[1]).toBe(sizes[0]);
    expect(readdirSync(path('state/deltas'))).toHaveLength(1);
  });

  it('is the same on every host that has the same files, and is kept', async () => {
    writeFileSync(path('old.img'), randomBytes(300_000));
    writeFileSync(path('new.img'), Buffer.concat([readFileSync(path('old.img')), randomBytes(50_000)]));
    const made = await deltaOf(['old.img']);
    expect(await deltaOf(['old.img'], 'other')).toEqual(made);
    expect(await deltaOf(['old.img'])).toEqual(made);
    expect(readdirSync(path('state/deltas'))).toHaveLength(1);
  });

  it('that is sent is read on when it has made room for newer ones', async () => {
    writeFileSync(path('old.img'), randomBytes(300_000));
    writeFileSync(path('new.img'), readFileSync(path('old.img')));
    const object = { name: 'a', delta: { fromPaths: [path('old.img')], channels: [] } } as unknown as FleetObject;
    const file = await FileSource.open(path('new.img'));
    const sent = await openDelta(object, file, { stateDir: path('state'), signal, contents });
    await file.close();
    if ('refusal' in sent) throw new Error(sent.refusal);
    for (let i = 0; i < 64; i++) {
      writeFileSync(path(`state/deltas/${i}.delta`), '');
      utimesSync(path(`state/deltas/${i}.delta`), 4e9, 4e9);
    }
    writeFileSync(path('new.img'), Buffer.concat([readFileSync(path('old.img')), randomBytes(50_000)]));
    await deltaOf(['old.img']);
    expect(existsSync(sent.source.path)).toBe(false);
    await sent.source.read(0, Buffer.alloc(sent.source.sizeBytes));
    await sent.source.close();
  });

  it('is made anew when a file has changed', async () => {
    writeFileSync(path('old.img'), randomBytes(300_000));
    writeFileSync(path('new.img'), readFileSync(path('old.img')));
    const before = (await deltaOf(['old.img'])) as Buffer;
    writeFileSync(path('new.img'), Buffer.concat([readFileSync(path('old.img')), randomBytes(50_000)]));
    expect(((await deltaOf(['old.img'])) as Buffer).length).toBeGreaterThan(before.length + 50_000);
  });

  it('is not sent when it is more than half of the object', async () => {
    writeFileSync(path('old.img'), randomBytes(100_000));
    writeFileSync(path('new.img'), randomBytes(100_000));
    expect(await deltaOf(['old.img'])).toMatch(/firmware: no delta is sent, because it would have 10\d % of/);
    expect(() => readdirSync(path('state/deltas'))).toThrow();
  });

  it('is refused when an older version is missing, and the error says what to do', async () => {
    writeFileSync(path('new.img'), randomBytes(100_000));
    await expect(deltaOf(['gone.img'])).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('gone.img'),
      hint: expect.stringContaining('"deltaFrom" of objects.firmware'),
    });
  });
});
