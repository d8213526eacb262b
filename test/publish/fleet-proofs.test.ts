import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import { FleetProofs } from '../../dist/publish/fleet-proofs.js';
import type { SignedDescriptor } from '../../dist/publish/records/records.js';
import type { Station } from '../../dist/publish/station.js';
import { Warnings } from '../../dist/publish/warnings/warnings.js';
import type { AnnouncedTurns } from '../../dist/sender/announce/announcement-loop.js';
import type { Broadcast } from '../../dist/sender/broadcast.js';
import { type Catalogue, descriptorDigest, unpackCatalogue } from '../../dist/wire/catalogue.js';
import { RecordAssembler } from '../../dist/wire/fragments.js';
import { newHeader, readHeader } from '../../dist/wire/header.js';
import type { Root } from '../../dist/wire/root.js';
import { RecordKind, signRecord } from '../../dist/wire/signature.js';
import { type SignedRecord, unpackSignedRecord } from '../../dist/wire/signed-record.js';
import { rootAfter, rootRecord } from '../trust/signing.js';
import { roleOf, rootOf, testKey } from '../wire/trust-samples.js';

const DAY_S = 86_400;
const NOW_S = 1.8e9;

const first = rootOf({
  numbers: [1, 2],
  createdS: NOW_S,
  expiresS: NOW_S + 400 * DAY_S,
  release: roleOf(1, 1),
  announce: roleOf(1, 2),
});
const second = rootAfter(first);
const versionOf = (root: Root) => ({ root, record: rootRecord(root, 1) });

function stationOf(roots: readonly Root[], announceKey = 2): Station {
  const root = { versions: roots.map(versionOf), announceKey: testKey(announceKey).privateKey };
  return { fleet: { name: 'acme', catalogueLifeUs: 1000e6 }, server: { index: 4 }, root } as unknown as Station;
}

function signed(object: string, version: number, key = 1): SignedDescriptor {
  const record = signRecord(Buffer.from(`${object} ${version}`), testKey(key).privateKey);
  return { descriptor: { object, version }, record } as unknown as SignedDescriptor;
}

/** Proofs of a server, and the records that it announces, by name. */
function rig() {
  let announced: ReadonlyMap<string, AnnouncedTurns> = new Map();
  let count = 0;
  const told: string[] = [];
  const broadcast = {
    announceBeside: async (records: ReadonlyMap<string, AnnouncedTurns>) => {
      announced = records;
      count++;
    },
  } as unknown as Broadcast;
  const proofs = new FleetProofs(broadcast, new Warnings(({ code, message }) => told.push(`${code} ${message}`)));
  const turns = (name: string) => (announced.get(name) ?? []).map(recordsIn);
  const catalogue = (): Catalogue => unpackCatalogue(turns('\0catalogue')[0]![0]!.body)!;
  return { proofs, told, turns, catalogue, names: () => [...announced.keys()], count: () => count };
}

function recordsIn(datagrams: readonly Uint8Array[]): readonly SignedRecord[] {
  const assembler = new RecordAssembler();
  const header = newHeader();
  return datagrams
    .flatMap((datagram) => {
      readHeader(datagram, 0, datagram.length, header);
      return assembler.add(header, datagram, HEADER_BYTES, datagram.length - HEADER_BYTES) || [];
    })
    .map((record) => unpackSignedRecord(record)!);
}

describe('what a server announces to prove that its objects are the newest', () => {
  it('is the newest root in each round, the earlier ones in turn, and a catalogue of what is on the air', () => {
    const { proofs, turns, catalogue } = rig();
    const firmware = signed('firmware', 3);
    proofs.update(stationOf([first, second]), [signed('maps', 9), firmware], NOW_S);
    expect(turns('\0root').map(([record]) => record!.kind)).toEqual([RecordKind.root]);
    expect(turns('\0root')[0]![0]!.body).toEqual(rootRecord(second, 1).body);
    expect(turns('\0roots').map(([record]) => record!.body)).toEqual([rootRecord(first, 1).body]);
    expect(catalogue()).toMatchObject({
      fleet: 'acme',
      serverIndex: 4,
      rootVersion: 2,
      createdS: NOW_S,
      expiresS: NOW_S + 1000,
    });
    expect(catalogue().entries.map(({ object, version }) => [object, version])).toEqual([
      ['firmware', 3],
      ['maps', 9],
    ]);
    const digest = Uint8Array.from(descriptorDigest(unpackSignedRecord(firmware.record)!.body));
    expect(catalogue().entries[0]!.digest).toEqual(digest);
  });

  it('is signed again after half of the catalogue’s life, when the objects change, and when the clock was set back', () => {
    const { proofs, catalogue, count } = rig();
    const station = stationOf([first]);
    const objects = [signed('firmware', 3)];
    for (const afterS of [0, 1, 499]) proofs.update(station, objects, NOW_S + afterS);
    expect(count()).toBe(1);
    proofs.update(station, objects, NOW_S + 500);
    expect([count(), catalogue().expiresS]).toEqual([2, NOW_S + 1500]);
    const before = catalogue().version;
    proofs.update(station, [signed('firmware', 4)], NOW_S + 500);
    expect(count()).toBe(3);
    expect(catalogue().version).toBeGreaterThan(before);
    proofs.update(station, [signed('firmware', 4)], NOW_S);
    expect([count(), catalogue().expiresS]).toEqual([4, NOW_S + 1000]);
  });

  it('is no catalogue without an announce key, and nothing without a root', () => {
    const { proofs, names } = rig();
    const station = stationOf([first]);
    proofs.update({ ...station, root: { ...station.root!, announceKey: undefined } }, [signed('firmware', 3)], NOW_S);
    expect(names()).toEqual(['\0root']);
    proofs.update({ ...station, root: undefined }, [signed('firmware', 3)], NOW_S);
    expect(names()).toEqual([]);
  });

  it('comes with warnings: 30 days before the root expires, and of records that lack signatures', () => {
    const { proofs, told } = rig();
    const station = stationOf([first]);
    proofs.update(station, [signed('firmware', 3)], NOW_S + 369 * DAY_S);
    expect(told).toEqual([]);
    proofs.update(station, [signed('firmware', 3), signed('maps', 1, 5)], NOW_S + 371 * DAY_S);
    expect(told).toEqual([
      expect.stringMatching(/^EXPIRES_SOON version 1 of the root expires at /),
      expect.stringMatching(/^ROLE maps: its record lacks signatures/),
    ]);
    proofs.update(station, [], NOW_S + 401 * DAY_S);
    expect(told.at(-1)).toMatch(/^EXPIRED version 1 of the root expired at /);
  });
});
