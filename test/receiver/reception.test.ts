import { beforeEach, describe, expect, it } from 'vitest';
import { HEADER_BYTES, IP_AND_UDP_BYTES } from '../../dist/base/limits.js';
import type { ObjectStore } from '../../dist/receiver/assemble/object-store.js';
import { Verification } from '../../dist/receiver/assemble/verification.js';
import { FaultCounters } from '../../dist/receiver/counters.js';
import { ProgressMeter } from '../../dist/receiver/progress.js';
import { Reception } from '../../dist/receiver/reception.js';
import { Tally } from '../../dist/receiver/tally.js';
import type { SimulatedObject } from '../../dist/simulate/index.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import { Flag, stampHeader } from '../../dist/wire/header.js';
import type { CheckingDisk } from '../simulate/disk/checking-disk.js';
import { Bed, SYMBOL_BYTES } from '../transfer/bed.js';
import { batchFrom, batchOf, datagramsOf, grouped } from './datagrams.js';

const UNMEASURED = { levelRateBitsPerSecond: 0, queueUs: 0, capacityBitsPerSecond: undefined };

const bed = new Bed('reception');
const object: SimulatedObject = bed.object(0, { content: bed.bytes(40 * SYMBOL_BYTES - 5), blockSymbols: 8 });
const datagrams = datagramsOf(object);
let disk: CheckingDisk;
let store: ObjectStore;
let faults: FaultCounters;
let reception: Reception;
let descriptorCount: number;

beforeEach(async () => {
  disk = bed.disk();
  store = await disk.openStore(object.descriptor);
  faults = new FaultCounters();
  descriptorCount = 0;
  reception = new Reception(object.descriptor, store, faults, () => descriptorCount++);
});

function feed(...all: readonly Uint8Array[]): void {
  reception.handle(0, batchFrom({ arrivalUs: 1000 }, ...all));
}

/** A symbol with some of its bytes replaced. */
function changed(symbol: number, at: number, ...bytes: readonly number[]): Uint8Array {
  const datagram = datagrams.symbols[symbol]!.slice();
  datagram.set(bytes, at);
  return datagram;
}

describe('a reception', () => {
  it('writes each symbol once, whatever the order, and counts the rest as duplicates', () => {
    feed(...datagrams.symbols.toReversed(), ...datagrams.symbols.slice(0, 10));
    expect(reception.intake.newBytes).toBe(40 * SYMBOL_BYTES - 5);
    expect(reception.intake.duplicateBytes).toBe(10 * SYMBOL_BYTES);
    expect([reception.intake.symbolCount, reception.intake.droppedCount, faults.total]).toEqual([50, 0, 0]);
    const file = new Uint8Array(40 * SYMBOL_BYTES - 5);
    void store.read(0, file);
    expect(Buffer.compare(file, object.content.slice(0, file.length))).toBe(0);
  });

  it.each([
    ['foreign', changed(0, 0, 0x4d)],
    ['wireVersion', changed(0, 2, 0x10)],
    ['type', changed(0, 2, 0x2f)],
    ['truncated', datagrams.symbols[0]!.slice(0, HEADER_BYTES - 1)],
    ['foreign', new Uint8Array(0)],
    ['contradiction', changed(0, 5, 1)],
    ['contradiction', changed(0, 7, 6)],
    ['otherObject', changed(0, 8, 0, 0)],
    ['otherObject', changed(0, 14, 0, 0)],
    ['contradiction', changed(0, 26, 0xff)],
    ['contradiction', changed(0, 24, 1)],
    ['contradiction', changed(0, 30, 1)],
    ['contradiction', changed(0, 32, 1)],
    ['outOfRange', changed(0, 36, 0, 0, 0, 5)],
    ['outOfRange', changed(0, 36, 0xff, 0xff, 0xff, 0xff)],
    ['outOfRange', changed(0, 40, 0, 0, 0, 8)],
    ['outOfRange', changed(0, 40, 0xff, 0xff, 0xff, 0xff)],
    ['outOfRange', datagrams.symbols[0]!.slice(0, -1)],
    ['outOfRange', Buffer.concat([datagrams.symbols[0]!, Buffer.of(0)])],
    ['outOfRange', Buffer.concat([datagrams.symbols[39]!, Buffer.of(0)])],
    ['digests', datagrams.digests[0]!.map((byte, i) => (i === 100 ? byte ^ 1 : byte))],
    ['digests', datagrams.digests[0]!.slice(0, -1)],
  ] as const)('counts as %s and changes nothing else: datagram %#', (reason, datagram) => {
    feed(datagram);
    expect(faults.byReason()).toEqual({ [reason]: 1 });
    expect([reception.intake.newBytes, reception.intake.symbolCount, reception.lastHeardUs]).toEqual([0, 0, undefined]);
    expect([...reception.hearings]).toEqual([]);
  });

  it('takes symbols of a server that was added after the descriptor was heard', () => {
    feed(changed(0, 4, 7));
    expect([reception.intake.newBytes, faults.total]).toEqual([SYMBOL_BYTES, 0]);
    expect([...reception.hearings]).toMatchObject([{ serverIndex: 7, channelIndex: 0 }]);
  });

  it('survives a million random bits instead of headers', () => {
    const prng = new Prng('fuzz');
    for (let i = 0; i < 3000; i++) {
      const datagram = datagrams.symbols[i % 40]!.slice();
      for (let flips = 1 + prng.below(20); flips > 0; flips--)
        datagram[prng.below(HEADER_BYTES)]! ^= 1 << prng.below(8);
      feed(datagram);
    }
    expect(disk.violations).toEqual([]);
    expect(faults.total).toBeGreaterThan(2000);
  });

  it('counts symbols as dropped that its disk did not take, and takes them when they come again', () => {
    disk.options = { ...disk.options, bytesPerSecond: 1, queueBytes: 3 * SYMBOL_BYTES };
    feed(...datagrams.symbols.slice(0, 5));
    expect([reception.intake.newBytes, reception.intake.droppedCount]).toEqual([3 * SYMBOL_BYTES, 2]);
    disk.options = { ...disk.options, bytesPerSecond: undefined };
    feed(...datagrams.symbols.slice(0, 5));
    expect([reception.intake.newBytes, reception.intake.droppedCount]).toEqual([5 * SYMBOL_BYTES, 2]);
    expect(reception.intake.duplicateBytes).toBe(3 * SYMBOL_BYTES);
  });

  it('hands on pieces of descriptors that come between the symbols', () => {
    feed(...datagrams.descriptor, datagrams.symbols[0]!);
    expect(descriptorCount).toBe(datagrams.descriptor.length);
    expect(faults.total).toBe(0);
  });

  it('knows when each channel was last heard, and from which server', () => {
    expect(reception.hearings.lastHeardOn(0)).toBeUndefined();
    feed(datagrams.symbols[0]!);
    reception.handle(0, batchFrom({ arrivalUs: 5000 }, datagrams.symbols[1]!));
    expect([reception.hearings.lastHeardOn(0), reception.hearings.lastHeardOn(1), reception.lastHeardUs]).toEqual([
      5000,
      undefined,
      5000,
    ]);
    expect([...reception.hearings]).toMatchObject([{ serverIndex: 0, channelIndex: 0, lastHeardUs: 5000 }]);
  });
});

describe('a reception of servers with keys', () => {
  it('gives a server its place, though a stranger has claimed to be many others on all channels', async () => {
    const servers = Array.from({ length: 129 }, (_, i) => ({ name: `server ${i}` }));
    const channels = [{ rateBitsPerSecond: 1e6 }, { rateBitsPerSecond: 1e6 }];
    const signed = bed.object(40, { blockSymbols: 8, servers, channels, isSigned: true });
    const { symbols } = datagramsOf(signed);
    const symbolOf = (symbol: number, serverIndex: number, channelIndex: number) => {
      const datagram = symbols[symbol]!.slice();
      datagram.set([serverIndex, channelIndex], 4);
      return datagram;
    };
    const heard = new Reception(
      signed.descriptor,
      await bed.disk().openStore(signed.descriptor),
      faults,
      () => undefined,
    );
    const claimed = servers.slice(0, -1).flatMap((_, server) => [0, 1].map((channel) => [server, channel] as const));
    for (const [server, channel] of claimed) {
      heard.handle(channel, batchFrom({ arrivalUs: 1000 }, symbolOf(0, server, channel)));
    }
    heard.handle(1, batchFrom({ arrivalUs: 2000 }, symbolOf(1, 128, 1)));
    expect(faults.byReason()).toEqual({});
    expect(heard.intake.newBytes).toBe(2 * SYMBOL_BYTES);
  });
});

describe('a reception of pieces with several datagrams', () => {
  const all = [...datagrams.symbols, ...datagrams.digests, ...datagrams.descriptor, ...datagrams.symbols.slice(7, 9)];

  it.each([2, 7, 64])(
    'takes each datagram once, as if it had come alone, with up to %i datagrams in a piece',
    async (count) => {
      const plain = new Reception(
        object.descriptor,
        await bed.disk().openStore(object.descriptor),
        faults,
        () => undefined,
      );
      plain.handle(0, batchOf(...all));
      const batch = grouped(count, ...all);
      reception.handle(0, batch);
      expect(Math.max(...batch.buffers.map((piece, i) => piece.length / batch.segmentBytes[i]!))).toBeGreaterThan(1);
      expect(batch.count).toBeLessThan(all.length * 0.6);
      const figures = ({ intake, packetBytes }: Reception) => {
        const { symbolCount, newBytes, payloadBytes, duplicateBytes, droppedCount } = intake;
        return { symbolCount, newBytes, payloadBytes, duplicateBytes, packetBytes, droppedCount };
      };
      expect(figures(reception)).toEqual(figures(plain));
      expect([reception.intake.newBytes, descriptorCount]).toEqual([
        40 * SYMBOL_BYTES - 5,
        datagrams.descriptor.length,
      ]);
      // Only the first datagram of a piece has a delay of its own.
      const readings = (of: Reception) => of.hearings.read(() => true).map((reading) => ({ ...reading, calmCount: 0 }));
      expect([readings(reception), faults.total]).toEqual([readings(plain), 0]);
      const file = new Uint8Array(40 * SYMBOL_BYTES - 5);
      void store.read(0, file);
      expect(Buffer.compare(file, object.content.slice(0, file.length))).toBe(0);
    },
  );

  it('counts foreign datagrams, and takes the datagrams around them', () => {
    const forged = changed(1, 0, 0x4d);
    reception.handle(0, grouped(3, datagrams.symbols[0]!, forged, datagrams.symbols[2]!));
    expect([reception.intake.symbolCount, faults.byReason()]).toEqual([2, { foreign: 1 }]);
  });
});

describe('a reception of several datagrams at once', () => {
  it('measures by the arrival time of each datagram, not by the time at which the batch is handled', () => {
    const train = datagrams.symbols.slice(0, 5).map((datagram, i) => {
      const marked = datagram.slice();
      stampHeader({ sequence: 100 + i, sendTimeUs: 0, slot: 0, stepLevel: 0, flags: Flag.train }, marked, 0);
      return marked;
    });
    const batch = batchOf(...train, datagrams.symbols[20]!);
    reception.handle(0, { ...batch, arrivalsUs: [7000, 7100, 7200, 7300, 7400, 8000] });
    const wireBytes = train[0]!.length + IP_AND_UDP_BYTES;
    expect(reception.hearings.read(() => true)).toMatchObject([{ trainBitsPerSecond: (4 * wireBytes * 8e6) / 400 }]);
    expect(reception.lastHeardUs).toBe(8000);
  });
});

describe('verification', () => {
  it('proves blocks in any order and the whole at the end', async () => {
    const verification = new Verification(reception.assembler, store);
    feed(...datagrams.digests, ...datagrams.symbols.toReversed());
    const seen: number[] = [];
    const step = () =>
      verification.step((block, outcome) => {
        expect(outcome).toBe('genuine');
        seen.push(block);
        reception.assembler.accept(block);
      });
    while (await step());
    expect(seen).toEqual([4, 3, 2, 1, 0]);
    expect(reception.assembler.isVerified).toBe(true);
    expect(Buffer.from(await verification.objectDigest()).equals(object.descriptor.sha256)).toBe(true);
    expect(await step()).toBe(false);
  });

  it('rejects the block with a wrong bit, and the object is right after that block has come again', async () => {
    const verification = new Verification(reception.assembler, store);
    const spoilt = datagrams.symbols.map((datagram, i) => (i === 20 ? changed(20, 500, datagram[500]! ^ 4) : datagram));
    feed(...datagrams.digests, ...spoilt);
    const wrong: number[] = [];
    const step = () =>
      verification.step((block, outcome) => {
        if (outcome === 'genuine') {
          reception.assembler.accept(block);
          return;
        }
        wrong.push(block);
        for (const { first, count } of reception.assembler.reject(block).freed) store.rejectPlaces(first, count);
      });
    while (await step());
    expect(wrong).toEqual([2]);
    feed(...datagrams.symbols.slice(16, 24));
    while (await step());
    expect(reception.assembler.isVerified).toBe(true);
    expect(Buffer.from(await verification.objectDigest()).equals(object.descriptor.sha256)).toBe(true);
  });

  it('distinguishes a right object from one with a wrong byte without any block digest', async () => {
    const verification = new Verification(reception.assembler, store);
    feed(...datagrams.symbols.map((datagram, i) => (i === 39 ? changed(39, 60, datagram[60]! ^ 1) : datagram)));
    expect(Buffer.from(await verification.objectDigest()).equals(object.descriptor.sha256)).toBe(false);
  });
});

describe('the progress meter', () => {
  it('reports how much has arrived, the rate, the loss and the remaining time', () => {
    const meter = new ProgressMeter(object.descriptor, reception, 0, new Tally(), 0);
    const empty = meter.report(0, [], [1], UNMEASURED);
    expect(empty).toMatchObject({
      bytes: 0,
      etaMs: undefined,
      lossRatio: 0,
      level: 0,
      levelCount: 1,
      rateBitsPerSecond: 0,
    });
    expect(empty.map).toEqual(new Array(64).fill(0));
    // 10 of the 12 symbols that were sent arrived.
    feed(...datagrams.symbols.slice(0, 4), ...datagrams.symbols.slice(6, 12));
    const progress = meter.report(1e6, [0], [1], UNMEASURED);
    expect(progress.bytes).toBe(10 * SYMBOL_BYTES);
    expect(progress.lossRatio).toBeCloseTo(2 / 12, 9);
    expect(progress.rateBitsPerSecond).toBe(10 * (SYMBOL_BYTES + 96) * 8);
    expect(progress.etaMs).toBe(Math.ceil(((30 * SYMBOL_BYTES - 5) / (10 * SYMBOL_BYTES)) * 1000));
    expect(progress).toMatchObject({ level: 1, channels: [0], servers: ['server'], verifiedBytes: 0 });
  });

  it('averages over the last five reports', () => {
    const meter = new ProgressMeter(object.descriptor, reception, 0, new Tally(), 0);
    meter.report(0, [0], [1], UNMEASURED);
    feed(...datagrams.symbols.slice(0, 20));
    for (let second = 1; second <= 5; second++)
      expect(meter.report(second * 1e6, [0], [1], UNMEASURED).rateBitsPerSecond).toBeGreaterThan(0);
    expect(meter.report(6e6, [0], [1], UNMEASURED)).toMatchObject({ rateBitsPerSecond: 0, etaMs: undefined });
  });

  it('counts the short last symbol once, with its own length', () => {
    feed(...datagrams.digests, ...datagrams.symbols, ...datagrams.symbols.slice(0, 4));
    reception.assembler.accept(4);
    const meter = new ProgressMeter(object.descriptor, reception, 0, new Tally(), 0);
    const { bytes, verifiedBytes, totalBytes, map } = meter.report(0, [0], [1], UNMEASURED);
    expect([bytes, verifiedBytes, totalBytes]).toEqual([
      40 * SYMBOL_BYTES - 5,
      8 * SYMBOL_BYTES - 5,
      40 * SYMBOL_BYTES - 5,
    ]);
    expect(map).toEqual(new Array(64).fill(1));
    expect(meter.stats(faults)).toMatchObject({
      payloadBytes: 44 * SYMBOL_BYTES - 5,
      duplicateBytes: 4 * SYMBOL_BYTES,
      overhead: 0.1,
      rejectedBlocks: 0,
      invalidDatagrams: 0,
    });
  });
});
