import type { KeyObject } from 'node:crypto';
import { LayercastError } from '../../base/errors.js';
import { readKeyText } from '../../config/read-text.js';
import type { Fleet } from '../../fleet/fleet.js';
import { type RootVersion, readRootText } from '../../trust/root-text.js';
import { keyIdOf } from '../../wire/public-key.js';
import { privateKeyFrom } from '../../wire/signature.js';

/** The roots of a fleet at one of its servers. */
export interface FleetRoot {
  /** In ascending order, at least one; each was signed by enough keys. */
  readonly versions: readonly RootVersion[];
  /** Signs catalogues; undefined on a server that has no such key. */
  readonly announceKey: KeyObject | undefined;
}

/**
 * Reads the root and the announce key that a fleet file names; undefined if it names no root.
 *
 * @param keys keys that this server has: the first that may sign catalogues does, if the fleet file names no other key
 * @throws {LayercastError} `KEY_INVALID`, `FILE_NOT_FOUND`, `PERMISSION_DENIED`
 */
export async function readFleetRoot(
  { name, rootPath, announceKeyPath }: Pick<Fleet, 'name' | 'rootPath' | 'announceKeyPath'>,
  keys: readonly (KeyObject | undefined)[],
): Promise<FleetRoot | undefined> {
  if (rootPath === undefined) return undefined;
  const { versions } = readRootText(await readKeyText(rootPath), rootPath);
  const newest = versions.at(-1)?.root;
  if (newest === undefined) {
    throw new LayercastError('KEY_INVALID', `${rootPath} holds no root that enough of its keys signed`, {
      hint: `See what is missing with: layercast root show --root ${rootPath}`,
    });
  }
  if (newest.fleet !== name) {
    throw new LayercastError('KEY_INVALID', `${rootPath} is the root of fleet ${newest.fleet}, not of ${name}`, {
      hint: 'Correct "root" or "fleet" in the fleet file',
    });
  }
  if (announceKeyPath !== undefined) {
    return { versions, announceKey: privateKeyFrom(await readKeyText(announceKeyPath), announceKeyPath) };
  }
  const announceKey = keys.find((key) => key !== undefined && newest.announce.keyIds.includes(keyIdOf(key)));
  return { versions, announceKey };
}
