import { createHash } from 'node:crypto';
import { MAX_NAME_BYTES } from '../base/limits.js';
import {
  type FieldMap,
  packMap,
  readBinary,
  readList,
  readMap,
  readName,
  readOptional,
  readWhole,
  Unreadable,
} from './map-fields.js';
import { keyIdOf, PUBLIC_KEY_BYTES } from './public-key.js';

/** The tasks for which a fleet has keys, as The Update Framework has them (TUF, section 2.1). */
export const ROLES = ['root', 'release', 'announce'] as const;
export type RoleName = (typeof ROLES)[number];

/** The keys of one role, and how many of them have to sign. */
export interface Role {
  /** Distinct; each is the id of a key of the root. */
  readonly keyIds: readonly string[];
  /** From 1 to the number of keys. */
  readonly threshold: number;
}

/** Whose signatures count in a fleet. Each change makes the next version. */
export interface Root {
  readonly fleet: string;
  /** Counts from 1, without gaps. */
  readonly version: number;
  /** When this version was made, in seconds since 1970. */
  readonly createdS: number;
  /** When it expires, in seconds since 1970; `NEVER_S` for the root that a bare public key stands for. */
  readonly expiresS: number;
  /** The first 8 bytes of the SHA-256 of version 1, in hex: tells two fleets of one name apart. Undefined in version 1. */
  readonly origin: string | undefined;
  /** Raw Ed25519 public keys, all different. */
  readonly keys: readonly Uint8Array[];
  /** Signs the next root; undefined where the release keys do that, too. */
  readonly root: Role | undefined;
  /** Signs descriptors. */
  readonly release: Role;
  /** Signs catalogues. */
  readonly announce: Role;
}

/** Later than every date of a record. */
export const NEVER_S = 2 ** 48;

/** Versions of roots: one a second would last 136 years. */
export const MAX_ROOT_VERSION = 2 ** 32 - 1;

/** Most keys of a root, over all roles. */
export const MAX_ROOT_KEYS = 32;

const MAX_TIME_S = NEVER_S - 1;
const ORIGIN_BYTES = 8;

/** The longest body, with 32 keys in all three roles, has 1,309 bytes. */
export const MAX_ROOT_BODY_BYTES = 2048;

/** The role that signs the next version of a root. */
export function signingRole({ root, release }: Root): Role {
  return root ?? release;
}

/** The origin that the next version of a root has to name. @param body the signed bytes of `root` */
export function originAfter(root: Root, body: Uint8Array): string {
  return (
    root.origin ??
    createHash('sha256')
      .update(body)
      .digest('hex')
      .slice(0, 2 * ORIGIN_BYTES)
  );
}

/** The MessagePack bytes of a root (docs/wire-format.md). */
export function packRoot(root: Root): Uint8Array {
  const indexes = new Map(root.keys.map((key, index) => [keyIdOf(key), index]));
  const packRole = ({ threshold, keyIds }: Role) => [threshold, keyIds.map((id) => indexes.get(id))];
  return packMap({
    f: root.fleet,
    v: root.version,
    a: root.createdS,
    x: root.expiresS,
    ...(root.origin === undefined ? {} : { g: Buffer.from(root.origin, 'hex') }),
    k: root.keys,
    ...(root.root === undefined ? {} : { q: packRole(root.root) }),
    r: packRole(root.release),
    n: packRole(root.announce),
  });
}

/** Reads a root that `packRoot` wrote. The input may be anything: undefined if it is no root. */
export function unpackRoot(bytes: Uint8Array): Root | undefined {
  return readMap(bytes, MAX_ROOT_BODY_BYTES, readRoot);
}

function readRoot(map: FieldMap): Root {
  const version = readWhole(map.v, 1, MAX_ROOT_VERSION);
  const origin = readOptional(map.g, (value) => Buffer.from(readBinary(value, ORIGIN_BYTES)).toString('hex'));
  if ((version === 1) !== (origin === undefined)) throw new Unreadable();
  const keys = readList(map.k, 1, MAX_ROOT_KEYS).map((key) => readBinary(key, PUBLIC_KEY_BYTES));
  const ids = keys.map(keyIdOf);
  if (new Set(ids).size !== ids.length) throw new Unreadable();
  return {
    fleet: readName(map.f, MAX_NAME_BYTES),
    version,
    createdS: readWhole(map.a, 0, MAX_TIME_S),
    expiresS: readWhole(map.x, 0, MAX_TIME_S),
    origin,
    keys,
    root: readOptional(map.q, (role) => readRole(role, ids)),
    release: readRole(map.r, ids),
    announce: readRole(map.n, ids),
  };
}

function readRole(value: unknown, ids: readonly string[]): Role {
  const [threshold, members] = readList(value, 2, 255);
  const indexes = readList(members, 1, MAX_ROOT_KEYS).map((index) => readWhole(index, 0, ids.length - 1));
  if (new Set(indexes).size !== indexes.length) throw new Unreadable();
  return { threshold: readWhole(threshold, 1, indexes.length), keyIds: indexes.map((index) => ids[index]!) };
}
