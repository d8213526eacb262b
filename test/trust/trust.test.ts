import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { anchorOfKey, anchorOfRoot } from '../../dist/trust/anchor.js';
import type { Times } from '../../dist/trust/known-time.js';
import { Trust } from '../../dist/trust/trust.js';
import type { Catalogue } from '../../dist/wire/catalogue.js';
import type { Root } from '../../dist/wire/root.js';
import { roleOf, rootOf, testKey } from '../wire/trust-samples.js';
import { catalogueOf, catalogueRecord, digestOf, releaseOf, rootAfter, rootRecord } from './signing.js';

const NOW_S = 1500;

/** Key 1 releases, key 2 announces. */
const first = rootOf({ numbers: [1, 2], release: roleOf(1, 1), announce: roleOf(1, 2) });

function trustFrom(root: Root, rest: { readonly acceptExpired?: boolean; readonly times?: Times } = {}): Trust {
  const anchor = anchorOfRoot(rootRecord(root))!;
  return new Trust({ anchor, builtS: 0, isWanted: () => true, acceptExpired: false, ...rest });
}

function trustFromKey(number: number): Trust {
  const anchor = anchorOfKey('acme', createPublicKey(testKey(number).privateKey));
  return new Trust({ anchor, builtS: 0, isWanted: () => true, acceptExpired: false });
}

describe('a bare key', () => {
  it('is a root of one key, threshold one: what it signed is valid without a catalogue', () => {
    const trust = trustFromKey(1);
    expect(trust.judge(releaseOf(3, [1]), NOW_S)).toEqual({ kind: 'valid' });
    expect(trust.judge(releaseOf(3, [2]), NOW_S)).toEqual({ kind: 'foreign' });
    expect(trust.judge(releaseOf(3, [1], { signers: undefined }), NOW_S)).toEqual({ kind: 'foreign' });
  });

  it('leads to version 1 of a root that it signed, and from then on that root counts', () => {
    const trust = trustFromKey(9);
    expect(trust.hearRoot(rootRecord(first, 1))).toBe('refused');
    expect(trust.hearRoot(rootRecord(first, 9))).toBe('refused');
    expect(trust.hearRoot(rootRecord(first, 1, 9))).toBe('taken');
    expect(trust.judge(releaseOf(3, [9]), NOW_S)).toMatchObject({ kind: 'retired', rootVersion: 1 });
    expect(trust.judge(releaseOf(3, [1]), NOW_S)).toEqual({ kind: 'unlisted' });
  });
});

describe('the chain of roots', () => {
  it('is followed through three rotations, of which all but the newest have expired', () => {
    const trust = trustFrom(first);
    const second = rootAfter(first, { keys: [3, 2].map((n) => testKey(n).raw), release: roleOf(1, 3) });
    const third = rootAfter(second, { keys: [4, 2].map((n) => testKey(n).raw), release: roleOf(1, 4) });
    const fourth = rootAfter(third, { keys: [5, 2].map((n) => testKey(n).raw), release: roleOf(1, 5), expiresS: 9000 });
    expect(trust.hearRoot(rootRecord(fourth, 4, 5))).toBe('early');
    expect(trust.hearRoot(rootRecord(third, 3, 4))).toBe('early');
    expect(trust.hearRoot(rootRecord(second, 1, 3))).toBe('taken');
    expect(trust.hearRoot(rootRecord(third, 3, 4))).toBe('taken');
    expect(trust.judge(releaseOf(3, [4]), 5000)).toEqual({ kind: 'rootExpired', rootVersion: 3, expiresS: 2000 });
    expect(trust.hearRoot(rootRecord(fourth, 4, 5))).toBe('taken');
    expect(trust.hearRoot(rootRecord(second, 1, 3))).toBe('known');
    trust.hearCatalogue(catalogueRecord(catalogueOf(3, { rootVersion: 4, expiresS: 6000 }), 2));
    expect(trust.judge(releaseOf(3, [5]), 5000)).toEqual({ kind: 'valid' });
    expect(trust.judge(releaseOf(3, [1]), 5000)).toEqual({ kind: 'retired', keyId: testKey(1).id, rootVersion: 2 });
    expect(trust.judge(releaseOf(3, [4]), 5000)).toEqual({ kind: 'retired', keyId: testKey(4).id, rootVersion: 4 });
  });

  it('needs enough keys of the root before, and enough of its own', () => {
    const before = rootOf({ numbers: [1, 2, 3], release: roleOf(2, 1, 2, 3), announce: roleOf(1, 1) });
    const next = rootAfter(before, {
      keys: [3, 4, 5].map((n) => testKey(n).raw),
      release: roleOf(2, 3, 4, 5),
      announce: roleOf(1, 4),
    });
    for (const signers of [[], [1, 2], [4, 5], [1, 4, 5], [1, 3], [3, 4]]) {
      expect(trustFrom(before).hearRoot(rootRecord(next, ...signers)), `${signers}`).toBe('refused');
    }
    for (const signers of [
      [1, 2, 4, 5],
      [1, 3, 4],
    ]) {
      expect(trustFrom(before).hearRoot(rootRecord(next, ...signers)), `${signers}`).toBe('taken');
    }
  });

  it('is signed by the keys of the role root where a root has that role', () => {
    const before = { ...first, keys: [1, 2, 7].map((n) => testKey(n).raw), root: roleOf(1, 7) };
    const next = rootAfter(before, { expiresS: 5000 });
    expect(trustFrom(before).hearRoot(rootRecord(next, 1))).toBe('refused');
    expect(trustFrom(before).hearRoot(rootRecord(next, 7))).toBe('taken');
  });

  it('takes no root of another fleet, of another origin, or that skips a version', () => {
    const next = rootAfter(first);
    const trust = trustFrom(first);
    expect(trust.hearRoot(rootRecord({ ...next, fleet: 'other' }, 1))).toBe('refused');
    expect(trust.hearRoot(rootRecord({ ...next, origin: '0011223344556677' }, 1))).toBe('refused');
    expect(trust.hearRoot(rootRecord({ ...next, version: 3 }, 1))).toBe('early');
    expect(trust.hearRoot(catalogueRecord(catalogueOf(3), 1))).toBe('refused');
  });

  it('refuses a root in which a signature is wrong, though others suffice', () => {
    const next = rootAfter(first);
    const record = rootRecord(next, 1);
    const wrong = { keyId: testKey(1).id, bytes: new Uint8Array(64) };
    expect(trustFrom(first).hearRoot({ ...record, signatures: [wrong] })).toBe('refused');
  });
});

describe('a release', () => {
  it('needs as many keys of the role as the root asks for', () => {
    const trust = trustFrom(rootOf({ numbers: [1, 2, 3], release: roleOf(2, 1, 2), announce: roleOf(1, 3) }));
    trust.hearCatalogue(catalogueRecord(catalogueOf(3), 3));
    const tooFew = { kind: 'tooFew', count: 1, threshold: 2, rootVersion: 1 };
    expect(trust.judge(releaseOf(3, [1]), NOW_S)).toEqual(tooFew);
    expect(trust.judge(releaseOf(3, [1, 3]), NOW_S)).toEqual(tooFew);
    expect(trust.judge(releaseOf(3, [3]), NOW_S)).toEqual({ kind: 'foreign' });
    expect(trust.judge(releaseOf(3, [1, 2]), NOW_S)).toEqual({ kind: 'valid' });
  });

  it('expires on its own date', () => {
    const trust = trustFrom(first);
    trust.hearCatalogue(catalogueRecord(catalogueOf(3), 2));
    expect(trust.judge(releaseOf(3, [1], { expiresS: 1501 }), 1500)).toEqual({ kind: 'valid' });
    expect(trust.judge(releaseOf(3, [1], { expiresS: 1501 }), 1501)).toEqual({ kind: 'expired', expiresS: 1501 });
  });
});

describe('catalogues', () => {
  it('prove that a version is current until they expire', () => {
    const trust = trustFrom({ ...first, expiresS: 9000 });
    expect(trust.judge(releaseOf(3, [1]), NOW_S)).toEqual({ kind: 'unlisted' });
    expect(trust.hearCatalogue(catalogueRecord(catalogueOf(3), 2))).toEqual({ kind: 'taken' });
    expect(trust.judge(releaseOf(3, [1]), 1999)).toEqual({ kind: 'valid' });
    expect(trust.judge(releaseOf(3, [1]), 2000)).toEqual({ kind: 'catalogueExpired', expiresS: 2000 });
    trust.hearCatalogue(catalogueRecord(catalogueOf(3, { version: 2, expiresS: 3000 }), 2));
    expect(trust.judge(releaseOf(3, [1]), 2000)).toEqual({ kind: 'valid' });
  });

  it('are judged anew when a clock that was wrong is set', () => {
    const trust = trustFrom({ ...first, expiresS: 9000 });
    trust.hearCatalogue(catalogueRecord(catalogueOf(3), 2));
    expect(trust.judge(releaseOf(3, [1]), 8000)).toMatchObject({ kind: 'catalogueExpired' });
    expect(trust.judge(releaseOf(3, [1]), 1500)).toEqual({ kind: 'valid' });
  });

  it('make older versions and other descriptors of the same version not current', () => {
    const trust = trustFrom(first);
    trust.hearCatalogue(catalogueRecord(catalogueOf(3), 2));
    expect(trust.judge(releaseOf(2, [1]), NOW_S)).toEqual({ kind: 'superseded', version: 3 });
    expect(trust.judge(releaseOf(3, [1], { variant: 'other ladder' }), NOW_S)).toEqual({ kind: 'other' });
    expect(trust.judge(releaseOf(4, [1]), NOW_S)).toEqual({ kind: 'unlisted' });
  });

  it('cannot be replayed: neither one that lists an older version nor one that its signers replaced', () => {
    const trust = trustFrom(first);
    trust.hearCatalogue(catalogueRecord(catalogueOf(3, { version: 5 }), 2));
    expect(trust.hearCatalogue(catalogueRecord(catalogueOf(3, { version: 4 }), 2))).toEqual({ kind: 'known' });
    const older = catalogueRecord(catalogueOf(2, { version: 6 }), 2);
    expect(trust.hearCatalogue(older)).toEqual({ kind: 'rollback', object: 'firmware', version: 2, knownVersion: 3 });
    expect(trust.judge(releaseOf(3, [1]), NOW_S)).toEqual({ kind: 'valid' });
  });

  it('of servers that do not talk to each other count side by side', () => {
    const trust = trustFrom(rootOf({ numbers: [1, 2, 3], release: roleOf(1, 1), announce: roleOf(1, 2, 3) }));
    const entry = (variant: string) => ({
      entries: [{ object: 'firmware', version: 3, digest: digestOf(3, variant) }],
    });
    trust.hearCatalogue(catalogueRecord(catalogueOf(3, { version: 100, ...entry('alpha') }), 2));
    trust.hearCatalogue(catalogueRecord(catalogueOf(3, { version: 90, ...entry('beta') }), 3));
    // A third server has the key of the first one.
    trust.hearCatalogue(catalogueRecord(catalogueOf(3, { serverIndex: 2, version: 80, ...entry('delta') }), 2));
    for (const variant of ['alpha', 'beta', 'delta'])
      expect(trust.judge(releaseOf(3, [1], { variant }), NOW_S)).toEqual({ kind: 'valid' });
    expect(trust.judge(releaseOf(3, [1], { variant: 'gamma' }), NOW_S)).toEqual({ kind: 'other' });
  });

  describe('in parts', () => {
    const part = (index: number, version: number, object: string, changes: Partial<Catalogue> = {}) => {
      const entries = [{ object, version: 3, digest: digestOf(3) }];
      return catalogueRecord(catalogueOf(3, { version, part: index, partCount: 2, entries, ...changes }), 2);
    };

    it('list the objects of all parts', () => {
      const trust = trustFrom(first);
      trust.hearCatalogue(part(0, 1, 'firmware'));
      trust.hearCatalogue(part(1, 1, 'maps'));
      expect(trust.hearCatalogue(part(1, 1, 'maps'))).toEqual({ kind: 'known' });
      expect(trust.judge(releaseOf(3, [1]), NOW_S)).toEqual({ kind: 'valid' });
      expect(trust.judge(releaseOf(3, [1], { object: 'maps' }), NOW_S)).toEqual({ kind: 'valid' });
    });

    it('leave what the one before lists as it is, until all parts of the newer one have come', () => {
      const trust = trustFrom(first);
      trust.hearCatalogue(part(0, 1, 'firmware'));
      trust.hearCatalogue(part(1, 1, 'maps'));
      // Of the versions 2 and 3, the part with the firmware is lost.
      for (const version of [2, 3]) {
        expect(trust.hearCatalogue(part(1, version, 'maps'))).toEqual({ kind: 'taken' });
        expect(trust.judge(releaseOf(3, [1]), NOW_S)).toEqual({ kind: 'valid' });
      }
      trust.hearCatalogue(part(0, 3, 'drivers'));
      expect(trust.judge(releaseOf(3, [1]), NOW_S)).toEqual({ kind: 'unlisted' });
      expect(trust.judge(releaseOf(3, [1], { object: 'maps' }), NOW_S)).toEqual({ kind: 'valid' });
    });

    it('do not make what the one before lists last longer', () => {
      const trust = trustFrom({ ...first, expiresS: 9000 });
      trust.hearCatalogue(part(0, 1, 'firmware', { expiresS: 2000 }));
      trust.hearCatalogue(part(1, 2, 'maps', { expiresS: 5000 }));
      expect(trust.judge(releaseOf(3, [1]), 1999)).toEqual({ kind: 'valid' });
      expect(trust.judge(releaseOf(3, [1]), 2000)).toEqual({ kind: 'unlisted' });
      expect(trust.judge(releaseOf(3, [1], { object: 'maps' }), 2000)).toEqual({ kind: 'valid' });
    });
  });

  it('count only if enough announce keys of the newest root signed', () => {
    const trust = trustFrom(rootOf({ numbers: [1, 2, 3], release: roleOf(1, 1), announce: roleOf(2, 2, 3) }));
    expect(trust.hearCatalogue(catalogueRecord(catalogueOf(3), 2))).toEqual({ kind: 'refused' });
    expect(trust.hearCatalogue(catalogueRecord(catalogueOf(3), 1, 2))).toEqual({ kind: 'refused' });
    expect(trust.hearCatalogue(catalogueRecord(catalogueOf(3, { fleet: 'other' }), 2, 3))).toEqual({ kind: 'refused' });
    expect(trust.hearCatalogue(catalogueRecord(catalogueOf(3, { rootVersion: 2 }), 2, 3))).toEqual({ kind: 'early' });
    expect(trust.hearCatalogue(catalogueRecord(catalogueOf(3), 2, 3))).toEqual({ kind: 'taken' });
  });

  it('of a replaced announce key count no more, nor do the versions and times that it named', () => {
    const trust = trustFrom(first);
    trust.hearCatalogue(catalogueRecord(catalogueOf(99, { createdS: 9e9, expiresS: 9e9 + 1 }), 2));
    expect(trust.judge(releaseOf(3, [1]), NOW_S)).toMatchObject({ kind: 'rootExpired' });
    const next = rootAfter(first, { keys: [1, 4].map((n) => testKey(n).raw), announce: roleOf(1, 4) });
    expect(trust.hearRoot(rootRecord(next, 1))).toBe('taken');
    expect(trust.judge(releaseOf(3, [1]), NOW_S)).toEqual({ kind: 'unlisted' });
    trust.hearCatalogue(catalogueRecord(catalogueOf(3, { rootVersion: 2 }), 4));
    expect(trust.judge(releaseOf(3, [1]), NOW_S)).toEqual({ kind: 'valid' });
  });

  it('that have expired are accepted where the owner says so', () => {
    const trust = trustFrom(first, { acceptExpired: true });
    trust.hearCatalogue(catalogueRecord(catalogueOf(3), 2));
    expect(trust.judge(releaseOf(3, [1], { expiresS: 1 }), 5000)).toEqual({ kind: 'valid' });
  });
});

describe('the time of a device without a clock', () => {
  it('is the highest of the build, the clock, and what verified records say, also those of earlier runs', () => {
    const trust = trustFrom({ ...first, createdS: 1200, expiresS: 9000 });
    expect(trust.nowS(0)).toBe(1200);
    trust.hearRelease(releaseOf(3, [2], { createdS: 8000 }), 0);
    expect(trust.nowS(0)).toBe(1200);
    trust.hearRelease(releaseOf(3, [1], { createdS: 1300 }), 0);
    expect(trust.nowS(0)).toBe(1300);
    trust.hearCatalogue(catalogueRecord(catalogueOf(3, { createdS: 1400 }), 2));
    expect(trust.nowS(0)).toBe(1400);
    expect(trust.nowS(1450)).toBe(1450);
    expect(trustFrom(first, { times: trust.times }).nowS(0)).toBe(1400);
  });
});
