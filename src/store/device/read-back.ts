import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { FILE_PIECE_BYTES } from '../../base/limits.js';
import { systemError } from '../../base/system-error.js';

/** The part of WebAssembly that this file uses; TypeScript declares WebAssembly for browsers only. */
declare const WebAssembly: {
  readonly Memory: new (options: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

/**
 * SHA-256 of the first bytes of a device, as they are on the device: past the system's memory where it can be passed (O_DIRECT).
 * @throws {LayercastError} `ABORTED`, `FILE_IO`, `PERMISSION_DENIED`
 */
export async function deviceDigest(path: string, sizeBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
  for (const flags of [constants.O_RDONLY | (constants.O_DIRECT ?? 0), constants.O_RDONLY]) {
    try {
      const handle = await open(path, flags);
      return await digestOf(handle, sizeBytes, signal).finally(() => handle.close());
    } catch (error) {
      // Not every device and file system can be read past the system's memory.
      if (flags === constants.O_RDONLY || errnoOf(error) !== 'EINVAL') throw systemError(error, 'read', path);
    }
  }
  throw new LayercastError('INTERNAL', `${path} was not read`);
}

/** Direct reads need memory at an address that is a multiple of the sector, as a WebAssembly memory is, and lengths that are. */
async function digestOf(handle: FileHandle, sizeBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const memory = Buffer.from(new WebAssembly.Memory({ initial: FILE_PIECE_BYTES / 65_536 }).buffer);
  const hash = createHash('sha256');
  for (let done = 0; done < sizeBytes; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(memory, 0, memory.length, done);
    if (bytesRead === 0) throw new LayercastError('FILE_IO', `the device ends at byte ${done}, too early`);
    const count = Math.min(bytesRead, sizeBytes - done);
    hash.update(memory.subarray(0, count));
    done += count;
  }
  return hash.digest();
}
