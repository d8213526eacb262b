import type { Opened } from '../receiver/destination.js';
import type { Seeds } from '../receiver/seeding/seeds.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { BlockRestorer } from './block-restorer.js';

/** Where a fetched object goes on this host. One process at a time holds a destination. */
export interface Destination extends AsyncDisposable {
  /** The file, folder or device, absolute; undefined if there is none. */
  readonly path: string | undefined;
  /** Highest version of this object, signed by this key, that was completed on this host; 0 if none. */
  readonly completedVersion: number;
  /**
   * Complete if the destination already has exactly the bytes that the descriptor names; else the store for them.
   * @throws {LayercastError} `DISK_FULL`, `PERMISSION_DENIED`, `FILE_IO`, …, and the error of the state directory
   */
  open(descriptor: Descriptor, restorer: BlockRestorer): Promise<Opened>;
  /** Seeds for what is fetched here. The delta lies beside the part file while it is needed. */
  seeds(paths: readonly string[], restorer: BlockRestorer): Seeds;
  /**
   * Remembers a completed version: this host refuses older versions from now on.
   * @throws {LayercastError} when the state directory cannot be written; the output stays as it is
   */
  remember(version: number, sha256: string): Promise<void>;
}
