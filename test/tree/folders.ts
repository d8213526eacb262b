import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TreeArchive } from '../../dist/tree/archive.js';
import type { ArchiveBytes } from '../../dist/tree/unpack.js';

/** Contents of files, targets of links after `-> `, undefined for folders, by path. */
export type Listing = Readonly<Record<string, string | undefined>>;

/** Folders for one test file; the last call removes them. */
export function scratchFolders(name: string) {
  const scratch = mkdtempSync(join(tmpdir(), `layercast-${name}-`));
  let count = 0;
  return {
    next(): string {
      const folder = join(scratch, `${count++}`);
      mkdirSync(folder);
      return folder;
    },
    remove: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

/** Makes a tree in a folder. All files get the same time. */
export function plant(folder: string, listing: Listing): void {
  for (const [path, content] of Object.entries(listing)) {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    if (content === undefined) mkdirSync(place, { recursive: true });
    else if (content.startsWith('-> ')) symlinkSync(content.slice(3), place);
    else {
      writeFileSync(place, content);
      chmodSync(place, 0o644);
      utimesSync(place, 1_700_000_000, 1_700_000_000.5);
    }
  }
}

/** What is in a folder; permissions stand before contents where they are unusual. */
export function harvest(folder: string, path = ''): Listing {
  const found: Record<string, string | undefined> = {};
  for (const name of readdirSync(join(folder, path)).toSorted()) {
    const inner = path === '' ? name : `${path}/${name}`;
    const place = join(folder, inner);
    const stats = lstatSync(place);
    if (stats.isSymbolicLink()) found[inner] = `-> ${readlinkSync(place)}`;
    else if (stats.isDirectory()) Object.assign(found, { [inner]: undefined }, harvest(folder, inner));
    else found[inner] = readFileSync(place, 'latin1');
  }
  return found;
}

export async function archiveOf(folder: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of (await TreeArchive.of(folder)).bytes()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

export function inMemory(bytes: Buffer): ArchiveBytes {
  return {
    sizeBytes: bytes.length,
    read: async (offset, into) => {
      bytes.copy(into, 0, offset, offset + into.length);
    },
  };
}
