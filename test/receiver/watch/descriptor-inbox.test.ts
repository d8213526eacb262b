import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../../dist/base/limits.js';
import { FaultCounters } from '../../../dist/receiver/counters.js';
import { DescriptorInbox, type InboxOptions } from '../../../dist/receiver/watch/descriptor-inbox.js';
import { type ObjectPlan, simulatedKeys } from '../../../dist/simulate/index.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { anchorOfKey } from '../../../dist/trust/anchor.js';
import { packDescriptor } from '../../../dist/wire/descriptor.js';
import { recordDatagrams } from '../../../dist/wire/fragments.js';
import { Flag, newHeader, readHeader } from '../../../dist/wire/header.js';
import { signRecord } from '../../../dist/wire/signature.js';
import { Bed } from '../../transfer/bed.js';

const bed = new Bed('inbox');
const version = (number: number, plan: Partial<ObjectPlan> = {}) =>
  bed.object(2, { version: number, content: bed.bytes(2000, `version ${number}`), ...plan });

/** Addresses by source id; the network does not know other sources. */
const addresses = ['fd00::1', 'fd00::2'];

function inboxOf(options: Partial<InboxOptions> = {}) {
  const faults = new FaultCounters();
  const defaults = { fleet: 'fleet', object: 'object', lowestVersionOf: () => 0, acceptExpired: false };
  const inbox = new DescriptorInbox(
    { trust: { anchorOf: (fleet) => anchorOfKey(fleet, bed.keys.publicKey) }, ...defaults, ...options },
    faults,
    (sourceId) => addresses[sourceId],
  );
  const header = newHeader();
  const hear = (record: Uint8Array, nowUs = 0, wallS = 1.8e9, sourceId?: number, flags = 0) => {
    const findings = recordDatagrams(record, 0, 255).map((datagram) => {
      readHeader(datagram, 0, datagram.length, header);
      header.flags = flags;
      return inbox.handle(header, datagram, HEADER_BYTES, datagram.length - HEADER_BYTES, nowUs, wallS, sourceId);
    });
    return findings.at(-1);
  };
  const recall = (record: Uint8Array, wallS = 1.8e9, announcedBy?: string) =>
    inbox.recall(record, 0, wallS, announcedBy);
  return { hear, recall, faults, inbox };
}

describe('the inbox for descriptors', () => {
  it('finds the newest version, however the announcements are mixed', () => {
    const { hear } = inboxOf();
    const kinds = [3, 1, 3, 7, 5].map((number) => hear(version(number).record)?.kind);
    expect(kinds).toEqual(['newest', 'older', undefined, 'newest', 'older']);
  });

  it('names each address that a record comes from once, and leaves out sources without a known address', () => {
    const { hear } = inboxOf();
    const finding = hear(version(1).record, 0, 1.8e9, 0);
    for (const sourceId of [0, 9, 1, 1, 9]) hear(version(1).record, 0, 1.8e9, sourceId);
    expect(finding?.sources).toEqual(['fd00::1', 'fd00::2']);
  });

  it('judges a record that came by another way as one that was announced: genuine, foreign, older than what the host has, damaged', () => {
    const { inbox, faults } = inboxOf({ lowestVersionOf: () => 5 });
    const take = (record: Uint8Array) => inbox.take(record, 0, 1.8e9)?.kind;
    expect([7, 7, 6, 4].map((number) => take(version(number).record))).toEqual([
      'newest',
      'older',
      'older',
      'rollback',
    ]);
    const foreign = signRecord(
      packDescriptor(version(9).descriptor),
      simulatedKeys(new Prng('somebody else')).privateKey,
    );
    expect(take(foreign)).toBe('foreign');
    const { record } = version(8);
    for (let length = 0; length < record.length; length += 7) expect(take(record.subarray(0, length))).toBeUndefined();
    for (let at = 0; at < record.length; at++) {
      const flipped = Uint8Array.from(record);
      flipped[at]! ^= 1 << (at % 8);
      expect([undefined, 'foreign']).toContain(take(flipped));
    }
    expect(faults.get('signature')).toBeGreaterThan(0);
    expect(take(record)).toBe('newest');
  });

  it('ignores a record that comes again, and one that describes the same version in other words', () => {
    const { hear } = inboxOf();
    expect(hear(version(1).record)?.kind).toBe('newest');
    expect(hear(version(1).record)).toBeUndefined();
    const elsewhere = version(1, { channels: [{ rateBitsPerSecond: 5e6 }] });
    expect(hear(elsewhere.record)?.kind).toBe('older');
  });

  it('says what is wrong with a genuine descriptor that it cannot use', () => {
    expect(inboxOf({ lowestVersionOf: () => 5 }).hear(version(4).record)?.kind).toBe('rollback');
    expect(inboxOf({ lowestVersionOf: () => 5 }).hear(version(5).record)?.kind).toBe('newest');
    const dated = version(1, { expiresS: 100 });
    expect(inboxOf().hear(dated.record, 0, 1.8e9 + 99)?.kind).toBe('newest');
    expect(inboxOf().hear(dated.record, 0, 1.8e9 + 100)?.kind).toBe('expired');
    expect(inboxOf({ acceptExpired: true }).hear(dated.record, 0, 1.8e9 + 100)?.kind).toBe('newest');
    const conflicting = inboxOf();
    conflicting.hear(version(1).record);
    expect(conflicting.hear(version(1, { content: bed.bytes(2000, 'other') }).record)?.kind).toBe('conflict');
  });

  it('reports an object with a code or sizes that it does not support', () => {
    for (const change of [{ fecEncodingId: 7 }, { blockCount: 9 }]) {
      const body = packDescriptor({ ...version(1).descriptor, ...change });
      expect(inboxOf().hear(signRecord(body, bed.keys.privateKey))?.kind).toBe('unsupported');
    }
  });

  it('reports an object whose descriptor has a critical key that this program does not know', () => {
    const { descriptor } = version(1);
    const map = new Unpackr({ useRecords: false }).unpack(packDescriptor(descriptor)) as Record<string, unknown>;
    const body = new Packr({ useRecords: false }).pack({ ...map, Q: 1 });
    expect(inboxOf().hear(signRecord(body, bed.keys.privateKey))).toMatchObject({
      kind: 'unsupported',
      descriptor: { needs: ['Q'] },
    });
  });

  it('finds an object for some classes of devices where this host belongs to one of them', () => {
    const { descriptor } = version(1);
    const record = signRecord(packDescriptor({ ...descriptor, compatible: ['a/1', 'a/2'] }), bed.keys.privateKey);
    for (const compatible of [[], ['a/3'], ['A/1', 'a']]) {
      expect(inboxOf({ compatible }).hear(record)).toMatchObject({ kind: 'incompatible' });
    }
    for (const compatible of [undefined, ['a/2'], ['b', 'a/1']]) {
      expect(inboxOf({ compatible }).hear(record)?.kind).toBe('newest');
    }
    expect(inboxOf({ compatible: ['a/3'] }).hear(version(1).record)?.kind).toBe('newest');
  });

  it('ignores other objects and other fleets', () => {
    const { hear, faults } = inboxOf();
    expect(hear(version(9, { object: 'other' }).record)).toBeUndefined();
    expect(hear(version(9, { fleet: 'other' }).record)).toBeUndefined();
    expect(faults.total).toBe(0);
  });

  it('counts records that another key signed, that nobody signed, and that hold no descriptor', () => {
    const { hear, faults } = inboxOf();
    const stranger = simulatedKeys(new Prng('stranger'));
    hear(signRecord(packDescriptor(version(1).descriptor), stranger.privateKey));
    hear(new Uint8Array(10));
    hear(signRecord(new Uint8Array(100), bed.keys.privateKey));
    expect(faults.byReason()).toEqual({ signature: 2, record: 1 });
  });

  it('checks at most 2000 signatures at once and 100 a second, and then checks the genuine record again', () => {
    const { hear, faults } = inboxOf();
    const prng = new Prng('flood');
    for (let i = 0; i < 2044; i++) hear(prng.fill(new Uint8Array(200)));
    expect(faults.byReason()).toEqual({ signature: 2000, flood: 44 });
    expect(hear(version(1).record, 5000)).toBeUndefined();
    expect(hear(version(1).record, 1_000_000)?.kind).toBe('newest');
  });
});

describe('a flood of invented descriptors', () => {
  it('can hide a genuine descriptor only while it lasts', () => {
    const { hear, faults } = inboxOf();
    for (let i = 0; i < 2044; i++) hear(Buffer.from(`${i}`.padEnd(100)));
    expect([faults.get('signature'), faults.get('flood')]).toEqual([2000, 44]);
    const { record } = version(3);
    expect(hear(record)).toBeUndefined();
    expect(faults.get('flood')).toBe(45);
    expect(hear(record, 1_000_000)).toMatchObject({ kind: 'newest', descriptor: { version: 3 } });
  });
});

describe('a fleet of a thousand objects', () => {
  it('has the wanted object found at its first announcement, and each record opened once', () => {
    const { hear, faults } = inboxOf({ object: 'object 999' });
    const records = Array.from({ length: 1000 }, (_, i) => {
      const body = packDescriptor({ ...version(1).descriptor, object: `object ${i}` });
      return signRecord(body, bed.keys.privateKey);
    });
    const kinds = records.map((record) => hear(record)?.kind);
    expect(kinds.filter((kind) => kind !== undefined)).toEqual(['newest']);
    for (let round = 1; round < 4; round++)
      for (const record of records) expect(hear(record, round * 1e6)).toBeUndefined();
    expect(faults.total).toBe(0);
  });

  it('is found whole by a receiver that wants all objects: one finding for each version of each object', () => {
    const { hear } = inboxOf({ object: undefined });
    const announce = (number: number, i: number) =>
      hear(signRecord(packDescriptor({ ...version(number).descriptor, object: `object ${i}` }), bed.keys.privateKey));
    const objects = Array.from({ length: 500 }, (_, i) => i);
    expect(new Set(objects.map((i) => announce(1, i)?.kind))).toEqual(new Set(['newest']));
    expect(new Set(objects.map((i) => announce(1, i)?.kind))).toEqual(new Set([undefined]));
    expect(new Set(objects.map((i) => announce(2, i)?.kind))).toEqual(new Set(['newest']));
  });
});

describe('one version described anew', () => {
  it('is renewed by a newer record, also in other pieces, and not by an older record', () => {
    const { hear } = inboxOf();
    expect(hear(version(1, { createdS: 5 }).record)?.kind).toBe('newest');
    expect(hear(version(1, { createdS: 9, channels: [{ rateBitsPerSecond: 5e6 }] }).record)?.kind).toBe('renewed');
    expect(hear(version(1, { createdS: 7, channels: [{ rateBitsPerSecond: 2e6 }] }).record)?.kind).toBe('older');
    expect(hear(version(1, { createdS: 11, symbolBytes: 500 }).record)?.kind).toBe('renewed');
    expect(hear(version(1, { createdS: 10, symbolBytes: 700 }).record)?.kind).toBe('older');
  });
});

describe('a record that is kept for a later time', () => {
  it('is found again at once, and is no news when it is heard then', () => {
    const before = inboxOf();
    for (const number of [1, 2]) before.hear(version(number).record);
    const [kept, ...more] = before.inbox.records;
    expect(more).toEqual([]);
    const after = inboxOf();
    expect(after.recall(kept!.record)).toMatchObject({ kind: 'newest', isRecalled: true, descriptor: { version: 2 } });
    expect(after.inbox.announceIntervalUs).toBe(0);
    expect(after.hear(version(2).record)?.kind).toBe('older');
    expect(after.hear(version(3).record)?.kind).toBe('newest');
  });

  it('counts for nothing when it has expired, was changed, is of another fleet, or is older than what this host has', () => {
    const expiring = version(1, { expiresS: 100 }).record;
    const { recall } = inboxOf();
    expect(recall(expiring, 1.8e9 + 101)).toBeUndefined();
    const changed = version(1).record.slice();
    changed[changed.length - 70]! ^= 1;
    expect(recall(changed)).toBeUndefined();
    expect(recall(new Uint8Array(10))).toBeUndefined();
    expect(recall(version(1, { fleet: 'other' }).record)).toBeUndefined();
    expect(inboxOf({ lowestVersionOf: () => 2 }).recall(version(1).record)).toBeUndefined();
    expect(recall(expiring, 1.8e9 + 99)?.kind).toBe('newest');
  });
});

describe('a version that is announced no more', () => {
  const S = 1e6;
  const plan = { announceIntervalUs: 1e6 };
  const other = bed.object(2, { ...plan, object: 'other' }).record;
  /** Hears one record a second from one address. */
  const hearFor = (
    { hear }: ReturnType<typeof inboxOf>,
    record: Uint8Array,
    [fromS, untilS]: readonly [number, number],
    sourceId = 0,
    flags = 0,
  ) => {
    for (let s = fromS; s < untilS; s++) hear(record, s * S, 1.8e9, sourceId, flags);
  };
  const both = () => inboxOf({ object: undefined });

  it('is withdrawn once its server has left it out of fifteen rounds, and is found again when it is announced again', () => {
    const rig = both();
    const { record } = version(3, plan);
    hearFor(rig, record, [0, 5]);
    hearFor(rig, other, [0, 19]);
    expect(rig.inbox.withdrawn(18.9 * S)).toEqual([]);
    hearFor(rig, other, [19, 21]);
    expect(rig.inbox.withdrawn(20.5 * S)).toMatchObject([{ kind: 'withdrawn', descriptor: { version: 3 } }]);
    expect(rig.inbox.withdrawn(20.6 * S)).toEqual([]);
    expect(rig.inbox.records.map(({ object }) => object)).toEqual(['other']);
    expect(rig.hear(record, 30 * S, 1.8e9, 0)?.kind).toBe('newest');
  });

  it('leaves room for an older version that is still announced', () => {
    const rig = both();
    hearFor(rig, version(3, plan).record, [0, 5]);
    hearFor(rig, version(2, plan).record, [0, 21]);
    expect(rig.inbox.withdrawn(20.5 * S)).toMatchObject([{ descriptor: { version: 3 } }]);
    expect(rig.hear(version(2, plan).record, 21 * S, 1.8e9, 0)).toMatchObject({
      kind: 'newest',
      descriptor: { version: 2 },
    });
  });

  it('is not withdrawn while its server is silent, though another one announces other objects', () => {
    const rig = both();
    hearFor(rig, version(3, plan).record, [0, 5], 0);
    hearFor(rig, other, [0, 100], 1);
    expect(rig.inbox.withdrawn(99.5 * S)).toEqual([]);
  });

  it('is not withdrawn as soon as its server is heard again after a pause', () => {
    const rig = both();
    hearFor(rig, version(3, plan).record, [0, 5]);
    hearFor(rig, other, [0, 5]);
    hearFor(rig, other, [60, 74]);
    expect(rig.inbox.withdrawn(74 * S)).toEqual([]);
    hearFor(rig, other, [74, 77]);
    expect(rig.inbox.withdrawn(76.5 * S)).toHaveLength(1);
  });

  it('is not withdrawn while its server has begun anew and still prepares objects, though it announces others', () => {
    const rig = both();
    hearFor(rig, version(3, plan).record, [0, 5]);
    hearFor(rig, other, [5, 60], 0, Flag.starting);
    expect(rig.inbox.withdrawn(59.5 * S)).toEqual([]);
    hearFor(rig, other, [60, 74]);
    expect(rig.inbox.withdrawn(73.5 * S)).toEqual([]);
    hearFor(rig, other, [74, 77]);
    expect(rig.inbox.withdrawn(76.5 * S)).toHaveLength(1);
  });

  it('is not withdrawn while a server announces it in another description', () => {
    const rig = both();
    hearFor(rig, version(3, { ...plan, createdS: 9 }).record, [0, 5]);
    hearFor(rig, version(3, { ...plan, createdS: 7 }).record, [0, 40], 1);
    hearFor(rig, other, [0, 40]);
    expect(rig.inbox.withdrawn(39.5 * S)).toEqual([]);
  });

  it('is withdrawn, too, when it was heard in an earlier time, if it was announced then', () => {
    const rig = both();
    const { record } = version(3, plan);
    rig.recall(record, 1.8e9, 'fd00::1');
    hearFor(rig, other, [0, 17]);
    expect(rig.inbox.withdrawn(16.5 * S)).toHaveLength(1);
    // What came by another way was never announced.
    rig.recall(record);
    hearFor(rig, other, [17, 60]);
    expect(rig.inbox.withdrawn(59.5 * S)).toEqual([]);
  });

  it('is not withdrawn because a stranger announces much', () => {
    const rig = both();
    hearFor(rig, version(3, plan).record, [0, 5]);
    const stranger = simulatedKeys(new Prng('stranger')).privateKey;
    const body = packDescriptor({ ...version(1, plan).descriptor, object: 'strange' });
    hearFor(rig, signRecord(body, stranger), [0, 60]);
    expect(rig.inbox.withdrawn(59.5 * S)).toEqual([]);
  });
});
