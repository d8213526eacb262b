import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planDelta } from '../../../dist/publish/delta/write-delta.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { FileSource } from '../../../dist/store/file-source.js';
import { seed, seeded } from '../../simulate/seed.js';

const hasCasync = spawnSync('casync', ['--version']).status === 0;
const SIZE_BYTES = 8_000_000;
const EDIT_BYTES = 4096;

/** What a receiver with the old version downloads: the index, and those compressed chunks that the old version has not. */
async function bytesOfCasync(folder: string, old: string, wanted: string): Promise<number> {
  const store = join(folder, 'chunks.castr');
  const make = (index: string, file: string) =>
    spawnSync('casync', ['make', `--store=${store}`, join(folder, index), file]).status;
  const sizeOfStore = async () => {
    const entries = await readdir(store, { recursive: true, withFileTypes: true });
    const sizes = entries.filter((one) => one.isFile()).map((one) => stat(join(one.parentPath, one.name)));
    return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
  };
  expect(make('old.caibx', old)).toBe(0);
  const before = await sizeOfStore();
  expect(make('new.caibx', wanted)).toBe(0);
  return (await sizeOfStore()) - before + (await stat(join(folder, 'new.caibx'))).size;
}

describe('a delta', () => {
  it.skipIf(!hasCasync)(
    seeded(
      `has no more than 1.5 times the bytes that casync transfers${hasCasync ? '' : ' (skipped: there is no casync)'}`,
    ),
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'layercast-'));
      const random = new Prng(seed);
      const bytes = random.fill(new Uint8Array(SIZE_BYTES));
      const [old, wanted] = [join(folder, 'old.img'), join(folder, 'new.img')];
      await writeFile(old, bytes);
      // One per cent in pages at random places, and seven bytes in front.
      for (let done = 0; done < SIZE_BYTES / 100; done += EDIT_BYTES) {
        bytes.set(random.fill(new Uint8Array(EDIT_BYTES)), Math.floor(random.ratio() * (SIZE_BYTES - EDIT_BYTES)));
      }
      await writeFile(wanted, Buffer.concat([random.fill(new Uint8Array(7)), bytes]));
      const [from, to] = [await FileSource.open(old), await FileSource.open(wanted)];
      const { sizeBytes } = await planDelta(to, [from], new AbortController().signal);
      const casyncBytes = await bytesOfCasync(folder, old, wanted);
      await Promise.all([from.close(), to.close(), rm(folder, { recursive: true })]);
      expect(sizeBytes).toBeGreaterThan(0.01 * SIZE_BYTES);
      expect(sizeBytes).toBeLessThanOrEqual(1.5 * casyncBytes);
      console.log(`delta ${sizeBytes} bytes, casync ${casyncBytes} bytes`);
    },
  );
});
