import type { KeyObject } from 'node:crypto';
import { keyIdOf, rawPublicKey } from '../wire/public-key.js';
import { NEVER_S, originAfter, type Root, unpackRoot } from '../wire/root.js';
import { RecordKind } from '../wire/signature.js';
import type { SignedRecord } from '../wire/signed-record.js';

/** What the owner of a receiver trusts from the beginning: a root, from which a chain leads to newer ones. Plain data. */
export interface Anchor {
  readonly root: Root;
  /** The signed bytes of the root; empty for the root that a bare key stands for. */
  readonly body: Uint8Array;
  /**
   * Names the anchor on disk: the id of a bare key, or the origin of a root, which stays the same in all versions. Versions that were
   * completed are remembered under this name.
   */
  readonly id: string;
  /** Keys that roots before this one had, to say why their records are refused. @default none */
  readonly retired?: readonly RetiredKey[];
}

/** A key that an earlier root had in a role, and the newest one has not. */
export interface RetiredKey {
  readonly role: 'release' | 'announce';
  readonly keyId: string;
  readonly raw: Uint8Array;
  /** The root that removed the key from the role. */
  readonly rootVersion: number;
}

/**
 * The root that a bare public key stands for: version 0, in which this key alone has all roles. It never expires, and no catalogue is
 * needed as long as no version 1 signed by this key is heard.
 */
export function anchorOfKey(fleet: string, key: KeyObject): Anchor {
  const raw = rawPublicKey(key);
  const keyId = keyIdOf(raw);
  const role = { keyIds: [keyId], threshold: 1 };
  const root: Root = {
    fleet,
    version: 0,
    createdS: 0,
    expiresS: NEVER_S,
    origin: undefined,
    keys: [raw],
    root: undefined,
    release: role,
    announce: role,
  };
  return { root, body: new Uint8Array(0), id: keyId };
}

/** The anchor that a root makes whose receiver trusts it as it is; undefined if the record holds no root. */
export function anchorOfRoot(record: SignedRecord): Anchor | undefined {
  const root = record.kind === RecordKind.root ? unpackRoot(record.body) : undefined;
  return root === undefined ? undefined : { root, body: record.body, id: originAfter(root, record.body) };
}
