import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { geometryOf, symbolLength } from '../../../dist/object/geometry.js';
import type { ObjectStore } from '../../../dist/receiver/assemble/object-store.js';
import { openDestination } from '../../../dist/retrieve/open-destination.js';
import { findExchange } from '../../../dist/retrieve/tree/exchange.js';
import { OwnedFolders } from '../../../dist/retrieve/tree/owned-folders.js';
import { namesOf, recoverFolder, swapFolders } from '../../../dist/retrieve/tree/swap-folders.js';
import type { Descriptor } from '../../../dist/wire/descriptor.js';
import { descriptorOf } from '../../store/crash-object.js';
import { asOrdinaryUser } from '../../store/ordinary-user.js';
import { archiveOf, harvest, type Listing, plant, scratchFolders } from '../../tree/folders.js';
import { NO_RESTORER } from '../destinations.js';

const folders = scratchFolders('tree');
afterAll(folders.remove);

const OLD: Listing = { 'a/one': 'old', gone: 'gone', 'sealed/x': 'x' };
const NEW: Listing = { 'a/one': 'new', 'a/two': '-> one', deep: undefined };

interface Version {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
}

async function versionOf(listing: Listing): Promise<Version> {
  const folder = folders.next();
  plant(folder, listing);
  return await versionIn(folder);
}

async function versionIn(folder: string): Promise<Version> {
  const bytes = await archiveOf(folder);
  const sha256 = createHash('sha256').update(bytes).digest();
  return { bytes, descriptor: { ...descriptorOf(geometryOf(bytes.length, 1000, 1)), tree: 'tar', sha256 } };
}

function open(place: string) {
  const { signal } = new AbortController();
  const name = { fleet: 'f', object: 'o', keyFingerprint: 'ab', journalDir: undefined };
  return openDestination({ ...name, output: `${place}/out/`, stateDir: join(place, 'state'), signal });
}

function fill(store: ObjectStore, { bytes }: Version): void {
  const { geometry } = store.holdings;
  for (let place = 0; place < geometry.symbolCount; place++) {
    store.writeSymbol(place, place, bytes, place * geometry.symbolBytes, symbolLength(geometry, place));
  }
}

async function receive(place: string, version: Version): Promise<string> {
  await using destination = await open(place);
  const opened = await destination.open(version.descriptor, NO_RESTORER);
  if (opened.kind !== 'store') return opened.kind;
  fill(opened.store, version);
  await opened.store.commit();
  return 'received';
}

const shown = (place: string) => readdirSync(place).filter((name) => name !== 'state');

describe('a folder that a tree becomes', () => {
  test('is made, replaced as a whole, recognised, and made again after somebody has changed it', async () => {
    const place = folders.next();
    const [old, next] = [await versionOf(OLD), await versionOf(NEW)];
    expect(await receive(place, old)).toBe('received');
    expect(harvest(join(place, 'out'))).toEqual({ a: undefined, sealed: undefined, ...OLD });
    expect(await receive(place, old)).toBe('complete');
    expect(await receive(place, next)).toBe('received');
    expect(harvest(join(place, 'out'))).toEqual({ a: undefined, ...NEW });
    writeFileSync(join(place, 'out/a/one'), 'bad');
    expect(await receive(place, next)).toBe('received');
    expect(await receive(place, next)).toBe('complete');
    expect(shown(place)).toEqual(['out']);
  });

  test('is recognised by a user who may not read all of its files, until one of them changes', async () => {
    const place = folders.next();
    for (const folder of [dirname(place), place]) chmodSync(folder, 0o777);
    const source = folders.next();
    plant(source, { open: 'x', hidden: 'y' });
    chmodSync(join(source, 'hidden'), 0);
    const version = await versionIn(source);
    const received = () => asOrdinaryUser(() => receive(place, version));
    expect([await received(), await received()]).toEqual(['received', 'complete']);
    writeFileSync(join(place, 'out/hidden'), 'z');
    expect([await received(), await received()]).toEqual(['received', 'complete']);
    expect(harvest(join(place, 'out'))).toEqual({ open: 'x', hidden: 'y' });
  });

  test('keeps its mode, and is made with that of new folders', async () => {
    const place = folders.next();
    await receive(place, await versionOf(OLD));
    expect(statSync(join(place, 'out')).mode & 0o777).toBe(0o777 & ~process.umask());
  });

  test('is never one that has files of somebody else in it', async () => {
    const place = folders.next();
    mkdirSync(join(place, 'out'));
    writeFileSync(join(place, 'out/thesis'), 'years of work');
    await expect(open(place)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('no fetch') });
    expect(shown(place)).toEqual(['out']);
  });

  test('is refused for an object that is a file, and a file for a tree', async () => {
    const place = folders.next();
    const { descriptor } = await versionOf(OLD);
    await using destination = await open(place);
    const { tree: _, ...file } = descriptor;
    expect(await destination.open(file, NO_RESTORER)).toMatchObject({ kind: 'refused', error: { code: 'USAGE' } });
    const { signal } = new AbortController();
    const name = { fleet: 'f', object: 'o', keyFingerprint: 'ab', journalDir: undefined };
    await using other = await openDestination({
      ...name,
      output: join(place, 'file'),
      stateDir: join(place, 'state'),
      signal,
    });
    expect(await other.open(descriptor, NO_RESTORER)).toMatchObject({ kind: 'refused', error: { code: 'USAGE' } });
  });

  test('stays as it was when the signed archive is none', async () => {
    const place = folders.next();
    await receive(place, await versionOf(OLD));
    const bytes = Buffer.alloc(5000, 'no archive');
    const sha256 = createHash('sha256').update(bytes).digest();
    const descriptor: Descriptor = { ...descriptorOf(geometryOf(bytes.length, 1000, 1)), tree: 'tar', sha256 };
    await expect(receive(place, { bytes, descriptor })).rejects.toMatchObject({ code: 'TREE_INVALID' });
    expect(harvest(join(place, 'out'))).toMatchObject(OLD);
  });

  test('is whole after a cut before, between and after the renames, and nothing is received again', async () => {
    const [old, next] = [await versionOf(OLD), await versionOf(NEW)];
    const cuts: readonly ((out: string) => void)[] = [
      (out) => mkdirSync(`${out}.part.new`),
      (out) => {
        mkdirSync(`${out}.part.new`);
        renameSync(out, `${out}.part.old`);
      },
    ];
    for (const cut of cuts) {
      const place = folders.next();
      await receive(place, old);
      {
        await using destination = await open(place);
        const opened = await destination.open(next.descriptor, NO_RESTORER);
        if (opened.kind !== 'store') throw new Error(opened.kind);
        fill(opened.store, next);
        await opened.store.close();
      }
      const owned = new OwnedFolders(join(place, 'state'));
      for (const ending of ['new', 'old']) await owned.add(join(place, `out.part.${ending}`));
      cut(join(place, 'out'));
      await using destination = await open(place);
      expect(harvest(join(place, 'out'))).toMatchObject(OLD);
      const opened = await destination.open(next.descriptor, NO_RESTORER);
      if (opened.kind !== 'store') throw new Error(opened.kind);
      expect(opened.store.holdings.filled.count).toBe(opened.store.holdings.geometry.symbolCount);
      await opened.store.commit();
      expect(harvest(join(place, 'out'))).toMatchObject(NEW);
      expect(shown(place)).toEqual(['out', 'out.part.lock']);
    }
  });
});

describe('a folder that people use', () => {
  test('keeps what they have put into it while the tree was received; the next run only has to unpack', async () => {
    const place = folders.next();
    const version = await versionOf(NEW);
    const out = join(place, 'out');
    {
      await using destination = await open(place);
      const opened = await destination.open(version.descriptor, NO_RESTORER);
      if (opened.kind !== 'store') throw new Error(opened.kind);
      fill(opened.store, version);
      plant(out, { mine: 'written meanwhile' });
      await expect(opened.store.commit()).rejects.toMatchObject({ code: 'USAGE' });
    }
    expect(harvest(out)).toEqual({ mine: 'written meanwhile' });
    rmSync(join(out, 'mine'));
    await using again = await open(place);
    const opened = await again.open(version.descriptor, NO_RESTORER);
    if (opened.kind !== 'store') throw new Error(opened.kind);
    expect(opened.store.holdings.filled.count).toBe(opened.store.holdings.geometry.symbolCount);
    await opened.store.commit();
    expect(Object.keys(harvest(out))).toContain('deep');
  });

  test.each(['new', 'old'])(
    'stays where it has the name DIR.part.%s, from the beginning or since later',
    async (ending) => {
      const version = await versionOf(NEW);
      const place = folders.next();
      const mine = join(place, `out.part.${ending}`);
      const refused = { code: 'USAGE', message: expect.stringContaining(mine) };
      plant(mine, { mine: 'years of work' });
      await expect(open(place)).rejects.toMatchObject(refused);
      renameSync(mine, join(place, 'away'));
      {
        await using destination = await open(place);
        const opened = await destination.open(version.descriptor, NO_RESTORER);
        if (opened.kind !== 'store') throw new Error(opened.kind);
        fill(opened.store, version);
        renameSync(join(place, 'away'), mine);
        await expect(opened.store.commit()).rejects.toMatchObject(refused);
      }
      renameSync(mine, join(place, 'away'));
      expect(await receive(place, version)).toBe('received');
      renameSync(join(place, 'away'), mine);
      await expect(receive(place, await versionOf(OLD))).rejects.toMatchObject(refused);
      expect(harvest(mine)).toEqual({ mine: 'years of work' });
      expect(Object.keys(harvest(join(place, 'out')))).toContain('deep');
    },
  );

  test('of a state directory that this user may not read is refused with a hint', async () => {
    const place = folders.next();
    plant(place, { 'out/mine': 'x', 'state/trees/x': '' });
    for (const path of [dirname(place), place]) chmodSync(path, 0o755);
    chmodSync(join(place, 'state'), 0o700);
    const opened = asOrdinaryUser(() => new OwnedFolders(join(place, 'state')).has(join(place, 'out')));
    await expect(opened).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('state'),
    });
  });
});

describe('the swap of two folders', () => {
  test.each<[string, ReturnType<typeof findExchange>]>([
    ['an exchange', findExchange()],
    ['no exchange', undefined],
    [
      'a file system that cannot exchange',
      () => {
        throw Object.assign(new Error('no'), { code: 'EINVAL' });
      },
    ],
  ])('with %s leaves the new one alone', async (_, exchange) => {
    const names = namesOf(join(folders.next(), 'x'));
    for (const content of ['first', 'second']) {
      plant(names.next, { content });
      await swapFolders(names, exchange);
      expect([harvest(names.folder), existsSync(names.next), existsSync(names.former)]).toEqual([
        { content },
        false,
        false,
      ]);
    }
    await recoverFolder(names, { has: async () => true });
    expect(harvest(names.folder)).toEqual({ content: 'second' });
  });

  test('that fails leaves the former', async () => {
    const names = namesOf(join(folders.next(), 'x'));
    plant(names.folder, { content: 'former' });
    await expect(swapFolders(names, undefined)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(harvest(names.folder)).toEqual({ content: 'former' });
  });
});
