import { chmod, rename, writeFile } from 'node:fs/promises';
import { systemError } from '../base/system-error.js';
import { removeQuietly, temporaryName } from '../store/durable.js';

/** Changes that follow each other faster than this share one writing. */
const GAP_MS = 200;

/**
 * Keeps a file that tells others what a program is doing. The file is replaced in one step, so that a reader finds whole JSON. It is not
 * flushed: after a power cut the program writes it anew.
 */
export class StatusFile {
  readonly #path: string;
  readonly #content: () => object;
  readonly #onFailure: (message: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, content: () => object, onFailure: (message: string) => void) {
    this.#path = path;
    this.#content = content;
    this.#onFailure = onFailure;
  }

  /** Says that the content has changed. */
  change(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.#write());
    }, GAP_MS);
  }

  /** Writes the last content; nothing is written later. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write();
  }

  async #write(): Promise<void> {
    const temporary = temporaryName(this.#path);
    try {
      await writeFile(temporary, `${JSON.stringify(this.#content(), null, 2)}\n`, { flag: 'wx' });
      await chmod(temporary, 0o644);
      await rename(temporary, this.#path);
    } catch (error) {
      await removeQuietly(temporary);
      this.#onFailure(systemError(error, 'write', this.#path).message);
    }
  }
}
