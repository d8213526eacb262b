import { fstatSync, write } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import type { ByteSink } from './byte-sink.js';

/** The standard output of this process, or another open file descriptor. It is not closed: the end of the process does that. */
export function standardOutput(fd = 1): ByteSink {
  const found = fstatSync(fd);
  return found.isFIFO() || found.isSocket() ? new PipeOutput(fd) : new FileOutput(fd);
}

const writeTo = promisify(write);

/** A file, a terminal or another device: the system takes bytes without making anybody wait for a reader. */
class FileOutput implements ByteSink {
  readonly #fd: number;
  #isAbandoned = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        if (this.#isAbandoned) throw abandoned();
        const { bytesWritten } = await writeTo(this.#fd, bytes, done, bytes.length - done, null);
        done += bytesWritten;
      }
    } catch (error) {
      throw closedOr(error);
    }
  }

  async end(): Promise<void> {}

  abandon(): void {
    this.#isAbandoned = true;
  }
}

/** A pipe or socket. A write that waits for the reader holds up no thread, so the program can end meanwhile. */
class PipeOutput implements ByteSink {
  readonly #socket: Socket;
  #fault: unknown;
  #wake: () => void = () => undefined;

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on('error', (error) => this.#fail(error));
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#fault === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#socket.write(bytes, () => resolve());
      });
    }
    if (this.#fault !== undefined) throw closedOr(this.#fault);
  }

  async end(): Promise<void> {}

  abandon(): void {
    this.#fail(abandoned());
    this.#socket.destroy();
  }

  #fail(error: unknown): void {
    this.#fault ??= error;
    this.#wake();
  }
}

function closedOr(error: unknown): LayercastError {
  if (errnoOf(error) !== 'EPIPE') return systemError(error, 'write to', 'standard output');
  return new LayercastError('OUTPUT_CLOSED', 'the reader has closed standard output before it had all of the object', {
    hint: 'Fetch again: what was received is kept, and the output begins again at the first byte',
    cause: error,
  });
}

function abandoned(): LayercastError {
  return new LayercastError('ABORTED', 'the output was given up');
}
