import type { KeyObject } from 'node:crypto';
import { LayercastError } from '../base/errors.js';
import { MAX_OBJECT_BYTES } from '../base/limits.js';
import { readKeyText } from '../config/read-text.js';
import type { Fleet, FleetObject } from '../fleet/fleet.js';
import type { Geometry } from '../object/geometry.js';
import { digestsOf } from '../store/cache/digest-cache.js';
import type { FileSource } from '../store/file-source.js';
import { hashObject } from '../store/hash-file.js';
import { ContentCipher, contentKeyFrom } from '../wire/content-cipher.js';
import type { Contents, OpenContent } from './contents/contents.js';
import { openDelta } from './delta/delta-file.js';
import { plannedGeometry } from './planned-geometry.js';
import type { DescribedContent } from './records/describe.js';
import type { SignedDescriptor } from './records/records.js';
import { signedRecord } from './records/signing.js';

/** Bytes between two reports of progress. Hashing them takes some 0.1 s, so shorter files need no report. */
const PROGRESS_BYTES = 64e6;

/** One version of an object: its bytes, digests and signed descriptor. */
export interface PreparedObject extends SignedDescriptor, Pick<OpenContent, 'source' | 'isUnchanged'> {
  readonly content: DescribedContent;
  /** The file of its delta; undefined if none is sent. */
  readonly deltaSource: FileSource | undefined;
}

export interface PrepareOptions {
  readonly contents: Contents;
  readonly stateDir: string;
  /** Signs the descriptor; undefined takes the record from the fleet's `records` folder. */
  readonly key: KeyObject | undefined;
  /** As in `Signing`. @default true */
  readonly isKeyOnServers?: boolean;
  readonly nowS: number;
  readonly signal: AbortSignal;
  /** Called while the file is hashed; each content of a file is hashed once. */
  readonly onHashing: (hashedBytes: number, totalBytes: number) => void;
  /** Called with the reason when a delta is asked for and none is sent, since it would be too large. */
  readonly onNoDelta?: ((reason: string) => void) | undefined;
}

/**
 * Opens an object's file, hashes it if that was not done before, and signs its descriptor or finds the record.
 *
 * @throws {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED`, `OBJECT_CHANGED`, `RECORD_INVALID`, `KEY_INVALID`,
 * `ABORTED`.
 */
export async function prepareObject(
  fleet: Fleet,
  object: FleetObject,
  options: PrepareOptions,
): Promise<PreparedObject> {
  const { contents, signal } = options;
  const contentKey = await contentKeyOf(object);
  let opened = await contents.open(object, signal).catch((error: unknown) => {
    throw explained(error, object);
  });
  let deltaSource: FileSource | undefined;
  try {
    let whole = await contentOf(fleet, object, opened, options);
    deltaSource = await deltaOf(object, opened.source, options);
    if (contentKey !== undefined) {
      const cipher = ContentCipher.forContent(contentKey, whole.sha256);
      opened = await contents.encrypt(opened, cipher, signal);
      whole = { ...(await contentOf(fleet, object, opened, options)), encryption: cipher.encryption };
    }
    const delta = deltaSource && (await contentOf(fleet, object, { source: deltaSource, isCopy: false }, options));
    const content = delta === undefined ? whole : { ...whole, delta };
    const { key, isKeyOnServers = true, nowS } = options;
    const signed = await signedRecord({ fleet, key, isKeyOnServers }, object, content, nowS);
    const sent = opened;
    const isUnchanged = async () => (await sent.isUnchanged()) && (await isStill(object, contentKey));
    return { ...signed, source: sent.source, isUnchanged, content, deltaSource };
  } catch (error) {
    await opened.source.close();
    await deltaSource?.close();
    throw error;
  }
}

async function contentOf(
  fleet: Fleet,
  object: FleetObject,
  { source, isCopy }: Pick<OpenContent, 'source' | 'isCopy'>,
  { stateDir, signal, onHashing }: PrepareOptions,
): Promise<DescribedContent> {
  const geometry = geometryFor(fleet, object, source);
  const onProgress = every(PROGRESS_BYTES, (hashedBytes) => onHashing(hashedBytes, source.sizeBytes));
  // A copy is made anew at each start, so nobody would find its digests again.
  const { sha256, blockDigests } = isCopy
    ? await hashObject(source, geometry, { signal, onProgress })
    : await digestsOf(source, geometry, { stateDir, signal, onProgress });
  return { geometry, sha256, blockDigests };
}

async function deltaOf(
  object: FleetObject,
  source: FileSource,
  options: PrepareOptions,
): Promise<FileSource | undefined> {
  // Whoever hears of an empty object has all of it.
  if (object.delta === undefined || source.sizeBytes === 0) return undefined;
  const delta = await openDelta(object, source, options);
  if ('source' in delta) return delta.source;
  options.onNoDelta?.(delta.refusal);
  return undefined;
}

async function contentKeyOf({ contentKeyPath }: FleetObject): Promise<Uint8Array | undefined> {
  return contentKeyPath === undefined ? undefined : contentKeyFrom(await readKeyText(contentKeyPath), contentKeyPath);
}

/** Whether the file of an object's content key, if there is one, still has this key. */
async function isStill(object: FleetObject, contentKey: Uint8Array | undefined): Promise<boolean> {
  if (contentKey === undefined) return true;
  const now = await contentKeyOf(object).catch(() => undefined);
  return now !== undefined && Buffer.compare(now, contentKey) === 0;
}

/** Gives the error of a missing file or folder the hint for a server. */
function explained(error: unknown, { name, filePath, content }: FleetObject): unknown {
  if (!(error instanceof LayercastError) || error.code !== 'FILE_NOT_FOUND') return error;
  const [what, key] = content === 'tree' ? ['folder', 'dir'] : ['file', 'file'];
  return new LayercastError(error.code, `there is no ${what} ${JSON.stringify(filePath)}`, {
    hint: `Put the ${what} there, or correct "${key}" of objects.${name} in the fleet file; then start or reload the server`,
    cause: error,
  });
}

function geometryFor(fleet: Fleet, object: FleetObject, { path, sizeBytes }: FileSource): Geometry {
  const geometry = plannedGeometry(fleet, object, sizeBytes);
  if (geometry !== undefined) return geometry;
  throw new LayercastError('CONFIG_INVALID', `${path}: ${sizeBytes} bytes are more than can be sent`, {
    hint: `Raise symbolBytes, or publish it in parts; at most 2^32 symbols and ${MAX_OBJECT_BYTES} bytes`,
  });
}

/** Passes a growing count on whenever it has grown by `step`. */
function every(step: number, tell: (count: number) => void): (count: number) => void {
  let told = 0;
  return (count) => {
    if (count - told < step) return;
    told = count;
    tell(count);
  };
}
