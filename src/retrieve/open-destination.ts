import type { Destination } from './destination.js';
import { FileDestination } from './file-destination.js';
import type { WorkingFilesOptions } from './working-files.js';

export interface DestinationOptions extends WorkingFilesOptions {
  /** FILE; symbolic links are followed. */
  readonly output: string;
}

/**
 * Checks everything that receiving into the output needs: the output itself, the state directory, and the lock. So errors are found before
 * anything is received.
 * @throws {LayercastError} `FILE_IN_USE`, `USAGE` and `FILE_NOT_FOUND` (no name of a file, no such folder), `PERMISSION_DENIED`,
 *   `DISK_FULL`, `ABORTED`, …
 */
export function openDestination({ output, ...options }: DestinationOptions): Promise<Destination> {
  return FileDestination.open(output, options);
}
