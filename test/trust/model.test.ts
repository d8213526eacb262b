import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchorOfRoot } from '../../dist/trust/anchor.js';
import { Trust, type Verdict } from '../../dist/trust/trust.js';
import type { Catalogue } from '../../dist/wire/catalogue.js';
import type { Role, Root } from '../../dist/wire/root.js';
import { roleOf, rootOf, testKey } from '../wire/trust-samples.js';
import { catalogueOf, catalogueRecord, digestOf, releaseOf, rootAfter, rootRecord } from './signing.js';

/*
 * The rules of The Update Framework (sections 5.3 to 5.6) as sets and lists, written without regard to bytes, signatures and cost. Records are
 * drawn at random, and the model and the program have to say the same about each.
 */

const KEYS = [1, 2, 3, 4, 5];

interface Heard {
  readonly catalogue: Catalogue;
  readonly signers: readonly number[];
}

class Model {
  root: Root;
  everReleased = new Set<number>();
  heard: Heard[] = [];
  newestVersion = 0;
  floors: { root: number; release: number; announce: number };

  constructor(root: Root) {
    this.root = root;
    this.floors = { root: root.createdS, release: 0, announce: 0 };
  }

  hearRoot(next: Root, signers: readonly number[]): string {
    if (next.version <= this.root.version) return 'known';
    if (next.version > this.root.version + 1) return 'early';
    if (!enough(this.root.root ?? this.root.release, signers)) return 'refused';
    if (!enough(next.root ?? next.release, signers)) return 'refused';
    for (const key of members(this.root.release)) this.everReleased.add(key);
    this.heard = this.newestOfEach().filter(({ signers: some }) => enough(next.announce, some));
    if (`${members(next.announce)}` !== `${members(this.root.announce)}`) {
      this.floors.announce = 0;
      this.newestVersion = newestIn(this.heard);
    }
    if (`${members(next.release)}` !== `${members(this.root.release)}`) this.floors.release = 0;
    this.root = next;
    this.floors.root = Math.max(this.floors.root, next.createdS);
    return 'taken';
  }

  hearCatalogue(catalogue: Catalogue, signers: readonly number[]): string {
    if (catalogue.rootVersion > this.root.version) return 'early';
    const counted = signers.filter((key) => members(this.root.announce).includes(key)).sort();
    if (!enough(this.root.announce, counted)) return 'refused';
    const bySame = this.heard.filter(
      (one) => `${one.signers}` === `${counted}` && one.catalogue.serverIndex === catalogue.serverIndex,
    );
    if (bySame.some((one) => one.catalogue.version >= catalogue.version)) return 'known';
    if (catalogue.entries.some(({ version }) => version < this.newestVersion)) return 'rollback';
    this.heard.push({ catalogue, signers: counted });
    this.newestVersion = Math.max(this.newestVersion, newestIn(this.heard));
    this.floors.announce = Math.max(this.floors.announce, catalogue.createdS);
    return 'taken';
  }

  judge(
    version: number,
    variant: string,
    signers: readonly number[],
    expiresS: number,
    createdS: number,
    wallS: number,
  ): Verdict['kind'] {
    const { release } = this.root;
    if (!enough(release, signers)) {
      const retired = signers.some((key) => this.everReleased.has(key) && !members(release).includes(key));
      if (retired) return 'retired';
      return signers.some((key) => members(release).includes(key)) ? 'tooFew' : 'foreign';
    }
    this.floors.release = Math.max(this.floors.release, createdS);
    const nowS = Math.max(wallS, this.floors.root, this.floors.release, this.floors.announce);
    if (this.root.expiresS <= nowS) return 'rootExpired';
    if (expiresS <= nowS) return 'expired';
    if (version < this.newestVersion) return 'superseded';
    const newestOfEach = this.newestOfEach();
    const valid = newestOfEach.filter(({ catalogue }) => catalogue.expiresS > nowS);
    const entries = valid.flatMap(({ catalogue }) => catalogue.entries).filter((entry) => entry.version === version);
    if (entries.some(({ digest }) => `${digest}` === `${digestOf(version, variant)}`)) return 'valid';
    if (entries.length > 0) return 'other';
    return valid.length > 0 || newestOfEach.length === 0 ? 'unlisted' : 'catalogueExpired';
  }

  newestOfEach(): Heard[] {
    return this.heard.filter(
      (one) =>
        !this.heard.some(
          (other) =>
            `${other.signers}` === `${one.signers}` &&
            other.catalogue.serverIndex === one.catalogue.serverIndex &&
            other.catalogue.version > one.catalogue.version,
        ),
    );
  }
}

function newestIn(heard: readonly Heard[]): number {
  return Math.max(0, ...heard.flatMap(({ catalogue }) => catalogue.entries.map(({ version }) => version)));
}

function members({ keyIds }: Role): readonly number[] {
  return KEYS.filter((key) => keyIds.includes(testKey(key).id));
}

function enough(role: Role, signers: readonly number[]): boolean {
  return new Set(signers.filter((key) => members(role).includes(key))).size >= role.threshold;
}

const someKeys = (minLength: number) => fc.subarray(KEYS, { minLength });
const role = fc.tuple(someKeys(1), fc.nat(2)).map(([keys, spare]) => roleOf(Math.max(1, keys.length - spare), ...keys));
const time = fc.integer({ min: 900, max: 1100 });
const dates = { createdS: time, expiresS: fc.oneof(time, fc.constant(5000), fc.constant(5000)) };

const rootStep = fc.record({
  what: fc.constant('root' as const),
  ahead: fc.constantFrom(0, 1, 1, 1, 1, 2),
  members: fc.record({ root: fc.option(role, { nil: undefined }), release: role, announce: role, ...dates }),
  signers: fc.oneof(fc.constant(KEYS), someKeys(0)),
});
const catalogueStep = fc.record({
  what: fc.constant('catalogue' as const),
  serverIndex: fc.nat(1),
  version: fc.integer({ min: 1, max: 5 }),
  lead: fc.constantFrom(0, 0, 0, 1),
  firmware: fc.option(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('', 'b'))),
  dates: fc.record(dates),
  signers: fc.oneof(fc.constant(KEYS), someKeys(0)),
});
const releaseStep = fc.record({
  what: fc.constant('release' as const),
  version: fc.integer({ min: 1, max: 3 }),
  variant: fc.constantFrom('', 'b'),
  dates: fc.record(dates),
  signers: fc.oneof(fc.constant(KEYS), someKeys(0)),
  wallS: time,
});

/** Has model and program judge random steps; the answers go to `seen`. */
const judged = (seen: Set<string>) =>
  fc.property(fc.array(fc.oneof(rootStep, catalogueStep, releaseStep), { maxLength: 30 }), (steps) => {
    const first = rootOf({ numbers: KEYS, createdS: 900, expiresS: 5000, announce: roleOf(2, 1, 2, 3) });
    const trust = new Trust({
      anchor: anchorOfRoot(rootRecord(first))!,
      builtS: 0,
      isWanted: () => true,
      acceptExpired: false,
    });
    const model = new Model(first);
    for (const step of steps) {
      let said: string;
      let expected: string;
      if (step.what === 'root') {
        const next = { ...rootAfter(model.root, step.members), version: model.root.version + step.ahead };
        const root = next.version === 1 ? { ...next, origin: undefined } : next;
        expected = model.hearRoot(root, step.signers);
        said = trust.hearRoot(rootRecord(root, ...step.signers));
      } else if (step.what === 'catalogue') {
        const { serverIndex, version, firmware, signers } = step;
        const entries =
          firmware === null ? [] : [{ object: 'firmware', version: firmware[0], digest: digestOf(...firmware) }];
        const rootVersion = model.root.version + step.lead;
        const catalogue = catalogueOf(1, { serverIndex, version, rootVersion, entries, ...step.dates });
        expected = model.hearCatalogue(catalogue, signers);
        said = trust.hearCatalogue(catalogueRecord(catalogue, ...signers)).kind;
      } else {
        const { version, variant, signers, wallS } = step;
        expected = model.judge(version, variant, signers, step.dates.expiresS, step.dates.createdS, wallS);
        said = trust.hearRelease(releaseOf(version, signers, { variant, ...step.dates }), wallS).kind;
      }
      seen.add(`${step.what} ${expected}`);
      expect(`${step.what} ${said}`).toBe(`${step.what} ${expected}`);
    }
  });

describe('whose records count', () => {
  it('is what the rules of TUF say, for any sequence of roots, catalogues, releases and clocks', () => {
    fc.assert(judged(new Set()), { numRuns: 75 });
  });

  it('is tried for every answer that there is', () => {
    const seen = new Set<string>();
    // With this seed, so that no run lacks a rare answer by chance.
    fc.assert(judged(seen), { seed: 1, numRuns: 75 });
    expect([...seen].sort()).toEqual([
      'catalogue early',
      'catalogue known',
      'catalogue refused',
      'catalogue rollback',
      'catalogue taken',
      'release catalogueExpired',
      'release expired',
      'release foreign',
      'release other',
      'release retired',
      'release rootExpired',
      'release superseded',
      'release tooFew',
      'release unlisted',
      'release valid',
      'root early',
      'root known',
      'root refused',
      'root taken',
    ]);
  });
});
