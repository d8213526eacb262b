import { LayercastError } from '../base/errors.js';
import { keyIdOf } from '../wire/public-key.js';
import { MAX_ROOT_KEYS, originAfter, packRoot, ROLES, type Role, type RoleName, type Root } from '../wire/root.js';
import { RecordKind } from '../wire/signature.js';
import type { RootFile, RootVersion } from './root-text.js';

/** The keys and roles of a root without its version and dates. */
export type Members = Pick<Root, 'keys' | 'root' | 'release' | 'announce'>;

/** When a root is made, and for how long it is valid. */
export interface Life {
  readonly createdS: number;
  readonly expiresS: number;
}

/** The root of a fleet that has none yet: this key releases and announces. */
export function firstMembers(key: Uint8Array): Members {
  const role = { keyIds: [keyIdOf(key)], threshold: 1 };
  return { keys: [key], root: undefined, release: role, announce: role };
}

/** @throws {LayercastError} `USAGE` when a role has the key already, or the root has too many keys. */
export function withKey(members: Members, key: Uint8Array, roles: readonly RoleName[]): Members {
  const keyId = keyIdOf(key);
  const changed = roles.map((name) => {
    const role = members[name];
    if (role?.keyIds.includes(keyId)) throw usage(`key ${keyId} has the role ${name} already`);
    return [name, { threshold: role?.threshold ?? 1, keyIds: [...(role?.keyIds ?? []), keyId] }] as const;
  });
  const isKnown = members.keys.some((one) => keyIdOf(one) === keyId);
  const keys = isKnown ? members.keys : [...members.keys, key];
  if (keys.length > MAX_ROOT_KEYS) throw usage(`a root has at most ${MAX_ROOT_KEYS} keys`);
  return { ...members, keys, ...Object.fromEntries(changed) };
}

/** @throws {LayercastError} `USAGE` when no role has the key, or when a role would lack keys. */
export function withoutKey(members: Members, keyId: string, roles: readonly RoleName[]): Members {
  const having = roles.filter((name) => members[name]?.keyIds.includes(keyId));
  if (having.length === 0) throw usage(`key ${keyId} has none of the roles ${roles.join(', ')}`);
  const changed = having.map((name) => {
    const { threshold, keyIds } = members[name]!;
    const left = keyIds.filter((one) => one !== keyId);
    // The role `root` may go: the release keys sign roots then.
    if (left.length === 0 && name === 'root') return [name, undefined] as const;
    if (left.length < threshold) {
      throw usage(`the role ${name} would have ${left.length} of the ${threshold} keys that have to sign`, {
        hint: 'Add another key first, replace this one with: layercast root rotate, or lower the threshold',
      });
    }
    return [name, { threshold, keyIds: left }] as const;
  });
  return used({ ...members, ...Object.fromEntries(changed) });
}

/** Puts a key into all roles of another one. @throws {LayercastError} `USAGE` when no role has the old key, or one has the new one. */
export function withKeyReplaced(members: Members, oldKeyId: string, key: Uint8Array): Members {
  const roles = ROLES.filter((name) => members[name]?.keyIds.includes(oldKeyId));
  if (roles.length === 0) throw usage(`no role has the key ${oldKeyId}`);
  const added = withKey(members, key, roles);
  return withoutKey(added, oldKeyId, roles);
}

/** @throws {LayercastError} `USAGE` when a role has fewer keys. */
export function withThreshold(members: Members, roles: readonly RoleName[], threshold: number): Members {
  const changed = roles.map((name) => {
    const role = members[name];
    const count = role?.keyIds.length ?? 0;
    if (threshold > count) throw usage(`the role ${name} has ${count} keys, so ${threshold} cannot sign`);
    return [name, { ...(role as Role), threshold }] as const;
  });
  return { ...members, ...Object.fromEntries(changed) };
}

/**
 * The root file with changed members and no signature under them yet. The next version begins after a version that enough keys signed;
 * until then, changes go to the same version.
 *
 * @param fleet for a file without any version or draft
 */
export function changedFile(file: RootFile, fleet: string, members: Members, life: Life): RootFile {
  const last = file.versions.at(-1);
  const root: Root = {
    ...members,
    ...life,
    fleet: (last ?? file.draft)?.root.fleet ?? fleet,
    version: (last?.root.version ?? 0) + 1,
    origin: last === undefined ? undefined : originAfter(last.root, last.record.body),
  };
  const draft: RootVersion = { root, record: { kind: RecordKind.root, signatures: [], body: packRoot(root) } };
  return { ...file, draft };
}

/** Drops keys that no role has any more. */
function used(members: Members): Members {
  const ids = new Set(ROLES.flatMap((name) => members[name]?.keyIds ?? []));
  return { ...members, keys: members.keys.filter((key) => ids.has(keyIdOf(key))) };
}

function usage(message: string, options: { readonly hint?: string } = {}): LayercastError {
  return new LayercastError('USAGE', message, options);
}
