import { readFileSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { geometryOf } from '../dist/object/geometry.js';
import { PartFile } from '../dist/store/part/part-file.js';

const SYMBOL_BYTES = 1184;
const SYMBOL_COUNT = 170_000;
const GEOMETRY = geometryOf(SYMBOL_COUNT * SYMBOL_BYTES, SYMBOL_BYTES, 170);
/** Symbols written in one turn of the event loop, as when a socket hands over batches. */
const BATCH = 64;
const PAGE_SYMBOL_COUNTS = [16, 32, 64, 128, 256];

interface Measured {
  readonly how: string;
  readonly seconds: number;
  /** CPU time of the main thread, per symbol. */
  readonly mainUs: number;
  /** CPU time of all threads, per symbol. */
  readonly totalUs: number;
  readonly refusedCount: number;
}

/**
 * Measures the cost of writing 200 MB of symbols to a file: through `PartFile` with pages of several sizes, in order and in runs
 * of 32 at places all over the file; with one write for each symbol; and in large pieces.
 *
 * @param args the directory to write in; by default the system's directory for temporary files
 */
export async function run(args: readonly string[] = []): Promise<Record<string, unknown>> {
  const directory = await mkdtemp(join(args[0] ?? tmpdir(), 'layercast-bench-'));
  try {
    const orders = { 'in order': inOrder(), 'runs of 32': inRuns(32), 'one by one': inRuns(1) };
    const results: Measured[] = [await measure('copy alone', () => copyAlone())];
    results.push(await measure('1 MiB a write', () => withFile(directory, writeLarge)));
    results.push(await measure('1 symbol a write', () => withFile(directory, writeEach)));
    for (const [name, order] of Object.entries(orders)) {
      for (const pageSymbolCount of PAGE_SYMBOL_COUNTS) {
        const pageCount = Math.floor((16 * 2 ** 20) / (pageSymbolCount * SYMBOL_BYTES));
        const how = `${name}, ${pageSymbolCount} a page`;
        results.push(await measure(how, () => throughPart(directory, order, pageSymbolCount, pageCount)));
      }
    }
    report(results);
    return { symbolBytes: SYMBOL_BYTES, symbolCount: SYMBOL_COUNT, results };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function throughPart(directory: string, order: Uint32Array, pageSymbolCount: number, pageCount: number) {
  const path = join(directory, 'part');
  const part = await PartFile.open({ path, geometry: GEOMETRY, resume: false, pageSymbolCount, pageCount });
  const batch = Buffer.alloc(BATCH * SYMBOL_BYTES, 'x');
  let refusedCount = 0;
  for (let i = 0; i < order.length; i++) {
    const start = (i % BATCH) * SYMBOL_BYTES;
    while (!part.write(order[i]!, batch, start, SYMBOL_BYTES)) {
      refusedCount++;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    if (i % BATCH === 0) await new Promise(setImmediate);
  }
  await part.flush();
  await part.discard();
  return refusedCount;
}

async function withFile(directory: string, write: (handle: FileHandle) => Promise<void>): Promise<number> {
  const handle = await open(join(directory, 'plain'), 'w');
  await write(handle);
  await handle.datasync();
  await handle.close();
  return 0;
}

async function writeLarge(handle: FileHandle): Promise<void> {
  const bytes = Buffer.alloc(2 ** 20, 'x');
  for (let at = 0; at < GEOMETRY.sizeBytes; at += bytes.length) await handle.write(bytes, 0, bytes.length, at);
}

async function writeEach(handle: FileHandle): Promise<void> {
  const batch = Buffer.alloc(BATCH * SYMBOL_BYTES, 'x');
  for (let first = 0; first < SYMBOL_COUNT; first += BATCH) {
    const count = Math.min(BATCH, SYMBOL_COUNT - first);
    const writes = Array.from({ length: count }, (_, i) =>
      handle.write(batch, i * SYMBOL_BYTES, SYMBOL_BYTES, (first + i) * SYMBOL_BYTES),
    );
    await Promise.all(writes);
  }
}

async function copyAlone(): Promise<number> {
  const batch = Buffer.alloc(BATCH * SYMBOL_BYTES, 'x');
  const pages = Buffer.alloc(16 * 2 ** 20);
  for (let symbol = 0, to = 0; symbol < SYMBOL_COUNT; symbol++, to += SYMBOL_BYTES) {
    const start = (symbol % BATCH) * SYMBOL_BYTES;
    if (to + SYMBOL_BYTES > pages.length) to = 0;
    pages.set(batch.subarray(start, start + SYMBOL_BYTES), to);
    if (symbol % BATCH === 0) await new Promise(setImmediate);
  }
  return 0;
}

async function measure(how: string, work: () => Promise<number>): Promise<Measured> {
  const [wall, main, total] = [performance.now(), mainThreadNs(), process.cpuUsage()];
  const refusedCount = await work();
  const used = process.cpuUsage(total);
  return {
    how,
    seconds: (performance.now() - wall) / 1000,
    mainUs: (mainThreadNs() - main) / 1000 / SYMBOL_COUNT,
    totalUs: (used.user + used.system) / SYMBOL_COUNT,
    refusedCount,
  };
}

/** Linux: processor time of the main thread, whose id is the process's. */
function mainThreadNs(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]);
}

function inOrder(): Uint32Array {
  return Uint32Array.from({ length: SYMBOL_COUNT }, (_, i) => i);
}

/** All runs, in an order that jumps through the file and is the same each time. */
function inRuns(runLength: number): Uint32Array {
  const runCount = Math.floor(SYMBOL_COUNT / runLength);
  // 61,803 has no common factor with any of the counts here, so every run comes once.
  return Uint32Array.from(
    { length: runCount * runLength },
    (_, i) => ((Math.floor(i / runLength) * 61_803) % runCount) * runLength + (i % runLength),
  );
}

function report(results: readonly Measured[]): void {
  const base = results[0]!.mainUs;
  console.log(`${SYMBOL_COUNT} symbols of ${SYMBOL_BYTES} bytes; CPU time per symbol`);
  console.log('how                           MB/s   main µs   × copy   all µs   refused');
  for (const { how, seconds, mainUs, totalUs, refusedCount } of results) {
    const cells = [
      (GEOMETRY.sizeBytes / 1e6 / seconds).toFixed(0).padStart(7),
      mainUs.toFixed(3).padStart(10),
      (mainUs / base).toFixed(1).padStart(9),
      totalUs.toFixed(3).padStart(9),
      String(refusedCount).padStart(10),
    ];
    console.log(how.padEnd(27) + cells.join(''));
  }
}
