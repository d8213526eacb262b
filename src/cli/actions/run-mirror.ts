import pLimit from 'p-limit';
import { asLayercastError, LayercastError } from '../../base/errors.js';
import { systemClock } from '../../base/system-clock.js';
import type { FleetObject } from '../../fleet/fleet.js';
import { loadFleet } from '../../fleet/load-fleet.js';
import { askOrigin } from '../../mirror/ask-origin.js';
import { type Download, download } from '../../mirror/download.js';
import { OriginFault } from '../../mirror/origin-fault.js';
import { pollAll } from '../../mirror/polls.js';
import { verifyFile } from '../../store/hash-file.js';
import { say } from '../display/say.js';
import { fleetFile } from '../fleet-file.js';
import { reasonOf } from '../reason.js';
import { onHangup } from './on-hangup.js';
import { publishNext } from './run-publish.js';

export interface MirrorFlags {
  readonly config?: string;
  readonly once?: boolean;
  readonly state?: string;
  readonly reload: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

type Mirrored = FleetObject & Required<Pick<FleetObject, 'origin'>>;

/**
 * `layercast mirror`: publishes what the origins of a fleet file have. SIGHUP has it read the file again and look at once; what is wrong with the file is a
 * warning then.
 *
 * @throws {LayercastError} `CONFIG_INVALID` if no object has an origin; with `once` `NETWORK_UNAVAILABLE` if an origin cannot be used; as `publishNext`
 */
export async function runMirror(argument: string | undefined, flags: MirrorFlags, signal: AbortSignal): Promise<void> {
  const path = fleetFile(argument, flags.config);
  const first = mirroredOf(path);
  let round = new AbortController();
  using _ = onHangup(async () => {
    // A file that is wrong from the beginning ends the command.
    await first.catch(() => undefined);
    try {
      mirrored = await mirroredOf(path);
      round.abort();
    } catch (error) {
      tellReload(error, flags);
    }
  });
  let mirrored = await first;
  const tellLook = lineTeller(flags);
  // One at a time: each publication changes the fleet file.
  const publishing = pLimit(1);
  const look = (object: Mirrored, until: AbortSignal) => {
    const publish = (found: Download, isInPlace: boolean) =>
      publishing(() => publishFound(path, object.name, found, isInPlace, flags, signal));
    return lookAt(object, publish, flags.verbose === true && !flags.json ? tellLook : () => undefined, until);
  };
  if (flags.once) {
    await lookAtEach(mirrored, look, flags, signal);
    return;
  }
  while (!signal.aborted) {
    round = new AbortController();
    const until = AbortSignal.any([signal, round.signal]);
    const polls = mirrored.map((object) => {
      const poll = () =>
        look(object, until).then(
          () => true,
          (error) => tell(object, error, flags, until),
        );
      return { everyUs: object.origin.everyUs, poll };
    });
    await pollAll(polls, systemClock, Math.random, until);
  }
  signal.throwIfAborted();
}

async function mirroredOf(path: string): Promise<readonly Mirrored[]> {
  const { objects } = await loadFleet(path);
  const mirrored = objects.filter((object): object is Mirrored => object.origin !== undefined);
  if (mirrored.length > 0) return mirrored;
  throw new LayercastError('CONFIG_INVALID', `no object of ${path} has an origin`, {
    hint: 'Add "origin: { url: https://… }" to an object',
  });
}

/** Looks at each origin once. One that cannot be used keeps nobody from looking at the others. @throws what went wrong first */
async function lookAtEach(
  mirrored: readonly Mirrored[],
  look: (object: Mirrored, until: AbortSignal) => Promise<void>,
  flags: MirrorFlags,
  signal: AbortSignal,
): Promise<void> {
  let first: { readonly object: Mirrored; readonly error: unknown } | undefined;
  for (const object of mirrored) {
    try {
      await look(object, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (first === undefined) first = { object, error };
      else warnOf(object, error, flags);
    }
  }
  if (first !== undefined) fail(first.object, first.error);
}

/**
 * Publishes what was found: the file, then the version.
 *
 * @param isInPlace whether the object's file has these bytes already
 * @returns whether there was something to publish: not for bytes that are in place, unless a power cut, say, came before their version was raised
 */
async function publishFound(
  path: string,
  name: string,
  found: Download,
  isInPlace: boolean,
  flags: MirrorFlags,
  signal: AbortSignal,
): Promise<boolean> {
  const version = (await loadFleet(path)).objects.find((object) => object.name === name)?.version;
  if (isInPlace && (version === undefined || found.begunAt !== version)) return false;
  if (version !== undefined) await found.begin(version);
  await publishNext(path, { ...flags, object: name, file: isInPlace ? undefined : found.path }, signal);
  return true;
}

/**
 * Publishes what the origin has, if that is something else than what is here.
 *
 * @param publish as `publishFound`
 * @param tellLook takes a line that says why nothing is published
 */
async function lookAt(
  { name, filePath, origin }: Mirrored,
  publish: (found: Download, isInPlace: boolean) => Promise<boolean>,
  tellLook: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const found = await download({ origin, filePath, ask: askOrigin, signal });
  const idle = (why: string) => tellLook(`${name}: ${origin.url}: nothing to do: ${why}`);
  if (found === undefined) {
    idle('nothing has changed since the last look');
    return;
  }
  // An origin that has put the same file there again has nothing new.
  if (!(await publish(found, await verifyFile(filePath, found, { signal })))) {
    idle('the file has the bytes that are published');
  }
  await found.conclude();
}

function fail({ name, origin }: Mirrored, error: unknown): never {
  if (!(error instanceof OriginFault)) throw error;
  throw new LayercastError('NETWORK_UNAVAILABLE', `${name}: ${origin.url}: ${error.message}`, {
    hint: 'Correct "origin", or try again later; what has been fetched is kept',
    cause: error,
  });
}

function tellReload(error: unknown, { json }: MirrorFlags): void {
  const { message, hint } = reasonOf(error);
  const text = `the old settings stay: ${message}`;
  if (json) process.stdout.write(`${JSON.stringify({ error: text })}\n`);
  else say(`warning: ${text}${hint === undefined ? '' : `\n  ${hint}`}`);
}

function tell(object: Mirrored, error: unknown, flags: MirrorFlags, signal: AbortSignal): false {
  if (!signal.aborted) warnOf(object, error, flags, '; trying again later');
  return false;
}

/** @param whatNow the end of the sentence that says what is wrong */
function warnOf({ name, origin }: Mirrored, error: unknown, flags: MirrorFlags, whatNow = ''): void {
  const { message, hint } = reasonOf(error instanceof OriginFault ? error : asLayercastError(error));
  if (flags.json) process.stdout.write(`${JSON.stringify({ object: name, url: origin.url, error: message })}\n`);
  else {
    lineTeller(flags)(
      `warning: ${name}: ${origin.url}: ${message}${whatNow}${hint === undefined ? '' : `\n  ${hint}`}`,
    );
  }
}

/** Lines of a command that stays have a time. */
function lineTeller({ once }: MirrorFlags): (line: string) => void {
  return once ? (line) => void process.stderr.write(`${line}\n`) : say;
}
