// Compares the erasure code with the npm package raptorq: encoding, decoding and memory. Also measures several threads.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Decoder, Encoder, initSync } from 'raptorq/raptorq.js';
import { BlockEncoder, blockCode, restoreBlock } from '../dist/fec/index.js';
import { planDecoding } from '../dist/fec/solve/decoding-plan.js';
import { RestoringThreads } from '../dist/retrieve/block-restorer.js';
import { measureFirstBlocks } from './fec/first-blocks.js';

const SOURCE_COUNTS = [128, 1024, 8192] as const;
const SYMBOL_BYTES = [1184, 1280] as const;
const LOSS_RATIOS = [0.02, 0.1, 0.5, 1] as const;

interface Row {
  readonly sourceCount: number;
  readonly symbolBytes: number;
  /** 1: all source symbols are lost. */
  readonly lossRatio: number;
  readonly encodeMBps: number;
  readonly encodeRatio: number;
  readonly decodeMBps: number;
  readonly decodeRatio: number;
  /** Block and spare symbols, the kernel's table of the same, working rows and program, as a multiple of K·T. */
  readonly memoryRatio: number;
}

/**
 * Times are medians of processor time. Both codes take turns, so that other work of the machine affects both. Pools need the
 * whole machine, so the best of eight rounds by the clock counts.
 * Encoding: the block in, as many repair symbols out as were lost. Decoding: symbols copied into the block one by one, then
 * the block restored; in a pool a block is read from a file, restored, hashed, and written where symbols were missing. The package copies every symbol into a packet of its own; it has no other interface.
 *
 * Arguments: `--first` measures what new processes take for their first blocks instead, `--rounds N` times (5), and `--beside DIST` in turn with another
 * build.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      first: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      beside: { type: 'string', multiple: true, default: [] },
    },
  });
  if (values.first) {
    const others = values.beside.map((folder) => resolve(folder));
    return { firstBlocks: measureFirstBlocks(others, Number(values.rounds)) };
  }
  initSync(readFileSync(createRequire(import.meta.url).resolve('raptorq/raptorq_bg.wasm')));
  const rows: Row[] = [];
  console.log('megabytes of block per second and core, and how many times as fast as npm raptorq\n');
  console.log('     K     T   lost   encode           decode         memory / K·T');
  for (const sourceCount of SOURCE_COUNTS) {
    for (const symbolBytes of SYMBOL_BYTES) {
      for (const lossRatio of LOSS_RATIOS) {
        const row = measure(sourceCount, symbolBytes, lossRatio);
        rows.push(row);
        const lost = lossRatio === 1 ? 'all' : `${100 * lossRatio} %`;
        const encode = `${row.encodeMBps.toFixed(0).padStart(6)} (${row.encodeRatio.toFixed(1).padStart(4)}×)`;
        const decode = `${row.decodeMBps.toFixed(0).padStart(6)} (${row.decodeRatio.toFixed(1).padStart(4)}×)`;
        const size = `${String(sourceCount).padStart(6)}${String(symbolBytes).padStart(6)}${lost.padStart(7)}`;
        console.log(`${size}${encode.padStart(17)}${decode.padStart(17)}${row.memoryRatio.toFixed(2).padStart(12)}`);
      }
    }
  }
  const pool = [await measurePool(1024, 0.1), await measurePool(1024, 1), await measurePool(8192, 0.1)];
  console.log('\nblocks in a pool, T = 1184: MB/s with one worker, with two, ratio');
  for (const { sourceCount, lossRatio, oneMBps, twoMBps, ratio } of pool) {
    const speeds = `${oneMBps.toFixed(0).padStart(7)}${twoMBps.toFixed(0).padStart(7)}${ratio.toFixed(2).padStart(7)}`;
    console.log(`${String(sourceCount).padStart(6)}${`${100 * lossRatio} %`.padStart(7)}${speeds}`);
  }
  return { rows, pool };
}

function measure(sourceCount: number, symbolBytes: number, lossRatio: number): Row {
  const source = randomBytes(sourceCount * symbolBytes);
  const megabytes = source.length / 1e6;
  const times = {
    encode: [] as number[],
    theirEncode: [] as number[],
    decode: [] as number[],
    theirDecode: [] as number[],
  };
  const roundCount = Math.max(7, Math.min(60, Math.round(60 / megabytes)));
  warmUp(source, symbolBytes, lossRatio);
  let memoryRatio = 0;
  for (let round = 0; round < roundCount; round++) {
    const lost = pick(Math.round(lossRatio * sourceCount), sourceCount);
    const repair = new Uint8Array((lost.size + 3) * symbolBytes);
    times.encode.push(
      time(() => BlockEncoder.fromSource(source, symbolBytes).encodeRun(sourceCount, lost.size + 3, repair)),
    );
    const block = new Uint8Array(source.length);
    times.decode.push(time(() => decode(source, repair, lost, block, symbolBytes)));
    if (Buffer.compare(block, source) !== 0) throw new Error('decoded to something else');
    if (round === 0) memoryRatio = decodingMemory(sourceCount, symbolBytes, lost) / source.length;
    if (round % theirShare(roundCount) === 0) {
      let packets: Uint8Array[] = [];
      times.theirEncode.push(time(() => (packets = theirEncode(source, symbolBytes, lost.size + 3))));
      const kept = packets.filter((_, esi) => !lost.has(esi));
      times.theirDecode.push(time(() => theirDecode(kept, source.length, symbolBytes)));
    }
  }
  const [encodeMs, decodeMs] = [median(times.encode), median(times.decode)];
  return {
    sourceCount,
    symbolBytes,
    lossRatio,
    encodeMBps: (1000 * megabytes) / encodeMs,
    encodeRatio: median(times.theirEncode) / encodeMs,
    decodeMBps: (1000 * megabytes) / decodeMs,
    decodeRatio: median(times.theirDecode) / decodeMs,
    memoryRatio,
  };
}

/** Lets the engine compile the code, as it would in a program that runs for more than a moment. */
function warmUp(source: Uint8Array, symbolBytes: number, lossRatio: number): void {
  const sourceCount = source.length / symbolBytes;
  const start = performance.now();
  while (performance.now() - start < 250) {
    const lost = pick(Math.round(lossRatio * sourceCount), sourceCount);
    const repair = new Uint8Array((lost.size + 3) * symbolBytes);
    BlockEncoder.fromSource(source, symbolBytes).encodeRun(sourceCount, lost.size + 3, repair);
    decode(source, repair, lost, new Uint8Array(source.length), symbolBytes);
    const kept = theirEncode(source, symbolBytes, lost.size + 3).filter((_, esi) => !lost.has(esi));
    theirDecode(kept, source.length, symbolBytes);
  }
}

/** In every how many rounds the package takes its turn: it is slow, so in about seven rounds of all. */
function theirShare(roundCount: number): number {
  return Math.max(1, Math.floor(roundCount / 7));
}

/** Copies received symbols into the block, repair symbols to the rows of lost ones, and restores the block. */
function decode(
  source: Uint8Array,
  repair: Uint8Array,
  lost: Set<number>,
  block: Uint8Array,
  symbolBytes: number,
): void {
  const sourceCount = source.length / symbolBytes;
  const spareCount = repair.length / symbolBytes - lost.size;
  const esis = new Int32Array(sourceCount + spareCount).fill(-1);
  let repairCount = 0;
  for (let esi = 0; esi < sourceCount; esi++) {
    const [from, index] = lost.has(esi) ? [repair, repairCount++] : [source, esi];
    block.set(from.subarray(index * symbolBytes, (index + 1) * symbolBytes), esi * symbolBytes);
    esis[esi] = from === source ? esi : sourceCount + index;
  }
  const spare = repair.subarray(lost.size * symbolBytes);
  // Some seven sets of K symbols in a thousand need one more.
  for (let extra = 0; !restoreBlock({ block, spare, esis }, symbolBytes); extra++) {
    esis[sourceCount + extra] = sourceCount + lost.size + extra;
  }
}

function decodingMemory(sourceCount: number, symbolBytes: number, lost: Set<number>): number {
  const esis = Int32Array.from({ length: sourceCount + 16 }, (_, row) => (row < sourceCount ? row : -1));
  let repair = sourceCount;
  for (const esi of lost) esis[esi] = repair++;
  esis[sourceCount] = repair;
  const plan = planDecoding(blockCode(sourceCount), esis);
  if (plan === undefined) throw new Error('one symbol too few');
  return 2 * esis.length * symbolBytes + 64 * plan.workRowCount + plan.program.byteLength;
}

function theirEncode(source: Uint8Array, symbolBytes: number, repairCount: number): Uint8Array[] {
  const encoder = Encoder.with_defaults(source, symbolBytes);
  const packets = encoder.encode(repairCount);
  encoder.free();
  return packets;
}

function theirDecode(packets: readonly Uint8Array[], sizeBytes: number, symbolBytes: number): void {
  const decoder = Decoder.with_defaults(BigInt(sizeBytes), symbolBytes);
  if (!packets.some((packet) => decoder.decode(packet) !== undefined)) throw new Error('npm raptorq did not decode');
  decoder.free();
}

async function measurePool(sourceCount: number, lossRatio: number) {
  const symbolBytes = 1184;
  const source = randomBytes(sourceCount * symbolBytes);
  const encoder = BlockEncoder.fromSource(source, symbolBytes);
  const blockCount = Math.round((64 * 1024) / sourceCount);
  const lost = [...pick(Math.round(lossRatio * sourceCount), sourceCount)];
  const spare = { esi: 2 * sourceCount, key: 1, bytes: new Uint8Array(symbolBytes) };
  encoder.encode(spare.esi, spare.bytes);
  const esis = Int32Array.from({ length: sourceCount }, (_, row) => row);
  const damaged = source.slice();
  for (const esi of lost) {
    esis[esi] = sourceCount + esi;
    encoder.encode(sourceCount + esi, damaged.subarray(esi * symbolBytes));
  }
  const missing = [...esis.keys()].filter((place) => esis[place] !== place).map((place) => [place, 1] as const);
  const digest = createHash('sha256').update(source).digest();
  const content = { esis, spares: [spare] };
  const speeds = new Map<number, number[]>([
    [1, []],
    [2, []],
  ]);
  const directory = await mkdtemp(join(tmpdir(), 'layercast-bench-'));
  const path = join(directory, 'blocks');
  const file = await open(path, 'w+');
  const pools = [1, 2].map((threadCount) => new RestoringThreads(threadCount));
  for (let round = 0; round < 10; round++) {
    for (const pool of pools) {
      for (let i = 0; i < blockCount; i++) await file.write(damaged, 0, damaged.length, i * damaged.length);
      const start = performance.now();
      const outcomes = Array.from({ length: blockCount }, (_, i) => {
        const place = { fd: file.fd, path, position: i * source.length, lengthBytes: source.length, symbolBytes };
        return pool.restore({ ...place, content }, digest, async () => missing);
      });
      if ((await Promise.all(outcomes)).some((outcome) => outcome !== 'genuine')) throw new Error('not restored');
      const seconds = (performance.now() - start) / 1000;
      // The first rounds start the threads and warm them up.
      if (round > 1) speeds.get(pool.threadCount)!.push((blockCount * source.length) / 1e6 / seconds);
    }
  }
  for (const pool of pools) await pool.rest();
  await file.close();
  await rm(directory, { recursive: true });
  const [oneMBps, twoMBps] = [Math.max(...speeds.get(1)!), Math.max(...speeds.get(2)!)];
  return { sourceCount, lossRatio, oneMBps, twoMBps, ratio: twoMBps / oneMBps };
}

/** Milliseconds of processor time. Other work of the machine affects them only through the caches. */
function time(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

function randomBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => 256 * Math.random());
}

function pick(count: number, bound: number): Set<number> {
  const picked = new Set<number>();
  while (picked.size < count) picked.add(Math.floor(bound * Math.random()));
  return picked;
}
