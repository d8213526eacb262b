import { access, constants, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { asLayercastError, type LayercastError } from '../../base/errors.js';
import { DURATION, formatQuantity } from '../../base/units.js';
import { readKeyText } from '../../config/read-text.js';
import type { Path } from '../../config/yaml-source.js';
import type { Fleet, FleetServer } from '../../fleet/fleet.js';
import { type ConfigWarning, LONG_ANNOUNCE_INTERVAL_US, type WarningCode } from '../../fleet/warnings.js';
import { usableInterfaces } from '../../net/interfaces/interfaces.js';
import { TreeArchive } from '../../tree/archive.js';
import { isRootText } from '../../trust/root-armour.js';
import { readRootText } from '../../trust/root-text.js';
import { privateKeyFrom, publicKeyFrom } from '../../wire/signature.js';
import { announceIntervalOf } from '../announcement-plan.js';
import { chooseServer } from '../choose-host.js';
import { readFleetRoot } from '../records/fleet-root.js';
import { keyExposure } from '../records/key-file.js';
import { interfaceWarnings } from './interface-warnings.js';
import { recordWarnings } from './record-warnings.js';
import { rootExpiryWarning, rootWarnings } from './root-warnings.js';

/** What keeps a server from sending; all others make it worse, or will. */
export const KEEPS_FROM_SENDING: readonly WarningCode[] = ['FILE', 'KEY', 'RECORD', 'EXPIRED'];

/**
 * Warnings about what this host lacks to serve a fleet: files, key, records and interface are checked. A fleet file may be meant
 * for other hosts. So if this host is one of the servers, by its name or an address, only the needs of this server are checked,
 * and each message says that it is about this host.
 */
export async function hostWarnings(
  fleet: Fleet,
  { nowS = Date.now() / 1000, host }: { readonly nowS?: number; readonly host?: string | undefined } = {},
): Promise<readonly ConfigWarning[]> {
  const server = host === undefined ? serverHere(fleet) : serverNamed(fleet, host);
  const objects = fleet.objects.filter(({ name }) => server?.objects?.includes(name) ?? true);
  const files = objects
    .filter(({ content }) => content !== 'pipe')
    .map(({ name, filePath, content }) =>
      content === 'tree'
        ? folderWarning(['objects', name, 'dir'], filePath)
        : fileWarning(['objects', name, 'file'], filePath),
    );
  return [
    ...announcementWarning(fleet),
    ...(await Promise.all(files)).flat(),
    ...(fleet.keyPath === undefined ? [] : await privateKeyWarnings(['key'], fleet.keyPath)),
    ...(await rootFileWarnings(fleet, nowS)),
    ...(fleet.recordsPath === undefined ? [] : await recordWarnings(fleet.recordsPath, objects, nowS)),
    ...(await interfaceWarnings(fleet, server)),
    ...serverKeyWarnings(fleet, server),
  ];
}

/** The same for a receiver file. */
export async function receiverWarnings(file: {
  readonly key?: string | undefined;
  readonly interface?: string | undefined;
}): Promise<readonly ConfigWarning[]> {
  const { key: keyPath, interface: name } = file;
  const isMissing = name !== undefined && !usableInterfaces().some((usable) => usable.name === name);
  return [
    ...(keyPath === undefined ? [] : await keyWarning(['key'], keyPath, readTrusted)),
    ...(isMissing ? [warning('INTERFACE', ['interface'], `no usable interface ${name} on this host`)] : []),
  ];
}

/** Servers whose datagrams are not signed, as far as the file tells. `serve` also compares the key of its host. */
function serverKeyWarnings({ keyPath, recordsPath, servers }: Fleet, server: FleetServer | undefined): ConfigWarning[] {
  if (keyPath !== undefined || recordsPath === undefined) return [];
  const message =
    'no serverKey, so what this server sends is not signed; "layercast keygen --server" on its host prints the key, and the records are signed with it';
  return (server === undefined ? servers : [server]).flatMap(({ name, publicKey }) =>
    publicKey === undefined ? [warning('SERVER_KEY', ['servers', name], message)] : [],
  );
}

/** A warning if there are so many objects that each is announced less often than the fleet file says. */
function announcementWarning(fleet: Fleet): ConfigWarning[] {
  const intervalUs = announceIntervalOf(fleet);
  // `warningsOf` warns of a longer time that the file itself sets.
  if (Math.max(fleet.announceIntervalUs, LONG_ANNOUNCE_INTERVAL_US) >= intervalUs) return [];
  const interval = formatQuantity(DURATION, intervalUs);
  const message = `at this rate it takes ${interval} to announce all objects, and a receiver waits up to that long; raise announceRate`;
  return [warning('ANNOUNCE_INTERVAL', ['announceRate'], message)];
}

/** The server that this host is; undefined if this cannot be decided. */
export function serverHere(fleet: Fleet): FleetServer | undefined {
  try {
    return serverNamed(fleet, undefined);
  } catch {
    return undefined;
  }
}

/**
 * The server of this name; without a name, the one that this host is.
 *
 * @throws {LayercastError} `UNKNOWN_HOST`
 */
export function serverNamed(fleet: Fleet, name: string | undefined): FleetServer {
  const addresses = usableInterfaces().flatMap((usable) => usable.addresses);
  return chooseServer(fleet, name, { name: hostname(), addresses });
}

async function folderWarning(path: Path, folderPath: string): Promise<ConfigWarning[]> {
  return TreeArchive.of(folderPath).then(
    () => [],
    (error) => [warning('FILE', path, `${asLayercastError(error).message} (on this host)`)],
  );
}

async function fileWarning(path: Path, filePath: string): Promise<ConfigWarning[]> {
  try {
    if (!(await stat(filePath)).isFile()) return [warning('FILE', path, `${filePath} is not an ordinary file`)];
  } catch {
    return [warning('FILE', path, `no file ${filePath} on this host`)];
  }
  const isReadable = await access(filePath, constants.R_OK).then(
    () => true,
    () => false,
  );
  return isReadable ? [] : [warning('FILE', path, `this user may not read ${filePath} on this host`)];
}

/** What `serve` would say of the root and the announce key. */
async function rootFileWarnings(fleet: Fleet, nowS: number): Promise<readonly ConfigWarning[]> {
  const { keyPath } = fleet;
  try {
    const key = keyPath === undefined ? undefined : privateKeyFrom(await readKeyText(keyPath), keyPath);
    const root = await readFleetRoot(fleet, [key]);
    const expiry = root === undefined ? undefined : rootExpiryWarning(root.versions.at(-1)!.root, nowS);
    const keys = await rootWarnings({ fleet, key, root });
    return expiry === undefined ? keys : [{ ...expiry, path: ['root'] }, ...keys];
  } catch (error) {
    const { message } = error as LayercastError;
    // The private key of `key` has warnings of its own.
    return fleet.rootPath === undefined ? [] : [warning('KEY', ['root'], message)];
  }
}

async function privateKeyWarnings(path: Path, keyPath: string): Promise<ConfigWarning[]> {
  const exposure = await keyExposure(keyPath);
  const unusable = await keyWarning(path, keyPath, privateKeyFrom);
  // A public key instead of the private one is no secret.
  if (unusable.length > 0 || exposure === undefined) return unusable;
  return [warning('KEY_EXPOSED', path, exposure)];
}

function readTrusted(text: string, from: string): unknown {
  return isRootText(text) ? readRootText(text, from) : publicKeyFrom(text, from);
}

async function keyWarning(
  path: Path,
  keyPath: string,
  read: (pem: string, from: string) => unknown,
): Promise<ConfigWarning[]> {
  try {
    read(await readKeyText(keyPath), keyPath);
    return [];
  } catch (error) {
    const { code, message } = error as LayercastError;
    return [warning('KEY', path, code === 'KEY_INVALID' ? message : `${message} on this host`)];
  }
}

function warning(code: WarningCode, path: Path, message: string): ConfigWarning {
  return { code, path, message };
}
