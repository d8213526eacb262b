import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import { geometryOf } from '../../dist/object/geometry.js';
import { Holdings } from '../../dist/object/holdings.js';
import { MerkleTree } from '../../dist/object/merkle.js';
import { SymbolSet } from '../../dist/object/symbol-set.js';
import { OutageWatch } from '../../dist/rate/measuring/outage-watch.js';
import { Assembler } from '../../dist/receiver/assemble/assembler.js';
import type { ObjectStore } from '../../dist/receiver/assemble/object-store.js';
import { FaultCounters } from '../../dist/receiver/counters.js';
import { Hearing } from '../../dist/receiver/hearing.js';
import { Intake } from '../../dist/receiver/intake.js';
import { Alarm } from '../../dist/receiver/runs/alarm.js';
import { KnownKeys } from '../../dist/receiver/runs/known-keys.js';
import { type RunSink, StreamRuns } from '../../dist/receiver/runs/stream-runs.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';
import { newHeader, writeHeader } from '../../dist/wire/header.js';
import { RunRecords } from '../../dist/wire/runs.js';

const BLOCK = 0;
const SYMBOL_COUNT = 4;

/** An object of one block without a code, and what a server with key 1 sends of it. */
function receiver() {
  const digests = new Uint8Array(32);
  const holdings = new Holdings(geometryOf(SYMBOL_COUNT, 1, 1));
  const descriptor = { blockRoot: new MerkleTree(digests).root, sha256: digests } as Partial<Descriptor> as Descriptor;
  const assembler = new Assembler(descriptor, holdings, new SymbolSet(1), undefined, new KnownKeys());
  const writeSymbol = (place: number) => {
    holdings.addOwn(place);
    return true;
  };
  const store = { writeSymbol } as Partial<ObjectStore> as ObjectStore;
  const faults = new FaultCounters();
  const intake = new Intake(assembler, store, faults, new Alarm(() => undefined));
  const stream = { serverIndex: 0, channelIndex: 0, keyNumber: 1 };
  const { publicKey } = generateKeyPairSync('ed25519');
  const hearing = new Hearing(0, 0, 0, new OutageWatch());
  hearing.runs = new StreamRuns(stream, 0, publicKey, 1, new RunRecords(), {} as Partial<RunSink> as RunSink);
  const ring = hearing.runs.near;
  const hear = (esi: number): number => {
    const bytes = new Uint8Array(HEADER_BYTES + 1).fill(esi);
    const header = { ...newHeader(), block: BLOCK, esi, sequence: esi };
    writeHeader(header, bytes, 0);
    const entry = ring.add(header, bytes, 0, bytes.length, 0, true);
    intake.takeNoted(hearing, ring, entry, bytes, HEADER_BYTES, 1);
    return entry;
  };
  return { assembler, holdings, intake, ring, hear, faults };
}

describe('the intake, while nobody forges', () => {
  it('stores symbols before they are proven', () => {
    const { hear, holdings } = receiver();
    hear(2);
    expect(holdings.filled.has(2)).toBe(true);
  });

  it('holds symbols of a block that one key has to fill alone, and stores those that this key proves', () => {
    const { assembler, holdings, intake, ring, hear, faults } = receiver();
    for (let esi = 0; esi < SYMBOL_COUNT; esi++) {
      holdings.addOwn(esi);
      assembler.add(BLOCK, esi, esi, esi < 3 ? 1 : 2);
    }
    assembler.nextReady();
    for (const { first, count } of assembler.reject(BLOCK).freed) holdings.remove(first, count);
    expect(holdings.filled.has(3)).toBe(false);
    const [entry, other] = [hear(3), hear(3)];
    expect(holdings.filled.has(3)).toBe(false);
    intake.prove(ring, other, 2);
    expect([holdings.filled.has(3), faults.byReason()]).toEqual([false, { untrusted: 1 }]);
    intake.prove(ring, entry, 1);
    expect([holdings.filled.has(3), assembler.nextReady()?.block]).toEqual([true, BLOCK]);
  });
});
