// Makes a delta between two versions of a file, and compares its bytes with what casync would transfer (Debian: apt install casync).
import { spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chunkHash, eachChunk } from '../dist/chunks/each-chunk.js';
import { planDelta } from '../dist/publish/delta/write-delta.js';
import { FileSource } from '../dist/store/file-source.js';
import { table } from './table.js';

/** Bytes of each edit: a page of a file system. */
const EDIT_BYTES = 4096;

interface Row {
  readonly way: string;
  readonly bytes: number | undefined;
  readonly chunkCount: number | undefined;
  readonly cpuMs: number | undefined;
}

/**
 * An old version of random bytes; the new one has seven bytes in front, and pages changed at random places. What no old version has is counted, with the
 * index.
 *
 * @param args `--mb N` of the file (200), `--changed PERCENT` (1), `--dir DIR` for the files
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mb: { type: 'string', default: '200' },
      changed: { type: 'string', default: '1' },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  const sizeBytes = Number(values.mb) * 1e6;
  const changedBytes = (sizeBytes * Number(values.changed)) / 100;
  const folder = await mkdtemp(join(values.dir, 'layercast-delta-'));
  try {
    const [old, wanted] = [join(folder, 'old.img'), join(folder, 'new.img')];
    const bytes = randomBytes(sizeBytes);
    await writeFile(old, bytes);
    for (let done = 0; done < changedBytes; done += EDIT_BYTES) {
      randomBytes(EDIT_BYTES).copy(bytes, randomInt(sizeBytes - EDIT_BYTES));
    }
    await writeFile(wanted, Buffer.concat([randomBytes(7), bytes]));
    const rows = [await ofCasync(folder, old, wanted), await ofDelta(old, wanted), await ofSearch(old)];
    console.log(`\n${values.mb} MB, ${values.changed} % changed in pages of ${EDIT_BYTES} bytes, 7 bytes in front\n`);
    console.log(
      table(rows, [
        { title: 'way', cell: ({ way }) => way },
        { title: 'bytes to transfer', cell: (row) => row.bytes, ratio: true },
        { title: 'chunks', cell: ({ chunkCount }) => chunkCount },
        { title: 'CPU ms', cell: ({ cpuMs }) => cpuMs },
      ]),
    );
    return { rows };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a receiver with the old version downloads: the index, and those compressed chunks that the old version has not. */
async function ofCasync(folder: string, old: string, wanted: string): Promise<Row> {
  const way = 'casync, chunks of 64 KiB';
  const make = (index: string, file: string) =>
    spawnSync('casync', ['make', `--store=${join(folder, 'chunks.castr')}`, join(folder, index), file]).status === 0;
  if (!make('old.caibx', old)) {
    console.error('casync is not here: apt install casync');
    return { way, bytes: undefined, chunkCount: undefined, cpuMs: undefined };
  }
  const before = await sizeOf(join(folder, 'chunks.castr'));
  make('new.caibx', wanted);
  const after = await sizeOf(join(folder, 'chunks.castr'));
  const { size } = await stat(join(folder, 'new.caibx'));
  return { way, bytes: after.bytes - before.bytes + size, chunkCount: after.files - before.files, cpuMs: undefined };
}

async function ofDelta(old: string, wanted: string): Promise<Row> {
  const [from, to] = [await FileSource.open(old), await FileSource.open(wanted)];
  try {
    const start = process.cpuUsage();
    const { sizeBytes, brought } = await planDelta(to, [from], new AbortController().signal);
    return { way: 'delta', bytes: sizeBytes, chunkCount: brought.length, cpuMs: cpuMsSince(start) };
  } finally {
    await from.close();
    await to.close();
  }
}

/** The work of a receiver that looks for chunks in its old version. */
async function ofSearch(old: string): Promise<Row> {
  const source = await FileSource.open(old);
  try {
    const start = process.cpuUsage();
    let chunkCount = 0;
    const read = async (offset: number, into: Uint8Array) => {
      const length = Math.min(into.length, source.sizeBytes - offset);
      if (length > 0) await source.read(offset, into.subarray(0, length));
      return length;
    };
    await eachChunk({ read }, (chunk) => {
      chunkHash(chunk);
      chunkCount++;
      return true;
    });
    return { way: 'search of a seed', bytes: undefined, chunkCount, cpuMs: cpuMsSince(start) };
  } finally {
    await source.close();
  }
}

function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return Math.round((user + system) / 1000);
}

async function sizeOf(folder: string): Promise<{ readonly bytes: number; readonly files: number }> {
  const names = await readdir(folder, { recursive: true });
  const files = (await Promise.all(names.map((name) => stat(join(folder, name))))).filter((found) => found.isFile());
  return { bytes: files.reduce((sum, { size }) => sum + size, 0), files: files.length };
}
