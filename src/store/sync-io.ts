import { readSync, writeSync } from 'node:fs';

/**
 * Writes all of `bytes` at byte `position`. A full disk takes a part of the bytes, and reports that it is full only at the next
 * write.
 *
 * @param write is for tests
 * @throws the error of the system; a part may be written then
 */
export function writeWholly(
  fd: number,
  bytes: Uint8Array,
  position: number,
  write: typeof writeSync = writeSync,
): void {
  for (let done = 0; done < bytes.length; ) {
    done += write(fd, bytes, done, bytes.length - done, position + done);
  }
}

/**
 * Fills `into` from byte `position` on. A signal may end a read early; this goes on then.
 *
 * @returns how many bytes there were: fewer than `into` has only if the file ends there
 * @throws the error of the system
 */
export function readWholly(fd: number, into: Uint8Array, position: number): number {
  let done = 0;
  while (done < into.length) {
    const readBytes = readSync(fd, into, done, into.length - done, position + done);
    if (readBytes === 0) break;
    done += readBytes;
  }
  return done;
}
