import { existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { afterAll, describe, expect, test } from 'vitest';
import { encodeHeader } from '../../dist/tree/archive-entry.js';
import { refusalOf, type TreeEntry } from '../../dist/tree/tree-entry.js';
import { entriesOf, unpackTree } from '../../dist/tree/unpack.js';
import { syncedFolders } from '../store/synced-folders.js';
import { archiveOf, inMemory, plant, scratchFolders } from './folders.js';

const folders = scratchFolders('unpack');
afterAll(folders.remove);

const file = (path: string, more: Partial<TreeEntry> = {}): TreeEntry => ({
  ...{ path, kind: 'file', mode: 0o644, sizeBytes: 0, changedS: 1, target: '' },
  ...more,
});
const folder = (path: string) => file(path, { kind: 'folder', mode: 0o755, changedS: 0 });
const link = (path: string, target: string) => file(path, { kind: 'link', mode: 0o777, changedS: 0, target });
const END = Buffer.alloc(1024);

function archive(...entries: readonly (TreeEntry | Buffer)[]): Buffer {
  return Buffer.concat([...entries.map((entry) => (Buffer.isBuffer(entry) ? entry : encodeHeader(entry))), END]);
}

function header(data: ConstructorParameters<typeof Header>[0]): Buffer {
  const made = new Header(data);
  made.encode();
  return made.block!;
}

const refused = { code: 'TREE_INVALID' };

describe('an archive that is unpacked', () => {
  test('has the names in each of its folders put on disk', async () => {
    const [source, out] = [folders.next(), folders.next()];
    plant(source, { 'a/b/file': 'content', link: '-> a' });
    const bytes = await archiveOf(source);
    const synced = syncedFolders();
    await unpackTree(inMemory(bytes), out);
    expect(synced.toSorted()).toEqual([out, join(out, 'a'), join(out, 'a/b')]);
  });
});

describe('a hostile archive', () => {
  test.each<[string, Buffer]>([
    ['a name that leaves the folder', archive(file('../x'))],
    ['".." in the middle', archive(folder('a'), file('a/../../x'))],
    ['an absolute name', archive(file('/tmp/x'))],
    ['a name with "."', archive(file('./x'))],
    ['the same file twice', archive(file('a'), file('a'))],
    ['a file and a folder of one name', archive(file('a'), folder('a'))],
    ['entries out of order', archive(file('b'), file('a'))],
    ['a file in no folder', archive(file('a/b'))],
    ['a file below a file', archive(file('a'), file('a/b'))],
    ['a file below a link', archive(link('a', '.'), file('a/b'))],
    ['a link to an absolute path', archive(link('a', '/etc'))],
    ['a link above the folder', archive(link('a', '..'))],
    ['a link that goes up after a name', archive(folder('a'), link('a/l', '..'), link('b', 'a/l/../x'))],
    ['a link to nothing', archive(header({ path: 'a', type: 'SymbolicLink', mode: 0o777, size: 0, linkpath: '' }))],
    ['a hard link', archive(file('a'), header({ path: 'b', type: 'Link', mode: 0o644, size: 0, linkpath: 'a' }))],
    ['a device', archive(header({ path: 'a', type: 'BlockDevice', mode: 0o644, size: 0, devmaj: 8, devmin: 0 }))],
    ['a pipe', archive(header({ path: 'a', type: 'FIFO', mode: 0o644, size: 0 }))],
    ['a set-user-ID bit', archive(header({ path: 'a', type: 'File', mode: 0o4755, size: 0, uid: 0, gid: 0 }))],
    ['an owner', archive(header({ path: 'a', type: 'File', mode: 0o644, size: 0, uid: 1, gid: 0 }))],
    ['a long name of GNU', archive(header({ path: 'a', type: 'NextFileHasLongPath', size: 0 }))],
    ['global attributes', archive(new Pax({ path: 'x' }, true).encode(), file('x'))],
    ['a pax header that nothing needs', archive(new Pax({ path: 'x', size: 0 }).encode(), file('x'))],
    ['a pax header that is too long', archive(header({ path: 'p', type: 'ExtendedHeader', size: 2 ** 31 }), file('x'))],
    ['a negative size', archive(header({ path: 'a', type: 'File', mode: 0o644, size: -5 }))],
    ['a file longer than the archive', archive(file('a', { sizeBytes: 10_000 }))],
    ['something after a content', archive(file('a', { sizeBytes: 5 }), Buffer.alloc(512, 1))],
    ['no end', archive(file('a')).subarray(0, 512)],
    ['half an end', archive(file('a')).subarray(0, 1024)],
    ['more after the end', archive(file('a'), END, file('b'))],
    ['nothing at all', Buffer.alloc(0)],
    ['a terminal sequence in a name', archive(file('a\u001b[2Jb'))],
  ])('with %s is refused, and nothing is outside of the folder', async (_, bytes) => {
    const scratch = folders.next();
    const out = join(scratch, 'out');
    mkdirSync(out);
    await expect(unpackTree(inMemory(bytes), out)).rejects.toMatchObject(refused);
    expect(readdirSync(scratch)).toEqual(['out']);
  });

  test('that is cut or changed anywhere is refused, or has the same number of allowed entries', async () => {
    const source = folders.next();
    plant(source, { 'a/b': 'content', c: '-> a/b', [`${'n'.repeat(120)}`]: 'x'.repeat(700), ä: '' });
    const bytes = await archiveOf(source);
    const names = async (archived: Buffer) => {
      const found: string[] = [];
      for await (const { entry } of entriesOf(inMemory(archived))) found.push(`${refusalOf(entry)}`);
      return found;
    };
    const right = await names(bytes);
    for (let length = 0; length < bytes.length; length += 64) {
      await expect(names(bytes.subarray(0, length)), `${length}`).rejects.toMatchObject(refused);
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= flip;
        // A header has a checksum. A pax header has none, so a byte of a long name may change.
        expect(await names(changed).catch((error) => error.code)).toSatisfy(
          (found) => found === 'TREE_INVALID' || JSON.stringify(found) === JSON.stringify(right),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('of random bytes and of random headers ends with a refusal', async () => {
    const type = fc.constantFrom(
      'File',
      'Directory',
      'SymbolicLink',
      'Link',
      'ExtendedHeader',
      'OldFile',
      'ContiguousFile',
      'GNUDumpDir',
    );
    const block = fc.oneof(
      fc.uint8Array({ minLength: 512, maxLength: 512 }).map((bytes) => Buffer.from(bytes)),
      fc
        .record({
          path: fc.string({ maxLength: 20 }),
          type,
          size: fc.integer({ min: -600, max: 1500 }),
          linkpath: fc.string({ maxLength: 9 }),
        })
        .map((data) => header(data as never)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(block, { maxLength: 6 }), async (blocks) => {
        const out = folders.next();
        await unpackTree(inMemory(Buffer.concat([...blocks, END])), out).catch((error) =>
          expect(error).toMatchObject(refused),
        );
      }),
      { numRuns: 200 },
    );
  });
});

test('links that are allowed lead to no place outside of the folder, whatever they go through', () => {
  const names = fc.constantFrom('a', 'b', 'c', '..', '.');
  const paths = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const below = fc
    .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.array(fc.record({ path: below, target: paths }), { minLength: 1, maxLength: 8 }), (links) => {
      const scratch = folders.next();
      const root = join(scratch, 'x', 'root');
      mkdirSync(root, { recursive: true });
      writeFileSync(join(scratch, 'a'), 'outside');
      writeFileSync(join(scratch, 'x', 'a'), 'outside');
      const made: string[] = [];
      for (const { path, target } of links) {
        if (refusalOf(link(path, target)) !== undefined) continue;
        // Parents are real folders, as the unpacker requires.
        if (made.some((other) => path === other || path.startsWith(`${other}/`) || other.startsWith(`${path}/`)))
          continue;
        mkdirSync(dirname(join(root, path)), { recursive: true });
        if (existsSync(join(root, path)) || readdirSync(dirname(join(root, path))).includes(path.split('/').at(-1)!))
          continue;
        symlinkSync(target, join(root, path));
        made.push(path);
      }
      for (const path of made) {
        try {
          expect(`${realpathSync(join(root, path))}/`.startsWith(`${root}/`)).toBe(true);
        } catch (error) {
          // A link to nothing, or in a circle.
          expect((error as NodeJS.ErrnoException).code).toMatch(/ENOENT|ELOOP|ENOTDIR/);
        }
      }
    }),
    { numRuns: 300 },
  );
});
