import { dateText } from '../../base/date-text.js';
import type { Fleet } from '../../fleet/fleet.js';
import type { ConfigWarning } from '../../fleet/warnings.js';
import { keyIdOf } from '../../wire/public-key.js';
import type { Root } from '../../wire/root.js';
import { expiresSoon } from '../records/expiry.js';
import type { FleetRoot } from '../records/fleet-root.js';
import { keyExposure } from '../records/key-file.js';
import type { Station } from '../station.js';

/** The warning about a root that has expired, or will soon; undefined before. `expiresSoon` says when. */
export function rootExpiryWarning(
  { version, createdS, expiresS }: Pick<Root, 'version' | 'createdS' | 'expiresS'>,
  nowS: number,
): { readonly code: 'EXPIRES_SOON' | 'EXPIRED'; readonly message: string } | undefined {
  if (!expiresSoon(createdS, expiresS, nowS)) return undefined;
  const what = `version ${version} of the root`;
  const when = dateText(expiresS);
  return nowS >= expiresS
    ? { code: 'EXPIRED', message: `${what} expired at ${when}; receivers refuse all that it covers` }
    : { code: 'EXPIRES_SOON', message: `${what} expires at ${when}; receivers will refuse all that it covers then` };
}

/** Keys of a station that do not fit its root. */
export async function rootWarnings(
  station: Pick<Station, 'fleet' | 'key' | 'root'>,
): Promise<readonly ConfigWarning[]> {
  const { fleet, key, root } = station;
  const exposure = fleet.announceKeyPath === undefined ? undefined : await keyExposure(fleet.announceKeyPath);
  return [
    ...(exposure === undefined ? [] : [{ code: 'KEY_EXPOSED' as const, path: ['announceKey'], message: exposure }]),
    ...(root === undefined ? withoutRoot(fleet) : announceWarnings(fleet, root)),
    ...(root === undefined || key === undefined ? [] : releaseWarnings(keyIdOf(key), root)),
  ];
}

function withoutRoot({ announceKeyPath }: Fleet): readonly ConfigWarning[] {
  if (announceKeyPath === undefined) return [];
  const message = 'an announce key is of no use without a root: nothing is announced with it';
  return [{ code: 'ROLE', path: ['announceKey'], message }];
}

function announceWarnings(fleet: Fleet, { versions, announceKey }: FleetRoot): readonly ConfigWarning[] {
  const { version, announce } = versions.at(-1)!.root;
  const path = ['announceKey'];
  if (announceKey === undefined) {
    const message = 'this server has no announce key: receivers need a catalogue that another server announces';
    return [{ code: 'ROLE', path, message }];
  }
  if (!announce.keyIds.includes(keyIdOf(announceKey))) {
    const where = fleet.announceKeyPath ?? fleet.keyPath;
    const message = `${where} is no announce key of version ${version} of the root: receivers ignore what it signs`;
    return [{ code: 'ROLE', path, message }];
  }
  if (announce.threshold === 1) return [];
  const message = `version ${version} of the root asks for ${announce.threshold} announce keys, and a server signs with one: receivers ignore its catalogue`;
  return [{ code: 'ROLE', path, message }];
}

function releaseWarnings(keyId: string, { versions }: FleetRoot): readonly ConfigWarning[] {
  const { version, release } = versions.at(-1)!.root;
  const path = ['key'];
  if (!release.keyIds.includes(keyId)) {
    const message = `key ${keyId} is no release key of version ${version} of the root: receivers refuse what it signs`;
    return [{ code: 'ROLE', path, message }];
  }
  if (release.threshold === 1) return [];
  const message = `version ${version} of the root asks for ${release.threshold} release keys, and "key" is one: receivers refuse what it signs alone`;
  return [{ code: 'ROLE', path, message }];
}
