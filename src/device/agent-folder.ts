import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ObjectRecord, packRecord, unpackRecord } from '../agent/object-record.js';
import type { AgentJournal } from '../agent/ports.js';
import { LayercastError } from '../base/errors.js';
import { replaceFile } from '../store/durable.js';
import { openStateFolder, stateError } from '../store/folder/state-folder.js';
import { FileLock } from '../store/lock/file-lock.js';
import { statePart } from '../store/state-parts.js';

/** Name of the file of announced records: a line for each, of Base64 and, behind a space, the address of the server that announced it last. */
const ANNOUNCED = 'announced';

/** A record that was announced, and the server that announced it last, if one did. */
export interface AnnouncedRecord {
  /** The signed bytes. */
  readonly record: Uint8Array;
  readonly announcedBy: string | undefined;
}

export interface AgentFolderOptions {
  readonly stateDir: string;
  readonly fleet: string;
  /** Fingerprint, in hex, of what the agent trusts. */
  readonly anchorId: string;
  readonly signal: AbortSignal;
  readonly onWaiting: (message: string) => void;
  /** Told of a record that a disk has damaged. Its object counts as new then. */
  readonly onDamaged: (message: string) => void;
}

/**
 * The folder in the state directory where an agent keeps its journal: a file for each object, replaced in one step at each change. One
 * process at a time holds it.
 */
export class AgentFolder implements AgentJournal, AsyncDisposable {
  readonly #options: AgentFolderOptions;
  readonly #folder: string;
  readonly #lock: FileLock;
  /** What the file of announced records says, since this process wrote it. */
  #announced: string | undefined;

  private constructor(options: AgentFolderOptions, folder: string, lock: FileLock) {
    this.#options = options;
    this.#folder = folder;
    this.#lock = lock;
  }

  /** @throws {LayercastError} `FILE_IN_USE` while another agent of the fleet has this state directory; `PERMISSION_DENIED`, `DISK_FULL`, … */
  static async open(options: AgentFolderOptions): Promise<AgentFolder> {
    const { stateDir, fleet, anchorId, signal, onWaiting } = options;
    // The fleet's name comes from people, and may be longer than names of files.
    const folder = join(statePart(stateDir, 'agent'), hashOf([fleet, anchorId]));
    await openStateFolder(stateDir, folder);
    const lock = await FileLock.acquire(join(folder, 'agent.lock'), { signal, onWaiting }).catch((error: unknown) => {
      if (!(error instanceof LayercastError && error.code === 'FILE_IN_USE')) throw error;
      throw new LayercastError(
        'FILE_IN_USE',
        `another agent or gateway of fleet ${fleet} uses ${stateDir}: ${error.message}`,
        {
          hint: (say) => `Stop the other one, or give this one a state directory of its own with ${say('stateDir')}`,
          cause: error,
        },
      );
    });
    return new AgentFolder(options, folder, lock);
  }

  async load(): Promise<readonly ObjectRecord[]> {
    const { stateDir, onDamaged } = this.#options;
    try {
      const names = (await readdir(this.#folder)).filter((name) => /^[0-9a-f]{32}\.json$/.test(name));
      const records = await Promise.all(
        names.map(async (name) => {
          const record = unpackRecord(await readFile(join(this.#folder, name), 'utf8'));
          if (record !== undefined && nameOf(record.object) === name) return record;
          onDamaged(`${join(this.#folder, name)} is damaged; its object counts as new`);
          return undefined;
        }),
      );
      return records.filter((record) => record !== undefined);
    } catch (error) {
      throw stateError(error, stateDir);
    }
  }

  async save(record: ObjectRecord): Promise<void> {
    await this.#lock.requireHeld();
    await replaceFile(join(this.#folder, nameOf(record.object)), [Buffer.from(packRecord(record))]);
  }

  /** The records that were announced in the last wake; none if there are none, or the file is damaged. */
  async loadAnnounced(): Promise<readonly AnnouncedRecord[]> {
    const text = await readFile(join(this.#folder, ANNOUNCED), 'utf8').catch(() => '');
    return text.split('\n').flatMap((line) => {
      const [record = '', announcedBy] = line.split(' ');
      return line === '' ? [] : [{ record: Buffer.from(record, 'base64'), announcedBy }];
    });
  }

  /**
   * Keeps the records that are announced, so that the next life need not wait for them. They are judged anew there.
   *
   * @throws {LayercastError} `DISK_FULL`, `PERMISSION_DENIED`, …
   */
  async saveAnnounced(records: readonly AnnouncedRecord[]): Promise<void> {
    const lines = records.map(({ record, announcedBy }) =>
      [Buffer.from(record).toString('base64'), announcedBy].filter((part) => part !== undefined).join(' '),
    );
    const text = lines.map((line) => `${line}\n`).join('');
    if (text === this.#announced) return;
    await replaceFile(join(this.#folder, ANNOUNCED), [Buffer.from(text)]);
    this.#announced = text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock.release();
  }
}

/** The name of an object's file is a hash, because the object's name comes from the network. */
function nameOf(object: string): string {
  return `${hashOf(object)}.json`;
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}
