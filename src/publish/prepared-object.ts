import type { KeyObject } from 'node:crypto';
import { LayercastError } from '../base/errors.js';
import { MAX_OBJECT_BYTES } from '../base/limits.js';
import type { Fleet, FleetObject } from '../fleet/fleet.js';
import type { Geometry } from '../object/geometry.js';
import { digestsOf } from '../store/cache/digest-cache.js';
import { hashObject } from '../store/hash-file.js';
import type { Contents, OpenContent } from './contents/contents.js';
import { plannedGeometry } from './planned-geometry.js';
import type { DescribedContent } from './records/describe.js';
import type { SignedDescriptor } from './records/records.js';
import { signedRecord } from './records/signing.js';

/** Bytes between two reports of progress. Hashing them takes some 0.1 s, so shorter files need no report. */
const PROGRESS_BYTES = 64e6;

/** One version of an object: its bytes, digests and signed descriptor. */
export interface PreparedObject extends SignedDescriptor, Pick<OpenContent, 'source' | 'isUnchanged'> {
  readonly content: DescribedContent;
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
}

/**
 * Opens an object's file, hashes it if that was not done before, and signs its descriptor or finds the record.
 *
 * @throws {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED`, `OBJECT_CHANGED`, `RECORD_INVALID`, `CONFIG_INVALID`,
 * `ABORTED`.
 */
export async function prepareObject(
  fleet: Fleet,
  object: FleetObject,
  options: PrepareOptions,
): Promise<PreparedObject> {
  const { source, isCopy, isUnchanged } = await options.contents
    .open(object, options.signal)
    .catch((error: unknown) => {
      throw explained(error, object);
    });
  try {
    const geometry = geometryFor(fleet, object, source.sizeBytes);
    const onProgress = every(PROGRESS_BYTES, (hashedBytes) => options.onHashing(hashedBytes, source.sizeBytes));
    const hashing = { signal: options.signal, onProgress };
    // A copy is made anew at each start, so nobody would find its digests again.
    const digests = isCopy
      ? await hashObject(source, geometry, hashing)
      : await digestsOf(source, geometry, { stateDir: options.stateDir, ...hashing });
    const content = { geometry, sha256: digests.sha256, blockDigests: digests.blockDigests };
    const { key, isKeyOnServers = true, nowS } = options;
    const signed = await signedRecord({ fleet, key, isKeyOnServers }, object, content, nowS);
    return { ...signed, source, isUnchanged, content };
  } catch (error) {
    await source.close();
    throw error;
  }
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

function geometryFor(fleet: Fleet, object: FleetObject, sizeBytes: number): Geometry {
  const geometry = plannedGeometry(fleet, object, sizeBytes);
  if (geometry !== undefined) return geometry;
  throw new LayercastError('CONFIG_INVALID', `${object.filePath}: ${sizeBytes} bytes are more than can be sent`, {
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
