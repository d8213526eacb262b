import { unpackCatalogue } from '../wire/catalogue.js';
import type { Role, Root } from '../wire/root.js';
import { RecordKind } from '../wire/signature.js';
import type { SignedRecord } from '../wire/signed-record.js';
import type { Anchor, RetiredKey } from './anchor.js';
import { type CatalogueOutcome, Catalogues } from './catalogues.js';
import { KnownTime, type Times } from './known-time.js';
import { countOf, isQuorum, type KeyRing, type Signers, signersOf } from './quorum.js';
import { RootChain, type RootOutcome } from './root-chain.js';

export interface TrustOptions {
  readonly anchor: Anchor;
  /** When this program was built, in seconds since 1970: no device's time is earlier. */
  readonly builtS: number;
  /** What an earlier run learned of the time. */
  readonly times?: Times | undefined;
  /** Of which objects the entries of catalogues are kept. */
  readonly isWanted: (object: string) => boolean;
  /** Takes records though their date, or that of their root or catalogue, has passed. */
  readonly acceptExpired: boolean;
}

/** A descriptor with what decides about it. */
export interface SignedRelease {
  readonly object: string;
  readonly version: number;
  readonly createdS: number;
  readonly expiresS: number | undefined;
  /** As `descriptorDigest` computes it. */
  readonly digest: Uint8Array;
  /** The keys that signed; undefined if a signature is wrong. */
  readonly signers: Signers | undefined;
}

/** Whether a descriptor counts, and if not, why. */
export type Verdict =
  | { readonly kind: 'valid' }
  /** No key of the fleet signed. */
  | { readonly kind: 'foreign' }
  /** Some keys of the role signed, but not enough. */
  | { readonly kind: 'tooFew'; readonly count: number; readonly threshold: number; readonly rootVersion: number }
  /** Signed by a key that a root has removed from the role, and by too few others. */
  | { readonly kind: 'retired'; readonly keyId: string; readonly rootVersion: number }
  | { readonly kind: 'rootExpired'; readonly rootVersion: number; readonly expiresS: number }
  | { readonly kind: 'expired'; readonly expiresS: number }
  | { readonly kind: 'catalogueExpired'; readonly expiresS: number }
  /** A catalogue names a newer version. */
  | { readonly kind: 'superseded'; readonly version: number }
  /** The catalogue names another descriptor of this version. */
  | { readonly kind: 'other' }
  /** No catalogue that was heard yet names this version. */
  | { readonly kind: 'unlisted' };

export type HeardCatalogue =
  | CatalogueOutcome
  /** Its signers know a newer root than this host. */
  | { readonly kind: 'early' }
  | { readonly kind: 'refused' };

/** All that decides whose records count, and until when. It verifies signatures; time comes in as an argument. */
export class Trust {
  readonly #chain: RootChain;
  readonly #catalogues: Catalogues;
  readonly #time: KnownTime;
  readonly #acceptExpired: boolean;

  constructor({ anchor, builtS, times, isWanted, acceptExpired }: TrustOptions) {
    this.#chain = new RootChain(anchor);
    this.#catalogues = new Catalogues(isWanted);
    this.#time = new KnownTime(builtS, times);
    this.#time.learn('root', anchor.root.createdS);
    this.#acceptExpired = acceptExpired;
  }

  get root(): Root {
    return this.#chain.root;
  }

  /** The record of the newest root, for the next run; undefined while it is the anchor's. */
  get rootRecord(): SignedRecord | undefined {
    return this.#chain.record;
  }

  /** Keys that lost a role, the oldest first. */
  get retired(): readonly RetiredKey[] {
    return this.#chain.retired;
  }

  /** What verified records say of the time, for the next run. */
  get times(): Times {
    return this.#time.times;
  }

  /** Keys whose signatures are verified. */
  get ring(): KeyRing {
    return this.#chain.ring;
  }

  /** The time, given what the clock says. */
  nowS(wallS: number): number {
    return this.#time.nowS(wallS);
  }

  hearRoot(record: SignedRecord): RootOutcome {
    const before = this.root;
    const outcome = this.#chain.add(record);
    if (outcome !== 'taken') return outcome;
    const { release, announce, createdS } = this.root;
    const isAnnounceChanged = !hasSameKeys(before.announce, announce);
    if (isAnnounceChanged) this.#time.forget('announce');
    if (!hasSameKeys(before.release, release)) this.#time.forget('release');
    this.#catalogues.keepSignedBy(announce, isAnnounceChanged);
    this.#time.learn('root', createdS);
    return outcome;
  }

  hearCatalogue(record: SignedRecord): HeardCatalogue {
    const catalogue = record.kind === RecordKind.catalogue ? unpackCatalogue(record.body) : undefined;
    const { fleet, version, announce } = this.root;
    if (catalogue === undefined || catalogue.fleet !== fleet) return { kind: 'refused' };
    if (catalogue.rootVersion > version) return { kind: 'early' };
    const signers = signersOf(record, this.ring);
    if (signers === undefined || !isQuorum(announce, signers)) return { kind: 'refused' };
    const counted = new Set(announce.keyIds.filter((keyId) => signers.has(keyId)));
    const outcome = this.#catalogues.take(catalogue, counted);
    if (outcome.kind === 'taken') this.#time.learn('announce', catalogue.createdS);
    return outcome;
  }

  /** Takes a descriptor that was heard: if enough keys signed it, it says what time it is at least. */
  hearRelease(release: SignedRelease, wallS: number): Verdict {
    if (this.#refusalOfSigners(release.signers) === undefined) this.#time.learn('release', release.createdS);
    return this.judge(release, wallS);
  }

  /** Judges a descriptor as of now. The same descriptor can get another verdict after any root, catalogue or change of the clock. */
  judge(release: SignedRelease, wallS: number): Verdict {
    const refusal = this.#refusalOfSigners(release.signers);
    if (refusal !== undefined) return refusal;
    const nowS = this.#acceptExpired ? 0 : this.nowS(wallS);
    const { version: rootVersion, expiresS } = this.root;
    if (expiresS <= nowS) return { kind: 'rootExpired', rootVersion, expiresS };
    if (release.expiresS !== undefined && release.expiresS <= nowS)
      return { kind: 'expired', expiresS: release.expiresS };
    // A bare key stands for a fleet without catalogues.
    return rootVersion === 0 ? { kind: 'valid' } : this.#verdictOfCatalogues(release, nowS);
  }

  #refusalOfSigners(signers: Signers | undefined): Verdict | undefined {
    const { release, version } = this.root;
    if (signers === undefined) return { kind: 'foreign' };
    if (isQuorum(release, signers)) return undefined;
    const retired = this.#chain.retired.findLast(({ role, keyId }) => role === 'release' && signers.has(keyId));
    if (retired !== undefined) return { kind: 'retired', keyId: retired.keyId, rootVersion: retired.rootVersion };
    const count = countOf(release, signers);
    if (count === 0) return { kind: 'foreign' };
    return { kind: 'tooFew', count, threshold: release.threshold, rootVersion: version };
  }

  #verdictOfCatalogues({ object, version, digest }: SignedRelease, nowS: number): Verdict {
    const listing = this.#catalogues.listingOf(object, version, digest, nowS);
    if (listing.kind === 'listed') return { kind: 'valid' };
    if (listing.kind === 'expired') return { kind: 'catalogueExpired', expiresS: listing.expiresS };
    return listing;
  }
}

function hasSameKeys(one: Role, other: Role): boolean {
  return `${[...one.keyIds].sort()}` === `${[...other.keyIds].sort()}`;
}
