// Makes symbols to send from intermediate symbols in memory and in a file, and compares with reading the file of an object
// without a code.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { geometryOf } from '../dist/object/geometry.js';
import { CodedSource } from '../dist/publish/symbols/coded-source.js';
import { CodingThread } from '../dist/publish/symbols/coding-thread.js';
import { IntermediateCache } from '../dist/publish/symbols/intermediate-cache.js';
import { StoredBlocks } from '../dist/publish/symbols/stored-blocks.js';
import { RUN_SYMBOLS } from '../dist/sender/schedule/ring.js';
import type { SymbolSource } from '../dist/sender/slab.js';
import { SourceSymbols } from '../dist/sender/source-symbols.js';
import { FileSource } from '../dist/store/file-source.js';
import { median, table } from './table.js';

const SOURCE_COUNTS = [1024, 8192, 32_768] as const;
const SYMBOL_BYTES = 1184;
/** Runs in a request: what a channel of 40 Mbit/s needs for 20 ms. */
const RUNS_PER_READ = 20;

interface Row {
  readonly sourceCount: number;
  readonly way: string;
  readonly symbolsPerSecond: number;
  readonly megabytesPerSecond: number;
}

/**
 * Makes runs of 16 repair symbols with random ESIs; medians over rounds in which the ways take turns. Two ways run in this
 * thread, two ask a coding thread, one request at a time.
 *
 * @param args `--rounds N`, `--seconds S` of each way in each round, `--dir DIR` for the files
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '0.2' },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  const rows: Row[] = [];
  const folder = await mkdtemp(join(values.dir, 'layercast-encode-'));
  try {
    for (const sourceCount of SOURCE_COUNTS) {
      const measured = await measure(folder, sourceCount, Number(values.rounds), Number(values.seconds));
      console.log(`\nK = ${sourceCount}, symbols of ${SYMBOL_BYTES} bytes in runs of ${RUN_SYMBOLS}\n`);
      console.log(
        table(measured, [
          { title: 'way', cell: ({ way }) => way },
          { title: 'symbols/s', cell: ({ symbolsPerSecond }) => symbolsPerSecond, ratio: true },
          { title: 'MB/s', cell: ({ megabytesPerSecond }) => megabytesPerSecond },
        ]),
      );
      rows.push(...measured);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { rows };
}

async function measure(folder: string, sourceCount: number, roundCount: number, seconds: number): Promise<Row[]> {
  const path = join(folder, String(sourceCount));
  const sizeBytes = sourceCount * SYMBOL_BYTES;
  const geometry = geometryOf(sizeBytes, SYMBOL_BYTES, 1);
  const output = await open(path, 'w');
  for (let at = 0; at < sizeBytes; at += SYMBOL_BYTES) {
    await output.write(Uint8Array.from({ length: SYMBOL_BYTES }, () => 256 * Math.random()));
  }
  await output.close();
  const source = await FileSource.open(path);
  const sources = new SourceSymbols(source, geometry);
  const cache = new IntermediateCache({ stateDir: folder, limitBytes: 1e9 });
  const encoding = { signal: new AbortController().signal, onProgress: () => undefined };
  const sha256 = Buffer.alloc(32, sourceCount % 251);
  const openSource = async (thread: CodingThread) =>
    new CodedSource(geometry, source, await cache.open(source, geometry, sha256, encoding), thread);
  const threads = [new CodingThread(1e9), new CodingThread(0)];
  const [held, rowByRow] = [await openSource(threads[0]!), await openSource(threads[1]!)];
  const file = await cache.open(source, geometry, sha256, encoding);
  const [inMemory, fromFile] = [new StoredBlocks(file.fd, geometry, 1e9), new StoredBlocks(file.fd, geometry, 0)];
  const bytes = new Uint8Array(new SharedArrayBuffer(RUN_SYMBOLS * RUNS_PER_READ * SYMBOL_BYTES));
  const make = (blocks: StoredBlocks) => async () => {
    for (let i = 0; i < RUNS_PER_READ; i++)
      blocks.encode(0, anyEsi(2 ** 23), RUN_SYMBOLS, bytes.subarray(i * RUN_SYMBOLS * SYMBOL_BYTES), SYMBOL_BYTES);
  };
  const read = (symbols: SymbolSource, firstEsi: () => number) => () =>
    symbols.read(runs(firstEsi), bytes, SYMBOL_BYTES);
  const repair = () => sourceCount + anyEsi(2 ** 23);
  const ways: readonly (readonly [way: string, work: () => Promise<void>])[] = [
    ['file of the object (code: none)', read(sources, () => anyEsi(sourceCount - RUN_SYMBOLS))],
    ['intermediate symbols in memory', make(inMemory)],
    ['rows from the page cache', make(fromFile)],
    ['in memory, by thread', read(held, repair)],
    ['rows, by thread', read(rowByRow, repair)],
  ];
  const speeds = ways.map(() => [] as number[]);
  for (let round = 0; round < roundCount; round++) {
    for (const [i, [, work]] of ways.entries()) speeds[i]!.push(await speedOf(work, seconds));
  }
  for (const coded of [held, rowByRow]) await coded.close();
  for (const thread of threads) await thread.close();
  await file.close();
  await source.close();
  return ways.map(([way], i) => {
    const symbolsPerSecond = median(speeds[i]!);
    return { sourceCount, way, symbolsPerSecond, megabytesPerSecond: (symbolsPerSecond * SYMBOL_BYTES) / 1e6 };
  });
}

/** Runs `work` for some time and returns symbols per second. */
async function speedOf(work: () => Promise<void>, seconds: number): Promise<number> {
  await work();
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < seconds * 1000) {
    await work();
    count += RUN_SYMBOLS * RUNS_PER_READ;
  }
  return (count * 1000) / (performance.now() - start);
}

function runs(firstEsi: () => number) {
  return Array.from({ length: RUNS_PER_READ }, (_, i) => ({
    block: 0,
    firstEsi: firstEsi(),
    start: i * RUN_SYMBOLS * SYMBOL_BYTES,
    count: RUN_SYMBOLS,
  }));
}

function anyEsi(bound: number): number {
  return Math.floor(bound * Math.random());
}
