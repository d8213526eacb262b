import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { removeQuietly, replaceFile } from '../../store/durable.js';
import { openStateFolder, stateError } from '../../store/folder/state-folder.js';
import { statePart } from '../../store/state-parts.js';

/** What a folder was made of. */
interface Made {
  readonly sha256: Uint8Array;
  /** As `TreeArchive.fingerprint`. */
  readonly fingerprint: string;
}

function textOf({ sha256, fingerprint }: Made): string {
  return `${Buffer.from(sha256).toString('hex')} ${createHash('sha256').update(fingerprint).digest('hex')}\n`;
}

/**
 * Which folders of this host have been made by fetches, as a file each in the state directory. Only such a folder, or an empty one, is
 * replaced: what people have put into a folder must not vanish because its name was typed. The same holds for the folders beside it that a fetch makes
 * for a while.
 */
export class OwnedFolders {
  readonly #stateDir: string;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** @throws {LayercastError} `PERMISSION_DENIED`, … when the state directory cannot be read */
  async has(path: string): Promise<boolean> {
    try {
      return (await readFile(this.#fileOf(path), 'utf8')) === `${path}\n`;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw stateError(error, this.#stateDir);
    }
  }

  /** @throws {LayercastError} `PERMISSION_DENIED`, `DISK_FULL`, … */
  async add(path: string): Promise<void> {
    if (await this.has(path)) return;
    await openStateFolder(this.#stateDir, statePart(this.#stateDir, 'trees'));
    await replaceFile(this.#fileOf(path), [Buffer.from(`${path}\n`)]);
  }

  /** Forgets a folder that is gone. */
  async forget(path: string): Promise<void> {
    await removeQuietly(this.#fileOf(path));
  }

  /** @throws {LayercastError} `USAGE` for a folder with files that no fetch has put there; as `has` */
  async requireReplaceable(path: string): Promise<void> {
    const names = await readdir(path).catch((error) => {
      if (errnoOf(error) === 'ENOENT') return [];
      throw systemError(error, 'read', path);
    });
    if (names.length === 0 || (await this.has(path))) return;
    throw new LayercastError('USAGE', `${JSON.stringify(path)} has files that no fetch has put there`, {
      hint: 'A fetch replaces the whole folder: empty it, move it away, or name another folder',
    });
  }

  /** Notes what a folder was made of, and its fingerprint then. */
  async noteMade(path: string, made: Made): Promise<void> {
    await replaceFile(`${this.#fileOf(path)}.made`, [Buffer.from(textOf(made))]);
  }

  /** Whether the folder was made of this object, and its lists (names, modes, inodes, times of changes) are as they were then. */
  async isAsMade(path: string, made: Made): Promise<boolean> {
    const noted = await readFile(`${this.#fileOf(path)}.made`, 'utf8').catch(() => undefined);
    return noted === textOf(made);
  }

  #fileOf(path: string): string {
    return join(statePart(this.#stateDir, 'trees'), createHash('sha256').update(path).digest('hex'));
  }
}
