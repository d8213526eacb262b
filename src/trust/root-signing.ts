import type { KeyObject } from 'node:crypto';
import { keyIdOf } from '../wire/public-key.js';
import { type Role, signingRole } from '../wire/root.js';
import { MAX_SIGNATURES } from '../wire/signature.js';
import { signBody, withSignature } from '../wire/signed-record.js';
import { type RootFile, type RootVersion, readRootText, rootText } from './root-text.js';

/** Signatures that a draft lacks. */
export interface Missing {
  /** The version whose keys have to sign. */
  readonly version: number;
  readonly count: number;
  /** Keys that have not signed yet. */
  readonly keyIds: readonly string[];
}

/**
 * Adds signatures to the draft of a root file, or to its newest version. A draft that enough keys signed becomes a version. Keys that have
 * no role in these roots may sign, too: so version 1 follows from the key that receivers had before.
 *
 * @throws {RangeError} when the record would have more than 16 signatures
 */
export function signNewest(file: RootFile, keys: readonly KeyObject[]): RootFile {
  const newest = file.draft ?? file.versions.at(-1);
  if (newest === undefined) return file;
  const { kind, body } = newest.record;
  const record = keys.reduce((signed, key) => withSignature(signed, signBody(kind, body, key)), newest.record);
  if (record.signatures.length > MAX_SIGNATURES) throw new RangeError('too many signatures');
  const before = file.draft === undefined ? file.versions.slice(0, -1) : file.versions;
  // Reading the text checks again what is signed by enough keys.
  return readRootText(rootText({ versions: before, draft: { ...newest, record } }), 'the root');
}

/** What the draft of a root file lacks to become valid; empty without a draft. */
export function missingSignatures({ versions, draft }: RootFile): readonly Missing[] {
  if (draft === undefined) return [];
  const before = versions.at(-1);
  const roots = before === undefined ? [draft.root] : [before.root, draft.root];
  return roots.map((root) => missingOf(signingRole(root), root.version, draft)).filter(({ count }) => count > 0);
}

function missingOf(role: Role, version: number, { record }: RootVersion): Missing {
  const signed = new Set(record.signatures.map(({ keyId }) => keyId));
  const keyIds = role.keyIds.filter((keyId) => !signed.has(keyId));
  return { version, count: Math.max(0, role.threshold - (role.keyIds.length - keyIds.length)), keyIds };
}

/** The keys among these that the newest version, or its draft, does not give a role in signing roots. */
export function strangersAmong(file: RootFile, keys: readonly KeyObject[]): readonly string[] {
  const roots = [file.versions.at(-1)?.root, file.draft?.root].filter((root) => root !== undefined);
  const known = new Set(roots.flatMap((root) => signingRole(root).keyIds));
  return keys.map(keyIdOf).filter((keyId) => !known.has(keyId));
}
