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

const SYMBOL_COUNT = 20_000;
const SYMBOL_BYTES = 1184;
const BATCH = 32;
const ROUNDS = 5;

/** Median of five rounds; each sends and receives some 20,000 datagrams of an object without a code, 32 in a batch. */
export async function run(): Promise<Record<string, unknown>> {
  const rounds = Array.from({ length: ROUNDS }, round);
  const of = (figure: (costs: (typeof rounds)[number]) => number) => median(rounds.map(figure));
  const rows = [
    { side: 'server', unsigned: of(({ plainSendUs }) => plainSendUs), signed: of(({ sendUs }) => sendUs) },
    {
      side: 'receiver',
      unsigned: of(({ plainReceiveUs }) => plainReceiveUs),
      signed: of(({ receiveUs }) => receiveUs),
    },
  ].map((row) => ({ ...row, more: row.signed - row.unsigned }));
  console.log(
    table(rows, [
      { title: 'side', cell: ({ side }) => side },
      { title: 'unsigned, µs', cell: ({ unsigned }) => unsigned },
      { title: 'signed, µs', cell: ({ signed }) => signed },
      { title: 'more, µs', cell: ({ more }) => more },
    ]),
  );
  return { rows };
}

function round() {
  const plain = sent(false);
  const signed = sent(true);
  return {
    plainSendUs: plain.us,
    sendUs: signed.us,
    plainReceiveUs: received(plain),
    receiveUs: received(signed),
  };
}

function sent(isSigned: boolean) {
  const { privateKey } = generateKeyPairSync('ed25519');
  const content = bufferContent(new Uint8Array(SYMBOL_COUNT * SYMBOL_BYTES).map((_, i) => i * 7));
  const channels = [{ rateBitsPerSecond: 1e9 }];
  const object = simulatedObject(
    { content, symbolBytes: SYMBOL_BYTES, blockSymbols: 1000, channels, isSigned },
    privateKey,
  );
  const { descriptor, record, blockDigests, serverKeys } = object;
  const publication = new Publication(descriptor, record, blockDigests, 0, serverKeys[0]);
  const carousel = publication.carousel(0, 1.8e15)!;
  const slab = new Slab(SYMBOL_COUNT, carousel.maxDatagramBytes);
  carousel.prepare(slab);
  const signer = serverKeys[0] === undefined ? undefined : new RunSigner(serverKeys[0]);
  const begin = process.cpuUsage();
  for (let entry = 0; entry < slab.count; entry++) {
    const start = slab.startOf(entry);
    stampHeader({ sequence: entry, sendTimeUs: entry * 10, slot: 0, stepLevel: 0, flags: 0 }, slab.bytes, start);
    signer?.take(slab.bytes, start, slab.lengthOf(entry));
  }
  return { object, slab, us: usedUs(begin) / slab.count };
}

function received({ object, slab }: ReturnType<typeof sent>): number {
  const store = new MemoryStore(object.descriptor);
  const reception = new Reception(object.descriptor, store, new FaultCounters(), () => undefined);
  const batches = [];
  for (let first = 0; first < slab.count; first += BATCH) {
    const end = Math.min(slab.count, first + BATCH);
    const datagrams = Array.from({ length: end - first }, (_, i) => {
      const start = slab.startOf(first + i);
      return slab.bytes.subarray(start, start + slab.lengthOf(first + i));
    });
    batches.push(batchFrom({ arrivalUs: first * 10 + 1e6 }, ...datagrams));
  }
  const begin = process.cpuUsage();
  for (const batch of batches) reception.handle(0, batch);
  return usedUs(begin) / slab.count;
}

function usedUs(begin: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begin);
  return user + system;
}
