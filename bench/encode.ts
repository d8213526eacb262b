// Makes symbols to send from intermediate symbols in memory, in a file and by a spool, and compares with reading the file of an
// object without a code.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { geometryOf } from '../dist/object/geometry.js';
import { CodedObject } from '../dist/publish/symbols/coded-object.js';
import { CodedSource } from '../dist/publish/symbols/coded-source.js';
import { CodingThread } from '../dist/publish/symbols/coding-thread.js';
import { IntermediateCache } from '../dist/publish/symbols/intermediate-cache.js';
import { Spool, type SpoolChannel } from '../dist/publish/symbols/spool.js';
import { SpoolMaker } from '../dist/publish/symbols/spool-maker.js';
import { StoredBlocks } from '../dist/publish/symbols/stored-blocks.js';
import { RUN_SYMBOLS } from '../dist/sender/schedule/ring.js';
import type { SymbolSource } from '../dist/sender/slab.js';
import { SourceSymbols } from '../dist/sender/source-symbols.js';
import { SymbolRuns } from '../dist/sender/symbol-runs.js';
import { FileSource } from '../dist/store/file-source.js';
import { median, table } from './table.js';

const SOURCE_COUNTS = [1024, 8192, 16_384] as const;
const SYMBOL_BYTES = 1184;
/** Runs in a request: what a channel of 40 Mbit/s needs for 20 ms. */
const RUNS_PER_READ = 20;
const SYMBOLS_PER_READ = RUNS_PER_READ * RUN_SYMBOLS;

interface Row {
  readonly sourceCount: number;
  readonly way: string;
  /** Processor time of all threads for a symbol. */
  readonly cpuUs: number;
  readonly symbolsPerSecond: number;
}

/**
 * Makes runs of 4 repair symbols with random ESIs; medians over rounds in which the ways take turns. Two ways run in this
 * thread, two ask a coding thread, one request at a time. A spool makes a segment of a channel's symbols in order, in this thread, and the
 * channel reads it.
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
          { title: 'CPU µs a symbol', cell: ({ cpuUs }) => cpuUs, ratio: true },
          { title: 'symbols/s', cell: ({ symbolsPerSecond }) => symbolsPerSecond },
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
    return SYMBOLS_PER_READ;
  };
  const read = (symbols: SymbolSource, firstEsi: () => number) => async () => {
    await symbols.read(runs(firstEsi), bytes, SYMBOL_BYTES);
    return SYMBOLS_PER_READ;
  };
  const repair = () => sourceCount + anyEsi(2 ** 23);
  const spoolFile = await open(join(folder, `spool${sourceCount}`), 'wx+');
  const object = new CodedObject({ sourceFd: source.fd, fd: file.fd, geometry, heldBytes: 0 }, [], () => undefined);
  const ways: readonly (readonly [way: string, work: () => Promise<number>])[] = [
    ['rows, by thread', read(rowByRow, repair)],
    ['file of the object (code: none)', read(sources, () => anyEsi(sourceCount - RUN_SYMBOLS))],
    ['intermediate symbols in memory', make(inMemory)],
    ['rows from the page cache', make(fromFile)],
    ['in memory, by thread', read(held, repair)],
    ['made ahead by a spool', spooled(object, spoolFile.fd, bytes)],
  ];
  const figures = ways.map(() => [] as Figures[]);
  for (let round = 0; round < roundCount; round++) {
    for (const [i, [, work]] of ways.entries()) figures[i]!.push(await figuresOf(work, seconds));
  }
  for (const coded of [held, rowByRow]) await coded.close();
  for (const thread of threads) await thread.close();
  for (const opened of [spoolFile, file, source]) await opened.close();
  return ways.map(([way], i) => {
    const cpuUs = median(figures[i]!.map((figure) => figure.cpuUs));
    return { sourceCount, way, cpuUs, symbolsPerSecond: median(figures[i]!.map((figure) => figure.symbolsPerSecond)) };
  });
}

/** Lets a channel go on by a segment of its symbols each time: makes the next one, and reads one. */
function spooled(object: CodedObject, fd: number, into: Uint8Array<SharedArrayBuffer>): () => Promise<number> {
  const { geometry } = object;
  const sourceCount = geometry.longBlockSymbolCount;
  const range = { firstEsi: 2 * sourceCount, count: 8 * sourceCount };
  const channel: SpoolChannel = { range, hasSources: false, repairIntervalUs: 1 };
  const spool = new Spool(fd, geometry, channel, range.firstEsi);
  const maker = new SpoolMaker(
    () => [object],
    (failed) => {
      throw new Error(`the spool of ${failed.file.sizeBytes} bytes has failed`);
    },
  );
  object.spools.push(spool);
  let at = 0;
  return async () => {
    for (maker.wake(); spool.spareUs !== undefined; ) await new Promise(setImmediate);
    const segmentCount = sourceCount / 2;
    for (let count = 0; count < segmentCount; count += SYMBOLS_PER_READ) {
      const run = { block: 0, start: 0, count: Math.min(SYMBOLS_PER_READ, segmentCount - count) };
      object.make(SymbolRuns.of([{ ...run, firstEsi: range.firstEsi + at + count }]), into, SYMBOL_BYTES);
    }
    at = (at + segmentCount) % range.count;
    return segmentCount;
  };
}

type Figures = Omit<Row, 'sourceCount' | 'way'>;

/** Runs `work`, which says how many symbols it made, for some time. */
async function figuresOf(work: () => Promise<number>, seconds: number): Promise<Figures> {
  await work();
  const [start, before] = [performance.now(), process.cpuUsage()];
  let count = 0;
  while (performance.now() - start < seconds * 1000) count += await work();
  const { user, system } = process.cpuUsage(before);
  return { cpuUs: (user + system) / count, symbolsPerSecond: (count * 1000) / (performance.now() - start) };
}

function runs(firstEsi: () => number) {
  const list = Array.from({ length: RUNS_PER_READ }, (_, i) => ({
    block: 0,
    firstEsi: firstEsi(),
    start: i * RUN_SYMBOLS * SYMBOL_BYTES,
    count: RUN_SYMBOLS,
  }));
  return SymbolRuns.of(list);
}

function anyEsi(bound: number): number {
  return Math.floor(bound * Math.random());
}
