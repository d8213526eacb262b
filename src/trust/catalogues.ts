import { deleteOldest } from '../base/delete-oldest.js';
import type { Catalogue } from '../wire/catalogue.js';
import type { Role } from '../wire/root.js';
import { isQuorum, type Signers } from './quorum.js';

/** What became of a catalogue that was heard. */
export type CatalogueOutcome =
  | { readonly kind: 'taken' }
  /** This part is known, or its signers have signed a newer catalogue. */
  | { readonly kind: 'known' }
  /** The catalogue names an older version of an object than another one did before. */
  | { readonly kind: 'rollback'; readonly object: string; readonly version: number; readonly knownVersion: number };

/** What the catalogues say about one version of an object. */
export type Listing =
  /** A valid catalogue names exactly this descriptor. */
  | { readonly kind: 'listed' }
  /** A catalogue names a newer version. */
  | { readonly kind: 'superseded'; readonly version: number }
  /** Valid catalogues name another descriptor of this version. */
  | { readonly kind: 'other' }
  /** All catalogues that were heard have expired, the last one at this time. */
  | { readonly kind: 'expired'; readonly expiresS: number }
  /** No catalogue names this version yet. */
  | { readonly kind: 'unlisted' };

/** Servers whose newest catalogue is kept: as many as a fleet has, each with one set of keys. */
const MAX_ISSUERS = 256;
/** Objects whose newest version is remembered, as many as descriptors are kept (src/receiver/watch/newest-descriptors.ts). */
const MAX_OBJECTS = 10_000;

/** What a catalogue says of one object. */
interface Entry {
  readonly version: number;
  readonly digest: Uint8Array;
  readonly expiresS: number;
}

interface Issued {
  readonly signers: Signers;
  readonly catalogue: Catalogue;
  readonly parts: Set<number>;
  /** By name: only the objects that the receiver wants. */
  readonly entries: Map<string, Entry>;
  /** What the server's catalogue before said; empty as soon as all parts of this one were heard. */
  readonly former: Map<string, Entry>;
}

/**
 * The newest catalogue of each server. Servers that sign catalogues do not talk to each other, so each of them counts for itself: a
 * descriptor is current if any valid catalogue names it and none has ever named a newer version. The parts of a new catalogue come one after the
 * other; what the one before says of an object counts until then, so that no object seems to be gone meanwhile.
 */
export class Catalogues {
  readonly #isWanted: (object: string) => boolean;
  /** By the server and the ids of the keys that signed. */
  readonly #issued = new Map<string, Issued>();
  readonly #newestVersions = new Map<string, number>();

  /** @param isWanted of which objects the entries are kept. */
  constructor(isWanted: (object: string) => boolean) {
    this.#isWanted = isWanted;
  }

  /** Takes a part of a catalogue that enough keys signed. Whether it has expired does not matter before `listingOf`. */
  take(catalogue: Catalogue, signers: Signers): CatalogueOutcome {
    const issuer = [catalogue.serverIndex, ...[...signers].sort()].join(' ');
    const before = this.#issued.get(issuer);
    const isSame = before?.catalogue.version === catalogue.version;
    if (before !== undefined && (before.catalogue.version > catalogue.version || isSame)) {
      if (!isSame || before.parts.has(catalogue.part)) return { kind: 'known' };
    }
    const wanted = catalogue.entries.filter(({ object }) => this.#isWanted(object));
    for (const { object, version } of wanted) {
      const knownVersion = this.#newestVersions.get(object) ?? 0;
      if (version < knownVersion) return { kind: 'rollback', object, version, knownVersion };
    }
    const issued: Issued = isSame ? before! : begun(catalogue, signers, before);
    issued.parts.add(catalogue.part);
    if (issued.parts.size >= issued.catalogue.partCount) issued.former.clear();
    this.#issued.delete(issuer);
    if (this.#issued.size >= MAX_ISSUERS) deleteOldest(this.#issued);
    this.#issued.set(issuer, issued);
    for (const { object, version, digest } of wanted) {
      if (issued.entries.size < MAX_OBJECTS)
        issued.entries.set(object, { version, digest, expiresS: catalogue.expiresS });
      this.#remember(object, version);
    }
    return { kind: 'taken' };
  }

  listingOf(object: string, version: number, digest: Uint8Array, nowS: number): Listing {
    const newest = this.#newestVersions.get(object) ?? 0;
    if (version < newest) return { kind: 'superseded', version: newest };
    const all = [...this.#issued.values()];
    const named = all
      .flatMap(({ entries, former }) => entries.get(object) ?? former.get(object) ?? [])
      .filter((entry) => entry.version === version && entry.expiresS > nowS);
    if (named.some((entry) => Buffer.compare(entry.digest, digest) === 0)) return { kind: 'listed' };
    if (named.length > 0) return { kind: 'other' };
    const isAnyValid = all.some(({ catalogue }) => catalogue.expiresS > nowS);
    if (isAnyValid || all.length === 0) return { kind: 'unlisted' };
    return { kind: 'expired', expiresS: Math.max(...all.map(({ catalogue }) => catalogue.expiresS)) };
  }

  /** Keeps only catalogues that enough keys of this role signed. @param isChanged whether the role has other keys than before */
  keepSignedBy(role: Role, isChanged: boolean): void {
    for (const [issuer, { signers }] of this.#issued) if (!isQuorum(role, signers)) this.#issued.delete(issuer);
    // A replaced key may have named versions that never were, to keep receivers from the real ones (TUF, section 5.3.11).
    if (isChanged) this.#newestVersions.clear();
    for (const { entries, former } of this.#issued.values()) {
      for (const [object, { version }] of [...former, ...entries]) this.#remember(object, version);
    }
  }

  #remember(object: string, version: number): void {
    const known = this.#newestVersions.get(object);
    if (known === undefined && this.#newestVersions.size >= MAX_OBJECTS) {
      deleteOldest(this.#newestVersions);
    }
    this.#newestVersions.set(object, Math.max(known ?? 0, version));
  }
}

function begun(catalogue: Catalogue, signers: Signers, before: Issued | undefined): Issued {
  const former = new Map(before?.entries);
  for (const [object, entry] of before?.former ?? []) {
    if (former.size < MAX_OBJECTS && !former.has(object)) former.set(object, entry);
  }
  return { signers, catalogue, parts: new Set(), entries: new Map(), former };
}
