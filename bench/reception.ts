import { openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Network, ReceivedBatch } from '../dist/base/ports.js';
import { systemClock } from '../dist/base/system-clock.js';
import { AdaptivePolicy } from '../dist/rate/adaptive-policy.js';
import { FaultCounters } from '../dist/receiver/counters.js';
import { Tally } from '../dist/receiver/tally.js';
import { Transfer } from '../dist/receiver/transfer.js';
import { RestoringThreads } from '../dist/retrieve/block-restorer.js';
import { finishAs, openObjectFile } from '../dist/retrieve/object-file.js';
import { ReadyObject, SYMBOL_BYTES } from './reception/ready-object.js';
import { table } from './table.js';

const TICK_US = 50_000;
const BATCH_DATAGRAMS = 176;

/** How the symbols of an object come. */
const ORDERS = {
  none: { isCoded: false, blockSymbols: 1024, repairRatio: 0, runSymbols: 1024 },
  source: { isCoded: true, blockSymbols: 16_384, repairRatio: 0, runSymbols: 4 },
  lossy: { isCoded: true, blockSymbols: 16_384, repairRatio: 0.01, runSymbols: 4 },
  repair: { isCoded: true, blockSymbols: 16_384, repairRatio: 1, runSymbols: 4 },
} as const;

type Order = keyof typeof ORDERS;
type Shape = {
  readonly isCoded: boolean;
  readonly blockSymbols: number;
  readonly repairRatio: number;
  readonly runSymbols: number;
};

/**
 * Measures what reception costs without a network: batches of datagrams that lie ready go into a transfer with its real store, until the
 * object is verified and has its name. Processor time is that of all threads less the time for composing batches.
 *
 * - `none`: an object without a code, in order. `source`: all source symbols of a coded object, in runs of 4 of each block. `lossy`: the
 *   same, with 1 % replaced by repair symbols. `repair`: repair symbols only.
 * - `in batches` is the processor time of the receiving thread in reception alone.
 * - Growth of memory is that above the memory before the transfer, at its peak.
 *
 * Arguments: `--order none|source|lossy|repair|all` (all), `--megabytes N` (400), `--message N` datagrams in a message (44),
 * `--mbit N` of payload (1500), `--run N,…` symbols of each block in turn, one transfer for each,
 * `--dir DIR`. Linux only.
 */
export async function run(args: readonly string[] = []): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      order: { type: 'string', default: 'all' },
      megabytes: { type: 'string', default: '400' },
      message: { type: 'string', default: '44' },
      mbit: { type: 'string', default: '1500' },
      run: { type: 'string', default: '' },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  const orders = (Object.keys(ORDERS) as Order[]).filter((order) => [order, 'all'].includes(values.order));
  const results = [];
  for (const order of orders) {
    const message = Number(values.message);
    const runs = values.run === '' ? [ORDERS[order].runSymbols] : values.run.split(',').map(Number);
    for (const runSymbols of runs) {
      const shape = { ...ORDERS[order], runSymbols };
      const measured = await measure(
        shape,
        Number(values.megabytes) * 1e6,
        message,
        Number(values.mbit) * 1e6,
        values.dir,
      );
      results.push({ order, runSymbols, ...measured });
    }
  }
  console.log(
    table(results, [
      { title: 'order', cell: ({ order }) => order },
      { title: 'run', cell: ({ runSymbols }) => runSymbols },
      { title: 'MB', cell: ({ megabytes }) => megabytes },
      { title: 'µs/datagram', cell: ({ totalUs }) => totalUs },
      { title: 'of these, main', cell: ({ mainUs }) => mainUs },
      { title: 'in batches', cell: ({ batchUs }) => batchUs },
      { title: 'CPU s/GB', cell: ({ totalUs }) => (totalUs * 1e9) / SYMBOL_BYTES / 1e6 },
      { title: 'dropped', cell: ({ dropped }) => dropped },
      { title: 'after last, ms', cell: ({ afterMs }) => afterMs },
      { title: 'longest turn, ms', cell: ({ longestTurnMs }) => longestTurnMs },
      { title: 'growth, MB', cell: ({ growthMB }) => growthMB },
    ]),
  );
  return { results };
}

async function measure(shape: Shape, sizeBytes: number, message: number, bitsPerSecond: number, dir: string) {
  const blockCount = Math.max(1, Math.round(sizeBytes / shape.blockSymbols / SYMBOL_BYTES));
  const messages = { messageDatagrams: message, batchMessages: Math.ceil(BATCH_DATAGRAMS / message) };
  const object = new ReadyObject({ ...shape, blockCount, ...messages });
  const directory = await mkdtemp(join(dir, 'layercast-bench-'));
  const restorer = new RestoringThreads(Math.min(2, availableParallelism()));
  try {
    const { descriptor } = object;
    globalThis.gc?.();
    const before = { residentMB: forgetPeak(), usage: process.cpuUsage(), mainMs: mainThreadMs() };
    const transfer = new Feeding(
      object,
      await openObjectFile(descriptor, {
        partPath: join(directory, 'f.part'),
        journalPath: join(directory, 'j'),
        restorer,
        finish: finishAs(join(directory, 'f')),
      }),
    );
    await transfer.run(bitsPerSecond);
    const used = process.cpuUsage(before.usage);
    const { composeMs, batchMs, ...rest } = transfer.measured();
    const perDatagram = (ms: number) => (ms * 1000) / object.symbolCount;
    return {
      megabytes: descriptor.sizeBytes / 1e6,
      totalUs: perDatagram((used.user + used.system) / 1000 - composeMs),
      mainUs: perDatagram(mainThreadMs() - before.mainMs - composeMs),
      batchUs: perDatagram(batchMs),
      growthMB: peakMB() - before.residentMB,
      ...rest,
    };
  } finally {
    await restorer[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }
}

/** A transfer, and the network that feeds it. */
class Feeding {
  readonly #object: ReadyObject;
  readonly #transfer: Transfer;
  #onBatch: ((batch: ReceivedBatch) => void) | undefined;
  #isOver = false;
  #composeMs = 0;
  #batchMs = 0;
  #longestTurnMs = 0;
  #fedMs = 0;
  #endMs = 0;

  constructor(object: ReadyObject, store: Awaited<ReturnType<typeof openObjectFile>>) {
    this.#object = object;
    const network: Network = {
      openSender: () => Promise.reject(new Error('receivers do not send')),
      join: async (_request, onBatch) => {
        this.#onBatch = onBatch;
        return { isStale: false, leave: async () => undefined };
      },
    };
    this.#transfer = new Transfer({
      descriptor: object.descriptor,
      store,
      policyOf: () =>
        new AdaptivePolicy({
          rates: [1e9],
          symbolBytes: SYMBOL_BYTES,
          kind: 'several',
          maxRateBitsPerSecond: undefined,
          servers: object.descriptor.servers,
          areServersSeparate: false,
        }),
      interface: undefined,
      faults: new FaultCounters(),
      tally: new Tally(),
      clock: systemClock,
      network,
      onDescriptor: () => undefined,
      onJoin: () => undefined,
      onLeave: () => undefined,
      onWarning: ({ message }) => console.error(message),
    });
  }

  async run(bitsPerSecond: number): Promise<void> {
    const done = this.#transfer.run().finally(() => {
      this.#isOver = true;
    });
    const watched = this.#watchTurns();
    await new Promise(setImmediate);
    for (const batch of this.#object.digests) this.#onBatch!(batch);
    while (!this.#isOver) await this.#pass(bitsPerSecond);
    await done;
    await watched;
    this.#endMs = performance.now();
  }

  measured() {
    const { droppedDatagrams: dropped } = this.#transfer.stats();
    const afterMs = this.#endMs - this.#fedMs;
    return {
      composeMs: this.#composeMs,
      batchMs: this.#batchMs,
      longestTurnMs: this.#longestTurnMs,
      dropped,
      afterMs,
    };
  }

  /** Sends everything once; symbols that were dropped come again in the next pass. */
  async #pass(bitsPerSecond: number): Promise<void> {
    const startMs = performance.now();
    let tickUs = systemClock.nowUs();
    let bytes = 0;
    for (let index = 0; index < this.#object.batchCount && !this.#isOver; index++) {
      while ((performance.now() - startMs) * bitsPerSecond < bytes * 8000) await wait(1);
      const composeMs = mainThreadMs();
      const batch = this.#object.batch(index, systemClock.nowUs());
      const batchMs = mainThreadMs();
      this.#onBatch!(batch);
      this.#batchMs += mainThreadMs() - batchMs;
      this.#composeMs += batchMs - composeMs;
      bytes += BATCH_DATAGRAMS * SYMBOL_BYTES;
      if (systemClock.nowUs() - tickUs >= TICK_US) {
        tickUs = systemClock.nowUs();
        this.#transfer.tick(tickUs, 0);
      }
      if (index % 4 === 0) await new Promise(setImmediate);
    }
    this.#fedMs = performance.now();
    // What is missing after a pass was dropped by the disk, or is being solved.
    for (let i = 0; i < 100 && !this.#isOver; i++) {
      await wait(TICK_US / 1000);
      this.#transfer.tick(systemClock.nowUs(), 0);
    }
  }

  async #watchTurns(): Promise<void> {
    for (let lastMs = mainThreadMs(); !this.#isOver; ) {
      await wait(1);
      const nowMs = mainThreadMs();
      this.#longestTurnMs = Math.max(this.#longestTurnMs, nowMs - lastMs);
      lastMs = nowMs;
    }
  }
}

const text = Buffer.alloc(64);
let mainThread: number | undefined;

/** Linux: processor time of the main thread, whose id is the process's. What others do on a busy machine is not in it. */
function mainThreadMs(): number {
  mainThread ??= openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  readSync(mainThread, text, 0, text.length, 0);
  return Number(text.toString('latin1', 0, text.indexOf(' '))) / 1e6;
}

/** Begins a new measurement of the peak (proc(5), clear_refs) and returns the memory at present. */
function forgetPeak(): number {
  writeFileSync('/proc/self/clear_refs', '5');
  return peakMB();
}

function peakMB(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes) / 1000;
}
