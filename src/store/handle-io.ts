import type { FileHandle } from 'node:fs/promises';
import { LayercastError } from '../base/errors.js';

/**
 * Fills `into` from byte `position` on. One read may bring less than there is.
 *
 * @returns how many bytes there were: fewer than `into` has only if the file ends there
 * @throws the error of the system
 */
export async function readUpTo(handle: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** As `readUpTo`. @throws {LayercastError} `FILE_IO` if the file ends before `into` is full */
export async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  const readBytes = await readUpTo(handle, into, position);
  if (readBytes < into.length)
    throw new LayercastError('FILE_IO', `the file ends at byte ${position + readBytes}, too early`);
}
