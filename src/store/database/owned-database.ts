import { join } from 'node:path';
import { LayercastError } from '../../base/errors.js';
import { openStateFolder } from '../folder/state-folder.js';
import { FileLock, type LockOptions } from '../lock/file-lock.js';
import { type StatePart, statePart } from '../state-parts.js';
import { RecordDatabase } from './record-database.js';

/** The database of a part of the state directory, and the lock that keeps other processes from it. */
export class OwnedDatabase implements AsyncDisposable {
  readonly records: RecordDatabase;
  readonly #lock: FileLock;

  private constructor(records: RecordDatabase, lock: FileLock) {
    this.records = records;
    this.#lock = lock;
  }

  /** @throws {LayercastError} `FILE_IN_USE` while another process has it; as `RecordDatabase.open`; `PERMISSION_DENIED`, … */
  static async open(stateDir: string, part: StatePart, options: LockOptions): Promise<OwnedDatabase> {
    const folder = statePart(stateDir, part);
    await openStateFolder(stateDir, folder);
    const lock = await FileLock.acquire(join(folder, 'owner.lock'), options).catch((error: unknown) => {
      if (!(error instanceof LayercastError && error.code === 'FILE_IN_USE')) throw error;
      throw new LayercastError('FILE_IN_USE', `another ${part} uses ${stateDir}: ${error.message}`, {
        hint: (say) => `Stop the other ${part}, or give this one a state directory of its own with ${say('stateDir')}`,
        cause: error,
      });
    });
    try {
      const records = await RecordDatabase.open(join(folder, 'records.db'));
      await lock.settle();
      return new OwnedDatabase(records, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.records.close();
    await this.#lock.release();
  }
}
