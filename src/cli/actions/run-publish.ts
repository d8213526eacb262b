import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { MAX_VERSION } from '../../base/limits.js';
import { readText } from '../../config/read-text.js';
import type { Fleet, FleetObject } from '../../fleet/fleet.js';
import { parseFleet } from '../../fleet/load-fleet.js';
import { withVersion } from '../../fleet/with-version.js';
import { processOf } from '../../publish/server-lock.js';
import { FileLock } from '../../store/lock/file-lock.js';
import { type ReadyContent, readyFile, readyText } from '../../store/place-file.js';
import { defaultStateDir } from '../../store/state-dir.js';
import { fleetFile } from '../fleet-file.js';

export interface PublishFlags {
  readonly config?: string;
  readonly object?: string;
  readonly newVersion?: string;
  readonly state?: string;
  readonly reload: boolean;
  readonly json?: boolean;
}

/** A server on this host that was told to read its fleet file again. */
interface Told {
  readonly server: string;
  readonly pid: number;
}

/**
 * `layercast publish`: puts a file in its place, raises the version of its object, and tells the servers on this host. The file comes first: a server
 * that reads the fleet file in between finds new bytes under an old version, which it refuses, and never old bytes under a new version.
 *
 * @throws {LayercastError} `USAGE` if it is unclear what to publish, or the version is none; `FILE_IN_USE` while another process publishes with this
 * fleet file; `PERMISSION_DENIED` if a server may not be told; as `parseFleet`, `withVersion` and `readyFile`
 */
export async function runPublish(file: string | undefined, flags: PublishFlags, signal: AbortSignal): Promise<void> {
  await publishNext(fleetFile(undefined, flags.config), { ...flags, file }, signal);
}

/** What `publishNext` publishes, and whom it tells. */
export interface NextVersion extends Omit<PublishFlags, 'config'> {
  /** The new content; undefined: it is in its place already. */
  readonly file?: string | undefined;
}

/**
 * Publishes the next version of an object of a fleet file, and says so.
 *
 * @throws {LayercastError} as `runPublish`
 */
export async function publishNext(path: string, { file, ...flags }: NextVersion, signal: AbortSignal): Promise<void> {
  // A fleet file that is missing or may not be read is reported as such, and not as a lock that cannot be taken.
  await readText(path);
  const lock = await lockFor(path, signal);
  try {
    const text = await readText(path);
    const fleet = parseFleet(text, path);
    const object = objectFor(fleet, path, flags.object, file);
    const version = versionFor(object, flags.newVersion);
    const raised = withVersion(text, path, object.name, version);
    await using content = file === undefined ? undefined : await contentFor(object, file, signal);
    await using settings = await readyText(raised, path);
    // Both are on disk by now, so little can fail between the two, and little time passes: a server stops sending a version whose file is another.
    await content?.place();
    await settings.place();
    const isToTell = flags.reload && fleet.recordsPath === undefined;
    const told = isToTell ? await tellServers(fleet, flags.state ?? defaultStateDir()) : [];
    if (flags.json) process.stdout.write(`${JSON.stringify({ object: object.name, version, told })}\n`);
    else process.stdout.write(`${sentences(path, object, version, fleet, isToTell, told).join('\n')}\n`);
  } finally {
    await lock.release();
  }
}

/** One command at a time changes a fleet file, by whatever name it knows the file. */
async function lockFor(path: string, signal: AbortSignal): Promise<FileLock> {
  return await FileLock.acquire(`${await realpath(path)}.lock`, { signal }).catch((error: unknown) => {
    if (!(error instanceof LayercastError && error.code === 'FILE_IN_USE')) throw error;
    throw new LayercastError('FILE_IN_USE', `another command is changing ${path}: ${error.message}`, {
      hint: 'Run this one again when that process has ended',
      cause: error,
    });
  });
}

function objectFor(fleet: Fleet, path: string, name: string | undefined, file: string | undefined): FleetObject {
  const isMeant = (object: FleetObject) =>
    name === undefined ? basename(object.filePath) === basename(file ?? '') : object.name === name;
  const found = name === undefined && fleet.objects.length === 1 ? fleet.objects : fleet.objects.filter(isMeant);
  const [object] = found;
  if (object !== undefined && found.length === 1) return object;
  const names = fleet.objects.map((entry) => entry.name).join(', ');
  const what =
    name === undefined
      ? `it is unclear which object of ${path} to publish`
      : `no object of ${path} is called ${JSON.stringify(name)}`;
  throw new LayercastError('USAGE', what, { hint: `Name one with --object: ${names}` });
}

function versionFor({ name, version }: FleetObject, asked: string | undefined): number {
  const wanted = asked === undefined ? version + 1 : /^\d{1,15}$/.test(asked) ? Number(asked) : Number.NaN;
  if (wanted > version && wanted <= MAX_VERSION) return wanted;
  throw new LayercastError('USAGE', `${asked ?? wanted} is no new version of ${name}`, {
    hint: `Its version is ${version}; take a higher one, up to ${MAX_VERSION}`,
  });
}

/** The new content of an object's file; undefined if it is in its place already. */
async function contentFor(object: FleetObject, file: string, signal: AbortSignal): Promise<ReadyContent | undefined> {
  if (object.content !== 'file') {
    const [what, instead] =
      object.content === 'tree'
        ? ['a folder', 'Change the folder, then run the command without a file']
        : ['standard input', 'Start a new server with the new input'];
    throw new LayercastError('USAGE', `object ${object.name} is made from ${what}, not from a file`, { hint: instead });
  }
  return (await isSame(file, object.filePath)) ? undefined : await readyFile(file, object.filePath, signal);
}

async function isSame(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => realpath(path).catch(() => undefined)));
  return one !== undefined && one === other;
}

async function tellServers(fleet: Fleet, stateDir: string): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (const { name: server } of fleet.servers) {
    const pid = await processOf(stateDir, fleet.name, server);
    if (pid === undefined) continue;
    try {
      process.kill(pid, 'SIGHUP');
    } catch (error) {
      // The server has ended since.
      if (errnoOf(error) === 'ESRCH') continue;
      throw new LayercastError('PERMISSION_DENIED', `this user may not signal server ${server}, process ${pid}`, {
        hint: `The new version is in place: make the server read it with kill -HUP ${pid}, as its user`,
        cause: error,
      });
    }
    told.push({ server, pid });
  }
  return told;
}

function sentences(
  path: string,
  { name, version: before }: FleetObject,
  version: number,
  fleet: Fleet,
  isToTell: boolean,
  told: readonly Told[],
): readonly string[] {
  const first = `${path}: ${name} has version ${version} now, and had ${before}`;
  if (fleet.recordsPath !== undefined) return [first, `sign it with layercast sign, then send SIGHUP to the servers`];
  if (!isToTell) return [first, 'the servers publish it when they get SIGHUP'];
  if (told.length === 0) return [first, `no server of ${fleet.name} runs here; the next one that starts publishes it`];
  return [first, ...told.map(({ server, pid }) => `server ${server}, process ${pid}, publishes it`)];
}
