import { type OutputTarget, outputKindOf } from '../options/output-target.js';
import type { Destination } from './destination.js';
import { DeviceDestination } from './device/device-destination.js';
import { FileDestination, type FileDestinationOptions } from './file-destination.js';
import { environmentOf } from './object-environment.js';
import { CommandInput } from './stream/command-input.js';
import { standardOutput } from './stream/standard-output.js';
import { StreamDestination } from './stream/stream-destination.js';
import { TreeDestination } from './tree/tree-destination.js';

export interface DestinationOptions extends FileDestinationOptions {
  readonly output: OutputTarget;
}

/**
 * Checks everything that receiving into the output needs: the output itself, the state directory, and the lock. So errors are found before
 * anything is received.
 * @throws {LayercastError} `FILE_IN_USE`, `USAGE` and `FILE_NOT_FOUND` (no name of a file, no such folder), `PERMISSION_DENIED`,
 *   `DISK_FULL`, `ABORTED`, …
 */
export function openDestination({ output, ...options }: DestinationOptions): Promise<Destination> {
  const target = outputKindOf(output);
  switch (target.kind) {
    case 'stdout':
      return StreamDestination.open({ id: '-', open: () => standardOutput(), canRestart: false }, options);
    case 'pipe': {
      const { pipe: argv, timeoutMs } = target;
      const open = (descriptor: Parameters<typeof environmentOf>[0]) =>
        new CommandInput({ argv, timeoutMs, environment: environmentOf(descriptor) });
      return StreamDestination.open({ id: JSON.stringify(argv), open, canRestart: true }, options);
    }
    case 'dir':
      return TreeDestination.open(target.path, options);
    case 'device':
      return DeviceDestination.open(target.path, options);
    case 'file':
      return FileDestination.open(target.path, options);
  }
}
