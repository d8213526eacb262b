// How much processor time a turn of the main thread takes while a coded block is restored, verified and accepted. Linux only.
import { createHash } from 'node:crypto';
import koffi from 'koffi';
import { BlockEncoder, CodingPool } from '../dist/fec/index.js';
import { geometryOf } from '../dist/object/geometry.js';
import { Holdings } from '../dist/object/holdings.js';
import { SymbolSet } from '../dist/object/symbol-set.js';
import { Assembler } from '../dist/receiver/assemble/assembler.js';
import { CodedPlaces } from '../dist/receiver/assemble/coded-places.js';
import type { ObjectStore } from '../dist/receiver/assemble/object-store.js';
import { Origins } from '../dist/receiver/assemble/origins.js';
import { Restoration } from '../dist/receiver/assemble/restoration.js';
import { Verification } from '../dist/receiver/assemble/verification.js';
import type { Descriptor } from '../dist/wire/descriptor.js';
import { randomBytes } from '../test/fec/samples.js';
import { table } from './table.js';

const SYMBOL_BYTES = 1184;
const FIRST_ESI = 100_000;
const ROUNDS = 10;

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

/** A block that holds repair symbols only, in places in any order. */
async function measure(symbolCount: number) {
  const source = randomBytes(symbolCount * SYMBOL_BYTES, 1);
  const encoder = BlockEncoder.fromSource(source, SYMBOL_BYTES);
  const file = new Uint8Array(source.length);
  encoder.encodeRun(FIRST_ESI, symbolCount, file);
  const sha256 = createHash('sha256').update(source).digest();
  const geometry = geometryOf(source.length, SYMBOL_BYTES, 1);
  const pool = new CodingPool({ workerCount: 1 });
  await pool.prepare(symbolCount, 1);
  const longest: number[] = [];
  const all: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const holdings = new Holdings(geometry);
    for (let place = 0; place < symbolCount; place++) holdings.addGuest(place, FIRST_ESI + place);
    const coded = new CodedPlaces(holdings);
    const descriptor = { sha256, blockRoot: sha256 } as unknown as Descriptor;
    const assembler = new Assembler(descriptor, holdings, new SymbolSet(1), coded, new Origins());
    const store = memoryStore(file);
    const verification = new Verification(assembler, store, new Restoration(geometry, store, pool, 1));
    const stop = watchTurns();
    const startMs = performance.now();
    await verification.step((block, outcome) => {
      if (outcome !== 'genuine') throw new Error(`block ${block} is ${outcome}`);
      assembler.accept(block);
    });
    all.push(performance.now() - startMs);
    longest.push(stop());
  }
  await pool.close();
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

/** Reads as libuv's threads do, without the main thread. */
function memoryStore(file: Uint8Array): ObjectStore {
  const store = {
    read: async (place: number, into: Uint8Array) => {
      const offset = place * SYMBOL_BYTES;
      for (let at = 0; at < into.length; at += 2 ** 18) {
        into.set(file.subarray(offset + at, offset + Math.min(into.length, at + 2 ** 18)), at);
        await new Promise(setImmediate);
      }
    },
    restoreBlock: async () => undefined,
  };
  return store as unknown as ObjectStore;
}
