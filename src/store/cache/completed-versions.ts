import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { replaceFile } from '../durable.js';
import { makeFolder } from '../folder/make-folder.js';
import { openStateFolder, stateError } from '../folder/state-folder.js';
import { statePart } from '../state-parts.js';

/** The name of an object together with its key. The same name with another key is another publisher's object. */
export interface SignedName {
  readonly fleet: string;
  readonly object: string;
  /** Fingerprint, in hex, of the public key that verifies the object's descriptors. */
  readonly keyFingerprint: string;
}

export interface CompletedVersion {
  readonly version: number;
  /** In hex; undefined when the file that holds it is damaged or cannot be read. */
  readonly sha256: string | undefined;
}

/**
 * The highest version of an object that this host ever completed, so that older versions can be refused; undefined when it has
 * completed none.
 * @throws {LayercastError} when the state directory cannot be read, since older versions might then be accepted
 */
export async function highestCompleted(stateDir: string, object: SignedName): Promise<CompletedVersion | undefined> {
  const directory = directoryOf(stateDir, object);
  const versions = await versionsIn(directory).catch((error) => {
    throw stateError(error, stateDir);
  });
  const version = Math.max(-1, ...versions);
  if (version < 0) return undefined;
  const content = await readFile(join(directory, nameOf(version)), 'utf8').catch(() => '');
  return { version, sha256: /^[0-9a-f]{64}$/m.exec(content)?.[0] };
}

/**
 * Checks that a completed version of this object can be remembered later, as far as that can be checked before.
 * @throws {LayercastError} what `rememberCompleted` would throw; the hint says how to choose another state directory
 */
export async function requireRememberable(stateDir: string, object: SignedName): Promise<void> {
  const directory = directoryOf(stateDir, object);
  const isThere = await stat(directory).catch(() => undefined);
  await openStateFolder(stateDir, isThere === undefined ? dirname(directory) : directory);
}

/**
 * Remembers a completed version; the version is on disk when the promise resolves. Each version has a file, and only files of
 * lower versions are removed, so processes that do this at the same time cannot make each other forget a higher version.
 * @throws {LayercastError} `PERMISSION_DENIED`, `DISK_FULL`, …; the hint says how to choose another state directory
 */
export async function rememberCompleted(
  stateDir: string,
  object: SignedName,
  version: number,
  sha256: string,
): Promise<void> {
  const directory = directoryOf(stateDir, object);
  const { fleet, object: name, keyFingerprint } = object;
  const about = JSON.stringify({ fleet, object: name, version, keyFingerprint });
  try {
    await makeFolder(directory, 0o700);
    await replaceFile(join(directory, nameOf(version)), [Buffer.from(`${sha256}\n${about}\n`)]);
  } catch (error) {
    throw stateError(error, stateDir);
  }
  const lower = (await versionsIn(directory)).filter((other) => other < version);
  for (const other of lower) await rm(join(directory, nameOf(other)), { force: true });
}

/** The directory of an object. Its name is a hash, because the object's name comes from the network. */
function directoryOf(stateDir: string, { fleet, object, keyFingerprint }: SignedName): string {
  const key = createHash('sha256')
    .update(JSON.stringify([fleet, object, keyFingerprint]))
    .digest('hex');
  return join(statePart(stateDir, 'completed'), key);
}

function nameOf(version: number): string {
  return `version-${version}`;
}

async function versionsIn(directory: string): Promise<number[]> {
  try {
    const names = await readdir(directory);
    const versions = names.map((name) => Number(/^version-(\d{1,16})$/.exec(name)?.[1] ?? Number.NaN));
    return versions.filter((version) => Number.isSafeInteger(version));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw systemError(error, 'read', directory);
  }
}
