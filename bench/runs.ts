// What signed runs cost a server and a receiver, in µs of processor time for each datagram.
import { generateKeyPairSync } from 'node:crypto';
import { FaultCounters } from '../dist/receiver/counters.js';
import { Reception } from '../dist/receiver/reception.js';
import { Publication } from '../dist/sender/publication.js';
import { RunSigner } from '../dist/sender/run-signer.js';
import { Slab } from '../dist/sender/slab.js';
import { bufferContent, simulatedObject } from '../dist/simulate/index.js';
import { stampHeader } from '../dist/wire/header.js';
import { batchFrom } from '../test/receiver/datagrams.js';
import { MemoryStore } from './runs/memory-store.js';
import { median, table } from './table.js';

const SYMBOL_COUNT = 4000;
const SYMBOL_BYTES = 1184;
const BATCH = 32;
const ROUNDS = 40;

/**
 * Medians of 40 rounds, in which signed and unsigned datagrams take turns, and of the differences of each round; each sends and receives some
 * 4000 datagrams of an object without a code, 32 in a batch. As on a real host, datagrams lie in the processor's cache when they are hashed: a
 * server has just made them, and a receiver's system has just copied them into its few buffers. That copy counts.
 */
export async function run(): Promise<Record<string, unknown>> {
  const [plain, signed] = [new Sending(false), new Sending(true)];
  // The first rounds are compiled while they run.
  for (let i = 0; i < 5; i++) round(plain, signed);
  const rounds = Array.from({ length: ROUNDS }, () => round(plain, signed));
  const rows = (['server', 'receiver'] as const).map((side) => {
    const costs = rounds.map((one) => one[side]);
    const of = (figure: (cost: (typeof costs)[number]) => number) => costs.map(figure);
    const more = of((cost) => cost.signed - cost.unsigned);
    return {
      side,
      unsigned: median(of(({ unsigned }) => unsigned)),
      signed: median(of((cost) => cost.signed)),
      more: median(more),
      leastMore: Math.min(...more),
    };
  });
  console.log(
    table(rows, [
      { title: 'side', cell: ({ side }) => side },
      { title: 'unsigned, µs', cell: ({ unsigned }) => unsigned },
      { title: 'signed, µs', cell: (row) => row.signed },
      { title: 'more, µs', cell: ({ more }) => more },
      { title: 'at least', cell: ({ leastMore }) => leastMore },
    ]),
  );
  return { rows };
}

function round(plain: Sending, signed: Sending) {
  const server = { unsigned: plain.send(), signed: signed.send() };
  return { server, receiver: { unsigned: plain.receive(), signed: signed.receive() } };
}

/** All datagrams of an object, which are sent and received again and again. */
class Sending {
  readonly #object;
  readonly #slab;
  readonly #serverKey;
  /** What a receiver's system has copied datagrams into. */
  readonly #buffers = Array.from({ length: BATCH }, () => new Uint8Array(2048));

  constructor(isSigned: boolean) {
    const { privateKey } = generateKeyPairSync('ed25519');
    const content = bufferContent(new Uint8Array(SYMBOL_COUNT * SYMBOL_BYTES).map((_, i) => i * 7));
    const channels = [{ rateBitsPerSecond: 1e9 }];
    this.#object = simulatedObject(
      { content, symbolBytes: SYMBOL_BYTES, blockSymbols: 1000, channels, isSigned },
      privateKey,
    );
    const { descriptor, record, blockDigests, serverKeys } = this.#object;
    this.#serverKey = serverKeys[0];
    const carousel = new Publication(descriptor, record, blockDigests, 0, serverKeys[0]).carousel(0, 1.8e15)!;
    this.#slab = new Slab(SYMBOL_COUNT, carousel.maxDatagramBytes);
    carousel.prepare(this.#slab);
  }

  send(): number {
    const slab = this.#slab;
    const signer = this.#serverKey === undefined ? undefined : new RunSigner(this.#serverKey);
    const begin = process.cpuUsage();
    for (let entry = 0; entry < slab.count; entry++) {
      const start = slab.startOf(entry);
      stampHeader({ sequence: entry, sendTimeUs: entry * 10, slot: 0, stepLevel: 0, flags: 0 }, slab.bytes, start);
      signer?.take(slab.bytes, start, slab.lengthOf(entry));
    }
    return usedUs(begin) / slab.count;
  }

  receive(): number {
    const slab = this.#slab;
    const { descriptor } = this.#object;
    const reception = new Reception(descriptor, new MemoryStore(descriptor), new FaultCounters(), () => undefined);
    const lengths: number[] = [];
    const batch = { ...batchFrom({ arrivalUs: 0 }, ...this.#buffers), lengths, segmentBytes: lengths };
    const begin = process.cpuUsage();
    for (let first = 0; first < slab.count; first += BATCH) {
      const count = Math.min(slab.count - first, BATCH);
      for (let i = 0; i < count; i++) {
        const start = slab.startOf(first + i);
        lengths[i] = slab.lengthOf(first + i);
        this.#buffers[i]!.set(slab.bytes.subarray(start, start + lengths[i]!));
      }
      reception.handle(0, { ...batch, count, arrivalsUs: lengths.map(() => first * 10 + 1e6) });
    }
    return usedUs(begin) / slab.count;
  }
}

function usedUs(begin: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begin);
  return user + system;
}
