import { fstatSync, read } from 'node:fs';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';

/**
 * What comes from the standard input of this process, or another open file descriptor, to its end. Breaking off the loop closes nothing
 * but the stream.
 * @throws {LayercastError} `USAGE` for a terminal and when nothing comes; the system's reason why it cannot be read
 */
export async function* standardInput(fd: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  if (isatty(fd)) throw nothing('standard input is a terminal');
  const stream = openInput(fd);
  const stop = () => stream.destroy(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  let isEmpty = true;
  try {
    signal.throwIfAborted();
    for await (const piece of stream as AsyncIterable<Buffer>) {
      isEmpty = false;
      yield piece;
    }
  } catch (error) {
    signal.throwIfAborted();
    // Whoever copies what comes would take it for a fault of the place where it copies to.
    throw systemError(error, 'read', 'standard input');
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  if (isEmpty) throw nothing('nothing came from standard input');
}

/** A pipe is read without a thread that waits. No stream closes the descriptor: another file could get its number. */
function openInput(fd: number): Readable {
  const found = fstatSync(fd);
  if (found.isFIFO() || found.isSocket()) return new Socket({ fd, readable: true, writable: false });
  return Readable.from(piecesOf(fd), { objectMode: false });
}

const readFrom = promisify(read);

async function* piecesOf(fd: number): AsyncGenerator<Buffer, void, void> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(64 * 1024);
    const { bytesRead } = await readFrom(fd, buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function nothing(message: string): LayercastError {
  return new LayercastError('USAGE', `${message}, and "file: -" in the fleet file takes the object from there`, {
    hint: 'Pipe the object into the command: make-image | layercast serve --config fleet.yaml',
  });
}
