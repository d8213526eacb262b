import { stat } from 'node:fs/promises';
import { errnoOf } from '../base/errors.js';
import { systemError } from '../base/system-error.js';
import { Checkpoint } from './journal/checkpoint.js';
import { Journal } from './journal/journal.js';
import type { JournalIdentity, StartedOver } from './journal/journal-identity.js';
import type { Arrival } from './part/page-sizes.js';
import { PartFile } from './part/part-file.js';

export interface PartialObjectOptions {
  /** As for `Journal.open`. */
  readonly requireHeld?: (() => Promise<void>) | undefined;
  readonly partPath: string;
  readonly journalPath: string;
  readonly identity: JournalIdentity;
  /** Mode of the part file, as for `PartFile.open`. */
  readonly mode?: number | undefined;
  /** As for `PartFile.open`. */
  readonly isDevice?: boolean | undefined;
  /** As for `PartFile.open`. */
  readonly arrival?: Arrival | undefined;
}

export interface PartialObject {
  readonly part: PartFile;
  readonly journal: Journal;
  readonly checkpoint: Checkpoint;
  /** Why no earlier progress can be used; undefined if it is used: then the journal says what is on disk. */
  readonly startedOver: StartedOver | undefined;
}

/**
 * Opens the part file and journal of an object, or begins them. They are opened in such an order that after a crash at any
 * moment the journal claims no bytes that are not on disk. Take the `FileLock` first.
 * @throws {LayercastError} as `PartFile.open` and `Journal.open`
 */
export async function openPartialObject(options: PartialObjectOptions): Promise<PartialObject> {
  const { partPath, journalPath, identity } = options;
  const { geometry } = identity;
  // A device is there, whatever it holds: before the object is whole, what an earlier run left is hashed again.
  const partIsThere = options.isDevice || (await hasLength(partPath, geometry.sizeBytes));
  const { journal, startedOver } = await Journal.open(journalPath, identity, partIsThere, options.requireHeld);
  try {
    const resume = startedOver === undefined;
    const part = await PartFile.open({
      path: partPath,
      geometry,
      resume,
      mode: options.mode,
      isDevice: options.isDevice,
      arrival: options.arrival,
      ownCount: (first, count) => journal.holdings.ownCount(first, count),
    });
    return { part, journal, checkpoint: new Checkpoint(part, journal), startedOver };
  } catch (error) {
    // A journal that has just been begun claims nothing yet, so it is removed.
    await (startedOver === undefined ? journal.close() : journal.discard());
    throw error;
  }
}

async function hasLength(path: string, sizeBytes: number): Promise<boolean> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size === sizeBytes;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw systemError(error, 'look at', path);
  }
}
