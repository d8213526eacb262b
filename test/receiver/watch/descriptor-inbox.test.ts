import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { simulatedKeys } from '../../../dist/simulate/index.js';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { packDescriptor } from '../../../dist/wire/descriptor.js';
import { keyIdOf } from '../../../dist/wire/public-key.js';
import { RecordKind, signRecord } from '../../../dist/wire/signature.js';
import { packSignedRecord } from '../../../dist/wire/signed-record.js';
import { bed, inboxOf, version } from './inbox.js';

describe('the inbox for descriptors', () => {
  it('finds the newest version, however the announcements are mixed', () => {
    const { hear } = inboxOf();
    const kinds = [3, 1, 3, 7, 5].map((number) => hear(version(number).record)?.kind);
    expect(kinds).toEqual(['newest', 'older', undefined, 'newest', 'older']);
  });

  it('ignores a record that comes again, and one that describes the same version in other words', () => {
    const { hear } = inboxOf();
    expect(hear(version(1).record)?.kind).toBe('newest');
    expect(hear(version(1).record)).toBeUndefined();
    const elsewhere = version(1, { channels: [{ rateBitsPerSecond: 5e6 }] });
    expect(hear(elsewhere.record)?.kind).toBe('older');
  });

  it('finds a version renewed by a newer record of it, also in other pieces, and not by an older record', () => {
    const { hear } = inboxOf();
    expect(hear(version(1, { createdS: 5 }).record)?.kind).toBe('newest');
    expect(hear(version(1, { createdS: 9, channels: [{ rateBitsPerSecond: 5e6 }] }).record)?.kind).toBe('renewed');
    expect(hear(version(1, { createdS: 7, channels: [{ rateBitsPerSecond: 2e6 }] }).record)?.kind).toBe('older');
    expect(hear(version(1, { createdS: 11, symbolBytes: 500 }).record)?.kind).toBe('renewed');
    expect(hear(version(1, { createdS: 10, symbolBytes: 700 }).record)?.kind).toBe('older');
  });

  it('ignores other objects and other fleets', () => {
    const { hear, faults } = inboxOf();
    expect(hear(version(9, { object: 'other' }).record)).toBeUndefined();
    expect(hear(version(9, { fleet: 'other' }).record)).toBeUndefined();
    expect(faults.total).toBe(0);
  });

  it('finds the wanted one of a thousand objects at its first announcement, and opens each record once', () => {
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

  it('finds each version of each object once where all objects are wanted', () => {
    const { hear } = inboxOf({ object: undefined });
    const announce = (number: number, i: number) =>
      hear(signRecord(packDescriptor({ ...version(number).descriptor, object: `object ${i}` }), bed.keys.privateKey));
    const objects = Array.from({ length: 500 }, (_, i) => i);
    expect(new Set(objects.map((i) => announce(1, i)?.kind))).toEqual(new Set(['newest']));
    expect(new Set(objects.map((i) => announce(1, i)?.kind))).toEqual(new Set([undefined]));
    expect(new Set(objects.map((i) => announce(2, i)?.kind))).toEqual(new Set(['newest']));
  });

  it('names each address that a record comes from once, and leaves out sources without a known address', () => {
    const { hear } = inboxOf();
    const finding = hear(version(1).record, 0, 1.8e9, 0);
    for (const sourceId of [0, 9, 1, 1, 9]) hear(version(1).record, 0, 1.8e9, sourceId);
    expect(finding?.sources).toEqual(['fd00::1', 'fd00::2']);
  });
});

describe('a genuine descriptor that is of no use', () => {
  it('is named by what is wrong: older than what the host has, expired, in conflict with another file', () => {
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

  it('is unsupported if it has a code or sizes that this program does not have', () => {
    for (const change of [{ fecEncodingId: 7 }, { blockCount: 9 }]) {
      const body = packDescriptor({ ...version(1).descriptor, ...change });
      expect(inboxOf().hear(signRecord(body, bed.keys.privateKey))?.kind).toBe('unsupported');
    }
  });

  it('is unsupported if it has a critical key that this program does not know', () => {
    const { descriptor } = version(1);
    const map = new Unpackr({ useRecords: false }).unpack(packDescriptor(descriptor)) as Record<string, unknown>;
    const body = new Packr({ useRecords: false }).pack({ ...map, Q: 1 });
    expect(inboxOf().hear(signRecord(body, bed.keys.privateKey))).toMatchObject({
      kind: 'unsupported',
      descriptor: { needs: ['Q'] },
    });
  });

  it('is incompatible if it is for classes of devices to which this host does not belong', () => {
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
});

describe('records that are not genuine', () => {
  it('are counted: those that another key signed, that nobody signed, and that hold no descriptor', () => {
    const { hear, faults } = inboxOf();
    const stranger = simulatedKeys(new Prng('stranger'));
    hear(signRecord(packDescriptor(version(1).descriptor), stranger.privateKey));
    hear(new Uint8Array(10));
    hear(signRecord(new Uint8Array(100), bed.keys.privateKey));
    expect(faults.byReason()).toEqual({ signature: 2, record: 1 });
  });

  it('are checked 2000 at once and 100 a second at most, so a flood of them hides the genuine one only while it lasts', () => {
    const { hear, faults } = inboxOf();
    const prng = new Prng('flood');
    for (let i = 0; i < 2044; i++) hear(prng.fill(new Uint8Array(200)));
    expect(faults.byReason()).toEqual({ signature: 2000, flood: 44 });
    const { record } = version(3);
    expect(hear(record, 5000)).toBeUndefined();
    expect(faults.get('flood')).toBe(45);
    expect(hear(record, 1_000_000)).toMatchObject({ kind: 'newest', descriptor: { version: 3 } });
  });

  it('cost one check where they name one key sixteen times, so that a few of them do not hide the genuine one', () => {
    const { hear, faults } = inboxOf();
    const signature = { keyId: keyIdOf(bed.keys.publicKey), bytes: new Uint8Array(64) };
    const signatures = Array.from({ length: 16 }, () => signature);
    for (let i = 0; i < 500; i++) {
      hear(packSignedRecord({ kind: RecordKind.descriptor, signatures, body: Uint8Array.of(i >> 8, i) }));
    }
    expect(faults.byReason()).toEqual({ signature: 500 });
    expect(hear(version(3).record)).toMatchObject({ kind: 'newest' });
  });
});

describe('a record that came by another way than announcements', () => {
  it('is judged as one that was announced: genuine, foreign, older than what the host has, damaged', () => {
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

  it('is found again at once after it was kept for a later time, and is no news when it is heard then', () => {
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

  it('counts for nothing when it was kept and has expired, was changed, is of another fleet, or is older than what this host has', () => {
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
