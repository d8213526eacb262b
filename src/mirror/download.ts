import { open, readFile, rm, stat } from 'node:fs/promises';
import { z } from 'zod';
import { errnoOf, LayercastError } from '../base/errors.js';
import { systemError } from '../base/system-error.js';
import type { FleetOrigin } from '../fleet/fleet.js';
import { replaceFile, writeFully } from '../store/durable.js';
import { digestOfFile } from '../store/hash-file.js';
import { type AskOrigin, isSameContent, type OriginAnswer, strongTag, type Validator } from './origin.js';
import { OriginFault } from './origin-fault.js';

/** So many bytes are flushed together, and can be lost in a power cut. */
const FLUSH_BYTES = 64e6;

/**
 * What is kept beside a file: what was published last, of which content the part is and how much of it is certainly on disk, and what is about to be
 * published in the place of which version.
 */
const STATE = z.object({
  url: z.string(),
  published: z.object({ etag: z.string().optional(), lastModified: z.string().optional() }).optional(),
  partEtag: z.string().optional(),
  partBytes: z.number().optional(),
  publishing: z.object({ sha256: z.string(), version: z.number() }).optional(),
});
type State = z.output<typeof STATE>;

export interface DownloadOptions {
  readonly origin: FleetOrigin;
  /** The file of the object; what is kept lies beside it. */
  readonly filePath: string;
  readonly ask: AskOrigin;
  readonly signal: AbortSignal;
}

/** A content that has come whole. */
export interface Download {
  /** The file that has it. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
  /** The version in the place of which these bytes were to be published before, of which nobody knows how that ended; undefined: none. */
  readonly begunAt: number | undefined;
  /** Notes that it is published now, in the place of this version. */
  begin(version: number): Promise<void>;
  /** Notes that it is published, and deletes it. */
  conclude(): Promise<void>;
}

/**
 * Fetches the content of an origin if it has changed, and continues a download that was interrupted if the origin names its content by a strong
 * tag. The bytes are counted and hashed before anybody gets them.
 *
 * @returns undefined if nothing has changed
 * @throws {OriginFault} for what the origin did; {LayercastError} `DISK_FULL`, `PERMISSION_DENIED`, `FILE_NOT_FOUND`, … for this host's disk;
 * `OBJECT_CHANGED` if others write to what is fetched; `ABORTED`
 */
export async function download(options: DownloadOptions): Promise<Download | undefined> {
  const partPath = `${options.filePath}.mirror`;
  try {
    return await downloadTo(partPath, options);
  } catch (error) {
    throw errnoOf(error) === undefined ? error : systemError(error, 'write', partPath);
  }
}

async function downloadTo(partPath: string, options: DownloadOptions): Promise<Download | undefined> {
  const { origin, filePath, ask, signal } = options;
  const statePath = `${partPath}.json`;
  const state = await readState(statePath, origin.url);
  const haveFile = (await stat(filePath).catch(() => undefined)) !== undefined;
  const known = haveFile ? (state.published as Validator | undefined) : undefined;
  // A part may be longer than what of it is on disk: after a power cut there can be zeros behind that.
  const partBytes = state.partEtag === undefined ? 0 : Math.min(await sizeOf(partPath), state.partBytes ?? 0);
  // Its last byte is asked for again: of a part that is the whole, as after a publication that failed, nothing would be left to ask for.
  const part = partBytes <= 1 ? undefined : { etag: state.partEtag!, bytes: partBytes - 1 };
  let answer: OriginAnswer;
  try {
    answer = await ask(origin, { known, part }, signal);
  } catch (error) {
    if (error instanceof OriginFault && error.remedy === 'restart') await rm(partPath, { force: true });
    throw error;
  }
  if (answer.kind === 'unchanged') {
    await rm(partPath, { force: true });
    return undefined;
  }
  try {
    if (!isSameContent(known, answer.validator)) return await take(answer, options, { partPath, statePath, state });
    await rm(partPath, { force: true });
    return undefined;
  } finally {
    await answer.end();
  }
}

type Content = Extract<OriginAnswer, { kind: 'content' }>;

/** Reads a content that is new, behind the part that is there. */
async function take(
  answer: Content,
  { origin, signal }: DownloadOptions,
  { partPath, statePath, state }: { readonly partPath: string; readonly statePath: string; readonly state: State },
): Promise<Download> {
  const partEtag = strongTag(answer.validator);
  const kept = { ...state, url: origin.url, partEtag, partBytes: undefined };
  if (answer.fromByte === 0) {
    // The tag is on disk before the first byte that it is of.
    await rm(partPath, { force: true });
    await writeState(statePath, kept);
  }
  const onDurable = (partBytes: number) => writeState(statePath, { ...kept, partBytes });
  const { sizeBytes, sha256 } = await fill(partPath, answer, origin.maxBytes, onDurable, signal);
  const hex = Buffer.from(sha256).toString('hex');
  return {
    path: partPath,
    sizeBytes,
    sha256,
    begunAt: state.publishing?.sha256 === hex ? state.publishing.version : undefined,
    begin: (version) => writeState(statePath, { ...kept, partBytes: sizeBytes, publishing: { sha256: hex, version } }),
    conclude: async () => {
      await writeState(statePath, { url: origin.url, published: written(answer.validator) });
      await rm(partPath, { force: true });
    },
  };
}

/** Appends the body, and checks the whole. What is wrong as a whole is deleted. @param onDurable hears how many bytes are on disk */
async function fill(
  path: string,
  { fromByte, sizeBytes, sha256, body }: Content,
  maxBytes: number,
  onDurable: (bytes: number) => Promise<void>,
  signal: AbortSignal,
): Promise<{ readonly sizeBytes: number; readonly sha256: Uint8Array }> {
  const tooLarge = () => new OriginFault(`its file has more than ${maxBytes} bytes (maxSize)`, 'restart');
  if ((sizeBytes ?? 0) > maxBytes) throw tooLarge();
  let [count, durable] = [fromByte, fromByte];
  const file = await open(path, fromByte === 0 ? 'w' : 'r+');
  const flush = async () => {
    await file.datasync();
    durable = count;
    await onDurable(count);
  };
  try {
    await file.truncate(fromByte);
    for await (const piece of body) {
      if (count + piece.length > (sizeBytes ?? maxBytes)) {
        throw sizeBytes === undefined ? tooLarge() : new OriginFault('it sent more than it said', 'restart');
      }
      await writeFully(file, piece, count);
      count += piece.length;
      if (count - durable >= FLUSH_BYTES) await flush();
    }
    await flush();
  } catch (error) {
    if (error instanceof OriginFault && error.remedy === 'restart') await rm(path, { force: true });
    // If the disk refuses, what was flushed before counts.
    else await flush().catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  if (count !== (sizeBytes ?? count)) throw new OriginFault(`it sent ${count} of ${sizeBytes} bytes`);
  const found = await digestOfPart(path, count, signal);
  if (sha256 !== undefined && Buffer.compare(sha256, found) !== 0) {
    await rm(path, { force: true });
    throw new OriginFault('its bytes do not have the SHA-256 that it names', 'restart');
  }
  return { sizeBytes: count, sha256: found };
}

/**
 * SHA-256 of what has come. If others write to the file, nothing of it is of use.
 * @throws {LayercastError} `OBJECT_CHANGED`, `ABORTED`, `PERMISSION_DENIED`, `FILE_IO`
 */
async function digestOfPart(path: string, sizeBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const digest = await digestOfFile(path, sizeBytes, { signal }).catch((error: unknown) => {
    if (error instanceof LayercastError && error.code === 'OBJECT_CHANGED') return undefined;
    throw error;
  });
  if (digest !== undefined) return digest;
  await rm(path, { force: true });
  throw new LayercastError('OBJECT_CHANGED', `${JSON.stringify(path)} was changed while it was checked`, {
    hint: 'run one mirror at a time for this file, and let no other program write beside it',
  });
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** A file that is damaged, or of another address, says nothing. */
async function readState(path: string, url: string): Promise<State> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  try {
    const state = STATE.parse(JSON.parse(text));
    return state.url === url ? state : { url };
  } catch {
    return { url };
  }
}

async function writeState(path: string, state: State): Promise<void> {
  await replaceFile(path, [Buffer.from(JSON.stringify(state))]);
}

function written({ etag, lastModified }: Validator): NonNullable<State['published']> {
  return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
}
