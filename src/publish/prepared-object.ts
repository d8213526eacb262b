import type { KeyObject } from 'node:crypto';
import { LayercastError } from '../errors.js';
import type { Fleet, FleetObject } from '../fleet/fleet.js';
import { type Geometry, MAX_OBJECT_BYTES } from '../object/geometry.js';
import { digestsOf } from '../store/digest-cache.js';
import { FileSource } from '../store/file-source.js';
import { describeObject } from './describe.js';
import { plannedGeometry } from './planned-geometry.js';
import { readRecord, type SignedDescriptor, signDescriptor } from './records.js';

/** Hashing takes some 0.1 s for so many bytes: what is shorter needs no progress, and what is longer not more. */
const PROGRESS_BYTES = 64e6;

/** Everything that receivers are told about one object. */
export interface PreparedObject extends SignedDescriptor {
  readonly source: FileSource;
  readonly blockDigests: Uint8Array;
}

export interface PrepareOptions {
  readonly stateDir: string;
  /** Signs the descriptor; undefined takes the record from the fleet's `records` folder. */
  readonly key: KeyObject | undefined;
  readonly nowS: number;
  readonly signal: AbortSignal;
  /** Called while the file is hashed, which happens once per content of a file. */
  readonly onHashing: (hashedBytes: number, totalBytes: number) => void;
}

/**
 * Opens an object's file, hashes it if that was not done before, and signs its descriptor or finds the record.
 *
 * @throws {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED`, `OBJECT_CHANGED`, `RECORD_INVALID`, `CONFIG_INVALID`, `ABORTED`.
 */
export async function prepareObject(
  fleet: Fleet,
  object: FleetObject,
  options: PrepareOptions,
): Promise<PreparedObject> {
  const source = await FileSource.open(object.filePath);
  try {
    const geometry = geometryFor(fleet, object, source.sizeBytes);
    const digests = await digestsOf(source, geometry, {
      stateDir: options.stateDir,
      signal: options.signal,
      onProgress: every(PROGRESS_BYTES, (hashedBytes) => options.onHashing(hashedBytes, source.sizeBytes)),
    });
    const descriptor = describeObject(fleet, object, geometry, digests, options.nowS);
    const signed = await signedBy(options.key, descriptor, fleet);
    return { ...signed, source, blockDigests: digests.blockDigests };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function signedBy(
  key: KeyObject | undefined,
  descriptor: SignedDescriptor['descriptor'],
  fleet: Fleet,
): SignedDescriptor | Promise<SignedDescriptor> {
  if (key !== undefined) return signDescriptor(descriptor, key);
  if (fleet.recordsPath !== undefined) return readRecord(fleet.recordsPath, descriptor);
  throw new LayercastError(
    'CONFIG_INVALID',
    `fleet ${fleet.name} has neither a key nor records: receivers would trust nothing`,
    {
      hint: 'Add "key: FILE" (layercast keygen makes one), or "records: DIR" with what layercast sign made',
    },
  );
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
