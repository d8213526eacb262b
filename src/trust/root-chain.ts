import { keyIdOf } from '../wire/public-key.js';
import { originAfter, type Root, signingRole, unpackRoot } from '../wire/root.js';
import { RecordKind } from '../wire/signature.js';
import type { SignedRecord } from '../wire/signed-record.js';
import type { Anchor, RetiredKey } from './anchor.js';
import { isSignedByRole, type KeyRing, keyRing } from './quorum.js';

/** What became of a root that was heard. */
export type RootOutcome =
  /** The root is the newest one now. */
  | 'taken'
  /** The root is not newer than the newest one. */
  | 'known'
  /** A root before it is missing. The carousel repeats both. */
  | 'early'
  /** The record is no root of this fleet, or too few keys signed it. */
  | 'refused';

/** Retired keys that are remembered, to say why a record is refused. A fleet that replaces two keys a month fills them in 2.6 years. */
const MAX_RETIRED = 64;

/**
 * The newest root that follows from an anchor (TUF, section 5.3). Each root is signed by enough keys of the one before and by enough of its own.
 * When a root expires does not matter here: of all roots only the newest has to be valid.
 */
export class RootChain {
  #root: Root;
  #body: Uint8Array;
  #record: SignedRecord | undefined;
  #retired: readonly RetiredKey[] = [];
  #ring: KeyRing;

  constructor({ root, body, retired = [] }: Anchor) {
    this.#root = root;
    this.#body = body;
    this.#retired = retired;
    this.#ring = ringOf(root, retired);
  }

  /** The newest root. */
  get root(): Root {
    return this.#root;
  }

  /** The record of the newest root; undefined while it is the anchor's. */
  get record(): SignedRecord | undefined {
    return this.#record;
  }

  /** The keys of the newest root, and those that earlier roots had: the signatures of the latter are verified to name their keys. */
  get ring(): KeyRing {
    return this.#ring;
  }

  /** Keys that lost a role, the oldest first. */
  get retired(): readonly RetiredKey[] {
    return this.#retired;
  }

  add(record: SignedRecord): RootOutcome {
    const next = record.kind === RecordKind.root ? unpackRoot(record.body) : undefined;
    const { fleet, version } = this.#root;
    if (next === undefined || next.fleet !== fleet) return 'refused';
    if (next.version <= version) return 'known';
    if (next.version > version + 1) return 'early';
    if (!this.#isNext(next, record)) return 'refused';
    this.#take(next, record);
    return 'taken';
  }

  #isNext(next: Root, record: SignedRecord): boolean {
    const root = this.#root;
    const origin = root.version === 0 ? undefined : originAfter(root, this.#body);
    if (next.origin !== origin || !isSignedByRole(record, signingRole(root), this.#ring)) return false;
    return isSignedByRole(record, signingRole(next), keyRing(next.keys));
  }

  #take(next: Root, record: SignedRecord): void {
    const lost = retiredBy(this.#root, next);
    const kept = this.#retired.filter(({ role, keyId }) => !next[role].keyIds.includes(keyId));
    this.#retired = [...kept, ...lost].slice(-MAX_RETIRED);
    this.#root = next;
    this.#body = record.body;
    this.#record = record;
    this.#ring = ringOf(next, this.#retired);
  }
}

function ringOf(root: Root, retired: readonly RetiredKey[]): KeyRing {
  return keyRing([...root.keys, ...retired.map(({ raw }) => raw)]);
}

function retiredBy(before: Root, next: Root): readonly RetiredKey[] {
  const raws = new Map(before.keys.map((raw) => [keyIdOf(raw), raw]));
  return (['release', 'announce'] as const).flatMap((role) =>
    before[role].keyIds
      .filter((keyId) => !next[role].keyIds.includes(keyId))
      .map((keyId) => ({ role, keyId, raw: raws.get(keyId)!, rootVersion: next.version })),
  );
}
