import { LayercastError } from '../../base/errors.js';
import { DURATION, parseWithin, rangeOf } from '../../base/units.js';
import {
  changedFile,
  firstMembers,
  type Members,
  withKey,
  withKeyReplaced,
  withoutKey,
  withThreshold,
} from '../../trust/root-changes.js';
import { missingSignatures, signNewest, strangersAmong } from '../../trust/root-signing.js';
import type { RootFile } from '../../trust/root-text.js';
import { keyIdOf } from '../../wire/public-key.js';
import { ROLES, type RoleName } from '../../wire/root.js';
import { rootFields, rootLines } from '../display/root-text.js';
import { readPrivateKeys, readRawPublicKey, readRootFile, writeRootFile } from './root-file.js';

export interface RootFlags {
  readonly root: string;
  readonly key?: readonly string[];
  readonly role?: string;
  readonly threshold?: string;
  readonly expires?: string;
  readonly fleet?: string;
  readonly json?: boolean;
}

/** How long a root is valid unless its maker says otherwise: long enough to be renewed once a year. */
const DEFAULT_LIFE = '400d';
const LIFE = { quantity: DURATION, min: 60e6, max: 36_500 * 86_400e6 };

/** `layercast root show` */
export async function showRoot(flags: RootFlags): Promise<void> {
  print(flags, await readRootFile(flags.root));
}

/** `layercast root add`: begins a root, or gives a key roles in the next version. Without a key it only changes thresholds. */
export async function addToRoot(keyPath: string | undefined, flags: RootFlags): Promise<void> {
  const file = await readRootFile(flags.root, true);
  const before = membersOf(file);
  if (before === undefined && (keyPath === undefined || flags.fleet === undefined)) {
    throw usage(
      `${flags.root} is a new root: it needs a key and the name of its fleet`,
      'Add KEY.pub and --fleet NAME',
    );
  }
  const key = keyPath === undefined ? undefined : await readRawPublicKey(keyPath);
  const roles = rolesFrom(flags.role);
  if (before !== undefined && roles === undefined) {
    throw usage('unclear which role to change', `Add --role ${ROLES.join(', --role ')}, or several with commas`);
  }
  const added = before === undefined ? firstMembers(key!) : key === undefined ? before : withKey(before, key, roles!);
  // The first key of a root has both roles that a root needs; `--role root` gives it the third.
  const members = before === undefined && roles?.includes('root') ? withKey(added, key!, ['root']) : added;
  await change(file, thresholdFrom(members, roles ?? ['release', 'announce'], flags.threshold), flags);
}

/** `layercast root remove` */
export async function removeFromRoot(key: string, flags: RootFlags): Promise<void> {
  const file = await readRootFile(flags.root);
  const roles = rolesFrom(flags.role) ?? ROLES;
  const members = membersOf(file)!;
  const lowered =
    flags.threshold === undefined ? members : thresholdFrom(members, rolesFrom(flags.role) ?? [], flags.threshold);
  await change(file, withoutKey(lowered, await keyIdFrom(key), roles), flags);
}

/** `layercast root rotate`: puts a new key in the place of an old one; without keys it only renews the dates. */
export async function rotateRoot(
  oldKey: string | undefined,
  newKey: string | undefined,
  flags: RootFlags,
): Promise<void> {
  const file = await readRootFile(flags.root);
  const members = membersOf(file)!;
  if (oldKey === undefined) return await change(file, members, flags);
  if (newKey === undefined)
    throw usage('unclear which key comes in its place', 'Name the old key and the file of the new one');
  const replaced = withKeyReplaced(members, await keyIdFrom(oldKey), await readRawPublicKey(newKey));
  await change(file, replaced, flags);
}

/** `layercast root sign`: adds signatures to the newest version. */
export async function signRoot(flags: RootFlags): Promise<void> {
  await signAndWrite(await readRootFile(flags.root), flags);
}

async function change(file: RootFile, members: Members, flags: RootFlags): Promise<void> {
  const createdS = Math.floor(Date.now() / 1000);
  const lifeUs = parseWithin(LIFE, flags.expires ?? DEFAULT_LIFE);
  if (lifeUs === undefined) throw usage(`--expires: not usable, found "${flags.expires}"`, `allowed: ${rangeOf(LIFE)}`);
  const life = { createdS, expiresS: createdS + Math.ceil(lifeUs / 1e6) };
  await signAndWrite(changedFile(file, flags.fleet ?? '', members, life), flags);
}

async function signAndWrite(file: RootFile, flags: RootFlags): Promise<void> {
  const keys = await readPrivateKeys(flags.key ?? []);
  const signed = signNewest(file, keys);
  await writeRootFile(flags.root, signed);
  for (const keyId of strangersAmong(file, keys)) {
    const what = 'its signature counts only for receivers that trust this key itself';
    process.stderr.write(`layercast: key ${keyId} has no role in signing this root; ${what}\n`);
  }
  print(flags, signed);
}

/** The members of the newest version, draft or not; undefined for a new file. */
function membersOf({ versions, draft }: RootFile): Members | undefined {
  const root = (draft ?? versions.at(-1))?.root;
  return root && { keys: root.keys, root: root.root, release: root.release, announce: root.announce };
}

function rolesFrom(text: string | undefined): readonly RoleName[] | undefined {
  return text?.split(',').map((word) => {
    const role = ROLES.find((one) => one === word.trim());
    if (role === undefined)
      throw usage(`--role: not a role, found "${word}"`, `allowed: ${ROLES.join(', ')}, several with commas`);
    return role;
  });
}

function thresholdFrom(members: Members, roles: readonly RoleName[], text: string | undefined): Members {
  if (text === undefined) return members;
  const threshold = /^[1-9]\d?$/.test(text) ? Number(text) : undefined;
  if (threshold === undefined)
    throw usage(`--threshold: not usable, found "${text}"`, 'allowed: a whole number from 1');
  if (roles.length === 0) throw usage('unclear whose threshold to change', 'Add --role');
  return withThreshold(members, roles, threshold);
}

/** The id of a key that is named by itself or by a file. */
async function keyIdFrom(key: string): Promise<string> {
  return /^[0-9a-f]{16}$/.test(key) ? key : keyIdOf(await readRawPublicKey(key));
}

function print({ root: path, json }: RootFlags, file: RootFile): void {
  const missing = missingSignatures(file);
  const lines = json ? [JSON.stringify(rootFields(path, file, missing))] : rootLines(path, file, missing);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function usage(message: string, hint: string): LayercastError {
  return new LayercastError('USAGE', message, { hint });
}
