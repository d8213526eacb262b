import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../errors.js';
import { replaceFile } from './durable.js';
import { systemError } from './system-error.js';

/** An object as a receiver knows it: another key is another publisher, so it starts anew. */
export interface SignedName {
  readonly fleet: string;
  readonly object: string;
  /** Of the public key that its descriptors are signed with, in hex. */
  readonly keyFingerprint: string;
}

export interface CompletedVersion {
  readonly version: number;
  /** In hex; undefined when that can no longer be read. */
  readonly sha256: string | undefined;
}

/**
 * The highest version of an object that was ever completed here, so that an older one can be refused; undefined when there
 * was none.
 * @throws {LayercastError} when the state directory cannot be read: to go on would be to forget
 */
export async function highestCompleted(stateDir: string, object: SignedName): Promise<CompletedVersion | undefined> {
  const directory = directoryOf(stateDir, object);
  const version = Math.max(-1, ...(await versionsIn(directory)));
  if (version < 0) return undefined;
  const content = await readFile(join(directory, nameOf(version)), 'utf8').catch(() => '');
  return { version, sha256: /^[0-9a-f]{64}$/m.exec(content)?.[0] };
}

/**
 * Remembers a completed version; on disk when it resolves. One file a version, and only lower ones are removed, so processes
 * that do this at once cannot set each other back.
 */
export async function rememberCompleted(
  stateDir: string,
  object: SignedName,
  version: number,
  sha256: string,
): Promise<void> {
  const directory = directoryOf(stateDir, object);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw systemError(error, 'create', directory);
  }
  const { fleet, object: name, keyFingerprint } = object;
  const about = JSON.stringify({ fleet, object: name, version, keyFingerprint });
  await replaceFile(join(directory, nameOf(version)), [Buffer.from(`${sha256}\n${about}\n`)]);
  const lower = (await versionsIn(directory)).filter((other) => other < version);
  for (const other of lower) await rm(join(directory, nameOf(other)), { force: true });
}

/** Names come from the network: their hash is the name of the directory. */
function directoryOf(stateDir: string, { fleet, object, keyFingerprint }: SignedName): string {
  const key = createHash('sha256')
    .update(JSON.stringify([fleet, object, keyFingerprint]))
    .digest('hex');
  return join(stateDir, 'completed', key);
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
