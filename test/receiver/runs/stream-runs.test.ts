import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../../dist/base/limits.js';
import { type RunSink, StreamRuns } from '../../../dist/receiver/runs/stream-runs.js';
import type { WaitingRing } from '../../../dist/receiver/runs/waiting-ring.js';
import { RunSigner } from '../../../dist/sender/run-signer.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { DatagramType, newHeader, readHeader, writeHeader } from '../../../dist/wire/header.js';
import { RUN_DATAGRAMS, RunRecords, runRecordBytes } from '../../../dist/wire/runs.js';

const pair = generateKeyPairSync('ed25519');

/** What one channel sends: symbols with numbers as payload, and after each 63 datagrams a record. */
class Channel {
  sequence: number;
  readonly #signer = new RunSigner(pair.privateKey);
  readonly #startedS: number;
  #untilRun = RUN_DATAGRAMS - 1;
  #runCount = RUN_DATAGRAMS - 1;

  constructor(sequence: number, startedS = 1000) {
    this.sequence = sequence;
    this.#startedS = startedS;
  }

  next(): Uint8Array {
    const isRun = this.#untilRun-- === 0;
    const bytes = new Uint8Array(isRun ? runRecordBytes(this.#runCount) : HEADER_BYTES + 4);
    const type = isRun ? DatagramType.run : DatagramType.symbol;
    const fields = isRun ? { block: this.#startedS, esi: this.#runCount } : { block: 0, esi: this.sequence % 100 };
    const { sequence } = this;
    writeHeader({ ...newHeader(), type, ...fields, sequence, sendTimeUs: (sequence * 100) % 2 ** 32 }, bytes, 0);
    if (!isRun) new DataView(bytes.buffer).setUint32(HEADER_BYTES, sequence);
    this.#signer.take(bytes, 0, bytes.length);
    this.sequence = (sequence + 1) >>> 0;
    if (isRun) [this.#untilRun, this.#runCount] = [RUN_DATAGRAMS - 1, RUN_DATAGRAMS];
    return bytes;
  }

  send(count: number): readonly Uint8Array[] {
    return Array.from({ length: count }, () => this.next());
  }
}

function listener(datagramsPerSecond = 0) {
  const told: Record<string, number[]> = {
    proven: [],
    forged: [],
    unproven: [],
    strange: [],
    stray: [],
    passed: [],
    again: [],
  };
  const faults: string[] = [];
  const note = (what: string) => (_runs: StreamRuns, ring: WaitingRing, entry: number) => {
    told[what]!.push(ring.sequences[entry]!);
  };
  const sink: RunSink = {
    onProven: (runs, ring, entry, mayMeasure) => note(mayMeasure ? 'proven' : 'again')(runs, ring, entry),
    onForged: note('forged'),
    onUnproven: (runs, ring, entry, isNear) => note(isNear ? 'unproven' : 'strange')(runs, ring, entry),
    onStray: note('stray'),
    onPassed: note('passed'),
    onStale: () => told.stray!.push(-1),
    onFault: (fault) => faults.push(fault),
  };
  const runs = new StreamRuns(
    { serverIndex: 0, channelIndex: 0, keyNumber: 1 },
    datagramsPerSecond,
    pair.publicKey,
    4,
    new RunRecords(),
    sink,
  );
  const header = newHeader();
  let nowUs = 5e6;
  const hear = (...datagrams: readonly Uint8Array[]) => {
    for (const bytes of datagrams) {
      expect(readHeader(bytes, 0, bytes.length, header)).toBeUndefined();
      nowUs += 100;
      const isNear = runs.isNear(header.sequence);
      const entry = runs.note(header, bytes, 0, bytes.length, nowUs, true, isNear);
      if (header.type !== DatagramType.run) continue;
      runs.addRecord(header, bytes, 0, bytes.length, nowUs, isNear ? runs.near : runs.far, entry, false);
    }
  };
  const settle = () => {
    nowUs += 1e6;
    runs.tick(nowUs);
  };
  return { runs, hear, settle, told, faults };
}

describe('the runs of a stream', () => {
  it('are checked as often as a fast channel sends them, and 400 times a second at most on a slow one', () => {
    const checked = (datagramsPerSecond: number) => {
      const channel = new Channel(0);
      const { hear, faults } = listener(datagramsPerSecond);
      for (let run = 0; run < 300; run++) {
        // The host loses so many datagrams that no record proves the one before it, and each arrives 0.1 ms after the last.
        channel.sequence += 256;
        hear(channel.send(64).at(-1)!);
      }
      return { floodCount: faults.filter((fault) => fault === 'flood').length };
    };
    expect(checked(300_000)).toEqual({ floodCount: 0 });
    const slow = checked(1000);
    expect(slow.floodCount).toBeGreaterThan(80);
    expect(slow.floodCount).toBeLessThan(100);
  });

  it('prove all that arrived of them, across the end of the numbers, with one check for four records', () => {
    const { hear, settle, told, faults } = listener();
    const sent = new Channel(2 ** 32 - 200).send(64 * 9);
    hear(...sent);
    settle();
    // The last record is proven by its own signature, which covers nothing after it.
    expect(told.proven).toEqual(Array.from({ length: 64 * 9 - 1 }, (_, i) => (2 ** 32 - 200 + i) % 2 ** 32));
    expect([told.forged, told.unproven, told.stray, faults]).toEqual([[], [], [], []]);
  });

  it('leave only those unproven whose record was lost, and pass them on when the next one comes', () => {
    const { hear, settle, told } = listener();
    const sent = new Channel(0).send(64 * 8);
    hear(...sent.filter((_, i) => i !== 64 * 4 - 1 && i % 10 !== 2));
    settle();
    const isLost = (i: number) => i >= 64 * 3 - 1 && i < 64 * 4 - 1;
    expect(told.proven!.every((sequence) => !isLost(sequence))).toBe(true);
    expect(told.passed!.every(isLost)).toBe(true);
    expect(told.passed!.length).toBeGreaterThan(50);
    expect(told.forged).toEqual([]);
  });

  it('take no datagram for a stranger’s, whichever are lost at the beginning and on the way', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.array(fc.record({ at: fc.nat(2000), count: fc.nat(5000) }), { maxLength: 3 }),
        fc.nat(2 ** 32 - 1),
        (lossRatio, outages, seed) => {
          const { hear, settle, told, faults } = listener();
          const prng = new Prng(seed);
          const channel = new Channel(seed);
          for (let i = 0; i < 2000; i++) {
            const bytes = channel.next();
            for (const { at, count } of outages) if (at === i) channel.send(count);
            if (prng.ratio() >= lossRatio) hear(bytes);
          }
          settle();
          expect([told.strange, told.forged, told.again, faults]).toEqual([[], [], [], []]);
          if (outages.length === 0) expect(told.stray).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('find each datagram that was changed, whatever was changed, and keep the genuine one', () => {
    const { hear, settle, told } = listener();
    const sent = new Channel(0).send(64 * 2);
    for (const [i, bytes] of sent.entries()) {
      hear(bytes);
      if (i % 5 !== 0 || i === 127) continue;
      const forged = Uint8Array.from(bytes);
      // Any byte but the sequence number: flags, block, time, payload.
      forged[[3, 6, 20, 39, 43, 45, HEADER_BYTES][i % 7]!]! ^= 1;
      hear(forged);
    }
    settle();
    expect(told.forged!.length).toBe(26);
    expect(new Set(told.proven).size).toBe(127);
  });

  it('do not fall for records that somebody else signed or changed', () => {
    const { hear, settle, told, faults } = listener();
    const sent = new Channel(0).send(64 * 2);
    const spoilt = Uint8Array.from(sent[63]!);
    spoilt[HEADER_BYTES + 70]! ^= 1;
    hear(...sent.slice(0, 63), spoilt, ...sent.slice(63));
    settle();
    expect(faults).toContain('run');
    expect(new Set(told.proven).size).toBe(127);
  });

  it('that are sent again later prove symbols and are not measured', () => {
    const { hear, settle, told } = listener();
    const channel = new Channel(0);
    const sent = channel.send(64 * 12);
    hear(...sent);
    settle();
    const count = told.proven!.length;
    hear(...sent.slice(64, 64 * 3));
    settle();
    expect(told.proven!.length).toBe(count);
    expect(told.again!.length).toBeGreaterThan(60);
  });

  it('of an earlier start of the server are not measured, and those of a later start are', () => {
    const { hear, settle, told } = listener();
    const before = new Channel(5_000_000, 900).send(64 * 2);
    hear(...new Channel(0, 1000).send(64 * 3));
    settle();
    const count = told.proven!.length;
    hear(...before);
    settle();
    expect(told.proven!.length).toBe(count);
    hear(...new Channel(77_000_000, 1100).send(64 * 3));
    settle();
    expect(told.proven!.slice(count).every((sequence) => sequence >= 77_000_000)).toBe(true);
    expect(told.proven!.length).toBeGreaterThan(count + 100);
  });

  it('bound what may be taken before it is proven', () => {
    const { runs, hear } = listener();
    hear(...new Channel(0).send(64 * 2));
    expect([runs.isNear(140), runs.isNear(65), runs.isNear(2 ** 20), runs.isNear(2 ** 31)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    runs.takenCount = 10_000;
    expect(runs.hasCredit).toBe(false);
  });
});
