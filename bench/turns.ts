// How much processor time a turn of the main thread takes while a coded block is restored, verified and accepted. Linux only.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { BlockEncoder } from '../dist/fec/index.js';
import { SymbolSet } from '../dist/object/symbol-set.js';
import { Assembler } from '../dist/receiver/assemble/assembler.js';
import { CodedPlaces } from '../dist/receiver/assemble/coded-places.js';
import { Verification } from '../dist/receiver/assemble/verification.js';
import { KnownKeys } from '../dist/receiver/runs/known-keys.js';
import { RestoringThreads } from '../dist/retrieve/block-restorer.js';
import { finishAs, openObjectFile } from '../dist/retrieve/object-file.js';
import { type Descriptor, RAPTORQ } from '../dist/wire/descriptor.js';
import { randomBytes } from '../test/fec/samples.js';
import { table } from './table.js';

const SYMBOL_BYTES = 1184;
const FIRST_ESI = 100_000;
const ROUNDS = 10;

const DESCRIPTOR: Omit<Descriptor, 'sizeBytes' | 'symbolBytes' | 'blockCount' | 'sha256' | 'blockRoot'> = {
  fleet: 'bench',
  object: 'o',
  version: 1,
  fecEncodingId: RAPTORQ,
  mode: 'several',
  ssm: false,
  channels: [],
  servers: [],
  createdS: 0,
  expiresS: undefined,
};

export async function run() {
  const rows = [];
  for (const symbolCount of [1000, 5000, 21_000]) rows.push(await measure(symbolCount));
  console.log(
    table(rows, [
      { title: 'block, MB', cell: ({ blockMB }) => blockMB },
      { title: 'longest turn, ms', cell: ({ longestTurnMs }) => longestTurnMs },
      { title: 'all, ms', cell: ({ allMs }) => allMs },
    ]),
  );
  return { rows };
}

/** A block that holds repair symbols only, in the order in which they came. */
async function measure(symbolCount: number) {
  const source = randomBytes(symbolCount * SYMBOL_BYTES, 1);
  const encoder = BlockEncoder.fromSource(source, SYMBOL_BYTES);
  const symbols = new Uint8Array(source.length);
  encoder.encodeRun(FIRST_ESI, symbolCount, symbols);
  const sha256 = createHash('sha256').update(source).digest();
  const sizes = { sizeBytes: source.length, symbolBytes: SYMBOL_BYTES, blockCount: 1 };
  const descriptor = { ...DESCRIPTOR, ...sizes, sha256, blockRoot: sha256 };
  const longest: number[] = [];
  const all: number[] = [];
  await using restorer = new RestoringThreads(1);
  for (let round = 0; round < ROUNDS; round++) {
    const directory = await mkdtemp(join(tmpdir(), 'layercast-bench-'));
    const store = await openObjectFile(descriptor, {
      partPath: join(directory, 'f.part'),
      journalPath: join(directory, 'j'),
      restorer,
      finish: finishAs(join(directory, 'f')),
    });
    for (let place = 0; place < symbolCount; place++) {
      const start = place * SYMBOL_BYTES;
      while (!store.writeSymbol(place, FIRST_ESI + place, symbols, start, SYMBOL_BYTES))
        await new Promise(setImmediate);
    }
    const coded = new CodedPlaces(store.holdings);
    const assembler = new Assembler(descriptor, store.holdings, new SymbolSet(1), coded, new KnownKeys());
    const verification = new Verification(assembler, store);
    const stop = watchTurns();
    const startMs = performance.now();
    await verification.step((block, outcome) => {
      if (outcome !== 'genuine') throw new Error(`block ${block} is ${outcome}`);
      assembler.accept(block);
    });
    all.push(performance.now() - startMs);
    longest.push(stop());
    await store.discard();
    await rm(directory, { recursive: true });
  }
  return { blockMB: source.length / 1e6, longestTurnMs: Math.min(...longest), allMs: Math.min(...all) };
}

/** Measures the processor time of this thread for each turn of the event loop; returns a function that gives the longest. */
function watchTurns(): () => number {
  let lastMs = threadMs();
  let longestMs = 0;
  let isOver = false;
  const turn = () => {
    const nowMs = threadMs();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    isOver = true;
    return Math.max(longestMs, threadMs() - lastMs);
  };
}

const CLOCK_THREAD_CPUTIME_ID = 3;
const clockGettime = koffi.load('libc.so.6').func('int clock_gettime(int, _Out_ int64_t *)');

function threadMs(): number {
  const time = [0, 0];
  clockGettime(CLOCK_THREAD_CPUTIME_ID, time);
  return Number(time[0]) * 1000 + Number(time[1]) / 1e6;
}
