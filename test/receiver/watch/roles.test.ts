import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../../dist/base/limits.js';
import { FaultCounters } from '../../../dist/receiver/counters.js';
import { DescriptorInbox } from '../../../dist/receiver/watch/descriptor-inbox.js';
import type { InboxOptions } from '../../../dist/receiver/watch/record-judge.js';
import { anchorOfRoot } from '../../../dist/trust/anchor.js';
import { type Catalogue, descriptorDigest } from '../../../dist/wire/catalogue.js';
import { packDescriptor } from '../../../dist/wire/descriptor.js';
import { unpackDescriptor } from '../../../dist/wire/descriptor-reader.js';
import { recordDatagrams } from '../../../dist/wire/fragments.js';
import { newHeader, readHeader } from '../../../dist/wire/header.js';
import type { Root } from '../../../dist/wire/root.js';
import { RecordKind } from '../../../dist/wire/signature.js';
import { packSignedRecord, type SignedRecord } from '../../../dist/wire/signed-record.js';
import { Bed } from '../../transfer/bed.js';
import { catalogueOf, catalogueRecord, rootAfter, rootRecord, signedBy } from '../../trust/signing.js';
import { roleOf, rootOf, testKey } from '../../wire/trust-samples.js';

const bed = new Bed('roles');
const NOW_S = 1.8e9;

/** Keys 1 and 2 release, two of them have to; key 3 announces. */
const first = rootOf({
  fleet: 'fleet',
  numbers: [1, 2, 3],
  createdS: NOW_S - 1000,
  expiresS: NOW_S + 1e6,
  release: roleOf(2, 1, 2),
  announce: roleOf(1, 3),
});

const bodyOf = (version: number) =>
  packDescriptor(
    bed.object(2, { version, content: bed.bytes(2000, `version ${version}`), announceIntervalUs: 1e6 }).descriptor,
  );
const release = (version: number, ...numbers: readonly number[]) =>
  signedBy(RecordKind.descriptor, bodyOf(version), numbers);

function listing(version: number, changes: Partial<Catalogue> = {}): Catalogue {
  const entries = [{ object: 'object', version, digest: descriptorDigest(bodyOf(version)) }];
  return catalogueOf(1, { fleet: 'fleet', entries, createdS: NOW_S, expiresS: NOW_S + 3600, ...changes });
}

function inboxOf(root: Root = first, options: Partial<InboxOptions> = {}) {
  const faults = new FaultCounters();
  const anchor = anchorOfRoot(rootRecord(root))!;
  const trust = { anchorOf: (fleet: string) => (fleet === 'fleet' ? anchor : undefined) };
  const wanted = { fleet: 'fleet', object: 'object', lowestVersionOf: () => 0, acceptExpired: false };
  const inbox = new DescriptorInbox({ ...wanted, trust, ...options }, faults, () => 'fd00::1');
  const header = newHeader();
  const hear = (record: SignedRecord, wallS = NOW_S, nowUs = 0, sourceId?: number) => {
    const found = recordDatagrams(packSignedRecord(record), 0, 255).map((datagram) => {
      readHeader(datagram, 0, datagram.length, header);
      return inbox.handle(header, datagram, HEADER_BYTES, datagram.length - HEADER_BYTES, nowUs, wallS, sourceId);
    });
    return found.at(-1);
  };
  return { inbox, hear, faults };
}

describe('the inbox of a receiver that trusts a root', () => {
  it('takes a version that enough keys signed once a catalogue lists it, and judges it anew until then', () => {
    const { hear } = inboxOf();
    expect(hear(release(1, 1, 2))).toMatchObject({ kind: 'unlisted', refusal: { code: 'ROLE_REFUSED' } });
    expect(hear(release(1, 1, 2))?.kind).toBe('unlisted');
    expect(hear(catalogueRecord(listing(1), 3))).toBeUndefined();
    expect(hear(release(1, 1, 2))?.kind).toBe('newest');
    expect(hear(release(1, 1, 2))).toBeUndefined();
  });

  it('says how many keys signed a version that too few keys signed', () => {
    const { hear, faults } = inboxOf();
    hear(catalogueRecord(listing(1), 3));
    const found = hear(release(1, 1));
    expect(found).toMatchObject({ kind: 'refused', refusal: { code: 'ROLE_REFUSED' } });
    expect(found?.refusal?.message).toContain('signed by 1 of the 2 release keys that version 1 of the root asks for');
    expect(faults.get('signature')).toBe(0);
    expect(hear(release(1, 5))?.kind).toBe('foreign');
    expect(faults.get('signature')).toBe(1);
  });

  it('says until when a catalogue was valid, and takes the version when a fresh one comes', () => {
    const { hear } = inboxOf();
    hear(catalogueRecord(listing(1), 3));
    const late = NOW_S + 7200;
    const found = hear(release(1, 1, 2), late);
    expect(found).toMatchObject({ kind: 'refused', refusal: { code: 'EXPIRED' } });
    expect(found?.refusal?.message).toContain(new Date((NOW_S + 3600) * 1000).toISOString());
    hear(catalogueRecord(listing(1, { version: 2, createdS: late, expiresS: late + 3600 }), 3), late);
    expect(hear(release(1, 1, 2), late)?.kind).toBe('newest');
  });

  it('names a replayed version that is older than what a catalogue lists', () => {
    const { hear } = inboxOf();
    hear(catalogueRecord(listing(2), 3));
    hear(catalogueRecord(listing(1, { version: 2 }), 3));
    const found = hear(release(1, 1, 2));
    expect(found).toMatchObject({ kind: 'refused', refusal: { code: 'VERSION_REFUSED' } });
    expect(found?.refusal?.message).toBe("version 1 is older than version 2, which the fleet's catalogue lists");
  });

  it('follows three rotations in the order in which the carousel brings them, and hears all else again', () => {
    const { inbox, hear } = inboxOf();
    const rotated = (before: Root, release: Root['release'], ...numbers: readonly number[]) =>
      rootAfter(before, { keys: numbers.map((n) => testKey(n).raw), release });
    const second = rotated(first, roleOf(2, 2, 4), 2, 3, 4);
    const third = rotated(second, roleOf(2, 4, 5), 3, 4, 5);
    const fourth = rotated(third, roleOf(2, 5, 6), 3, 5, 6);
    const roots = [rootRecord(second, 1, 2, 4), rootRecord(third, 2, 4, 5), rootRecord(fourth, 4, 5, 6)] as const;
    const catalogue = catalogueRecord(listing(1, { rootVersion: 4 }), 3);
    const round = (older: SignedRecord) => [roots[2], older, catalogue, release(1, 5, 6)].map((one) => hear(one)?.kind);
    expect(round(roots[0])).toEqual([undefined, undefined, undefined, 'foreign']);
    expect(inbox.trustOf('fleet')?.root.version).toBe(2);
    // Key 5 releases from version 3 on, key 6 from version 4 on.
    expect(round(roots[1]).at(-1)).toBe('refused');
    expect(round(roots[0])).toEqual([undefined, undefined, undefined, 'newest']);
    expect(inbox.trustOf('fleet')?.root.version).toBe(4);
    const old = hear(release(2, 1, 2));
    expect(old).toMatchObject({ kind: 'refused', refusal: { code: 'ROLE_REFUSED' } });
    expect(old?.refusal?.message).toMatch(/signed by key [0-9a-f]{16}, which version [23] of the root has removed/);
  });

  it('revokes a version when a root removes the keys that signed it', () => {
    const { inbox, hear } = inboxOf();
    hear(catalogueRecord(listing(1), 3));
    hear(release(1, 1, 2));
    expect(inbox.revoked(0, NOW_S)).toEqual([]);
    const second = rootAfter(first, { keys: [2, 3, 4].map((n) => testKey(n).raw), release: roleOf(2, 2, 4) });
    hear(rootRecord(second, 1, 2, 4));
    const [found, ...others] = inbox.revoked(0, NOW_S);
    expect(found).toMatchObject({ kind: 'revoked', descriptor: { version: 1 }, refusal: { code: 'ROLE_REFUSED' } });
    expect(others).toEqual([]);
    expect(inbox.revoked(0, NOW_S)).toEqual([]);
  });

  it('revokes a version that a new catalogue does not list ten seconds after the last of its parts has come', () => {
    const { inbox, hear } = inboxOf();
    const parts = (version: number, list: readonly Partial<Catalogue>[]) =>
      list.map((changes, part) =>
        catalogueRecord(listing(1, { version, part, partCount: list.length, ...changes }), 3),
      );
    for (const part of parts(1, [{ entries: [] }, {}])) hear(part);
    expect(hear(release(1, 1, 2))?.kind).toBe('newest');
    for (const part of parts(2, [{ entries: [] }, {}])) {
      hear(part);
      expect(inbox.revoked(0, NOW_S)).toEqual([]);
    }
    const [one, two] = parts(3, [{ entries: [] }, { entries: [] }]);
    hear(one!);
    expect(inbox.revoked(0, NOW_S)).toEqual([]);
    hear(two!);
    expect(inbox.revoked(5e6, NOW_S)).toEqual([]);
    expect(inbox.unlisted(14e6, NOW_S)).toEqual([]);
    const [found] = inbox.unlisted(15e6, NOW_S);
    expect(found).toMatchObject({ kind: 'revoked', descriptor: { version: 1 }, refusal: { code: 'ROLE_REFUSED' } });
  });

  it('goes on with a version while the catalogue is on its way that the new key of a root signs', () => {
    const { inbox, hear } = inboxOf();
    hear(catalogueRecord(listing(1), 3));
    hear(release(1, 1, 2));
    const second = rootAfter(first, { keys: [1, 2, 4].map((n) => testKey(n).raw), announce: roleOf(1, 4) });
    hear(rootRecord(second, 1, 2));
    expect(inbox.revoked(1e6, NOW_S)).toEqual([]);
    hear(catalogueRecord(listing(1, { version: 2, rootVersion: 2 }), 4));
    expect(inbox.revoked(2e6, NOW_S)).toEqual([]);
    expect(inbox.unlisted(100e6, NOW_S)).toEqual([]);
  });

  describe('when catalogues list another description of the version that counts', () => {
    const before = unpackDescriptor(bodyOf(1))!;
    const anew = packDescriptor({ ...before, createdS: before.createdS + 60, announceIntervalUs: 2e6 });
    const entries = [{ object: 'object', version: 1, digest: descriptorDigest(anew) }];
    const renewed = signedBy(RecordKind.descriptor, anew, [1, 2]);
    const heardUntil = (atUs: number) => {
      const all = inboxOf();
      all.hear(catalogueRecord(listing(1), 3));
      expect(all.hear(release(1, 1, 2))?.kind).toBe('newest');
      expect(all.hear(renewed)?.kind).toBe('unlisted');
      all.hear(catalogueRecord(listing(1, { version: 2, entries }), 3));
      expect(all.inbox.revoked(atUs, NOW_S)).toEqual([]);
      return all;
    };

    it('goes on with the version until the new description comes', () => {
      const { inbox, hear } = heardUntil(1e6);
      expect(inbox.unlisted(10e6, NOW_S)).toEqual([]);
      expect(hear(renewed)?.kind).toBe('renewed');
      expect(inbox.unlisted(100e6, NOW_S)).toEqual([]);
    });

    it('revokes the version when the new description does not come, and then takes whatever is listed', () => {
      const { inbox, hear } = heardUntil(1e6);
      expect(inbox.unlisted(11e6, NOW_S)).toMatchObject([{ kind: 'revoked', refusal: { code: 'VERSION_REFUSED' } }]);
      expect(inbox.unlisted(11e6, NOW_S)).toEqual([]);
      expect(hear(renewed)?.kind).toBe('newest');
    });

    it('goes on with the version when catalogues list its first description again', () => {
      const { inbox, hear } = heardUntil(1e6);
      hear(catalogueRecord(listing(1, { version: 3 }), 3));
      expect(inbox.revoked(2e6, NOW_S)).toEqual([]);
      expect(inbox.unlisted(100e6, NOW_S)).toEqual([]);
    });
  });

  it('judges anew what it heard before the clock was set, in both directions', () => {
    const { inbox, hear } = inboxOf();
    const farS = NOW_S + 1e9;
    hear(catalogueRecord(listing(1), 3), farS);
    expect(hear(release(1, 1, 2), farS)).toMatchObject({ kind: 'refused', refusal: { code: 'EXPIRED' } });
    inbox.forgetVerdicts();
    expect(inbox.revoked(0, NOW_S)).toEqual([]);
    expect(hear(release(1, 1, 2), NOW_S)?.kind).toBe('newest');
    inbox.forgetVerdicts();
    expect(inbox.revoked(0, farS)).toMatchObject([{ kind: 'revoked', refusal: { code: 'EXPIRED' } }]);
  });

  it('takes a version for withdrawn by what keys of the fleet signed, not by roots and catalogues that anybody can make', () => {
    const { inbox, hear } = inboxOf();
    const genuine = catalogueRecord(listing(1), 3);
    const announce = (records: readonly SignedRecord[], fromS: number, untilS: number) => {
      for (let s = fromS; s < untilS; s++) for (const record of records) hear(record, NOW_S, s * 1e6, 0);
    };
    announce([genuine, release(1, 1, 2)], 0, 1);
    const second = rootAfter(first, {});
    const forged = [
      rootRecord(first, 9),
      rootRecord(rootAfter(second, {}), 9),
      catalogueRecord(listing(2, { rootVersion: 7 }), 9),
    ];
    announce(forged, 1, 60);
    expect(inbox.withdrawn(59.5e6)).toEqual([]);
    announce([genuine], 60, 77);
    expect(inbox.withdrawn(76.5e6)).toMatchObject([{ kind: 'withdrawn', descriptor: { version: 1 } }]);
  });

  it('counts roots and catalogues that strangers signed, and takes nothing from them', () => {
    const { inbox, hear, faults } = inboxOf();
    hear(rootRecord(rootAfter(first, { release: roleOf(1, 1) }), 1, 8, 9));
    hear(catalogueRecord(listing(1), 9));
    hear(signedBy(RecordKind.root, Buffer.from('no root'), [1]));
    expect(faults.get('signature')).toBe(2);
    expect(faults.get('record')).toBe(1);
    expect(inbox.trustOf('fleet')?.root.version).toBe(1);
    expect(hear(release(1, 1, 2))?.kind).toBe('unlisted');
  });

  it('checks at most as many signatures as it may, whatever keys a stranger names', () => {
    const { hear, faults } = inboxOf();
    const { descriptor } = bed.object(2, { content: bed.bytes(2000, 'flood') });
    for (let version = 1; version <= 1100; version++) {
      const wrong = [1, 2].map((number) => ({ keyId: testKey(number).id, bytes: new Uint8Array(64) }));
      hear({ kind: RecordKind.descriptor, signatures: wrong, body: packDescriptor({ ...descriptor, version }) });
    }
    expect(faults.get('flood')).toBeGreaterThanOrEqual(100);
    expect(faults.get('signature')).toBeLessThanOrEqual(1000);
  });
});
