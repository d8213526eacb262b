import type { FileHandle } from 'node:fs/promises';
import { LayercastError } from '../../base/errors.js';
import { writeFully } from '../../store/durable.js';
import { openStateFolder } from '../../store/folder/state-folder.js';
import { openNameless } from '../../store/nameless-file.js';
import { statePart } from '../../store/state-parts.js';
import { roomError } from '../room-error.js';

/** A content that was copied, in a file without a name. */
export interface Spooled {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  /** Gives its room back. */
  close(): Promise<void>;
}

/**
 * Copies of contents that cannot be read at any place again and again: archives of folders, and what comes from a pipe. The files have no
 * names, so nothing of them is left when the process ends, however it ends.
 */
export class SpoolFolder {
  readonly #stateDir: string;
  readonly #limitBytes: number;
  #usedBytes = 0;

  /** @param limitBytes largest size of all copies of this server together */
  constructor(stateDir: string, limitBytes: number) {
    this.#stateDir = stateDir;
    this.#limitBytes = limitBytes;
  }

  /**
   * Copies all pieces.
   * @param what as in messages: `the archive of "/srv/maps"`
   * @throws {LayercastError} `DISK_FULL` when the limit or the disk is reached, and what `pieces` throws
   */
  async copy(pieces: AsyncIterable<Uint8Array>, what: string): Promise<Spooled> {
    const folder = statePart(this.#stateDir, 'spool');
    await openStateFolder(this.#stateDir, folder);
    const handle = await openNameless(folder).catch((error) => {
      throw roomError(error, 'create a file in', folder);
    });
    let sizeBytes = 0;
    const close = async () => {
      this.#usedBytes -= sizeBytes;
      await handle.close();
    };
    try {
      for await (const piece of pieces) {
        this.#requireRoom(piece.length, what);
        this.#usedBytes += piece.length;
        const position = sizeBytes;
        sizeBytes += piece.length;
        await writeFully(handle, piece, position);
      }
      return { handle, sizeBytes, close };
    } catch (error) {
      await close();
      throw roomError(error, 'copy to', folder);
    }
  }

  #requireRoom(neededBytes: number, what: string): void {
    if (this.#usedBytes + neededBytes <= this.#limitBytes) return;
    throw new LayercastError(
      'DISK_FULL',
      `${what} is larger than the room for copies: ${this.#limitBytes} bytes in all`,
      {
        hint: (say) => `Allow more with ${say('spoolBytes')}`,
      },
    );
  }
}
