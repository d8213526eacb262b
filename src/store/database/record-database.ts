import { LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { openSqlite, type Sqlite, type SqliteStatement } from './sqlite.js';

/** A text under a key of its kind. */
export interface KeyedRecord {
  readonly kind: string;
  readonly key: string;
  readonly text: string;
}

/** A record that is there from now on, or, without a text, is not. */
export interface RecordChange extends Omit<KeyedRecord, 'text'> {
  readonly text: string | undefined;
}

/** Raised when an older program could not read what this one writes. */
const FORMAT_VERSION = 1;
/** Records are read in pieces, so that a hundred thousand of them are never in memory twice. */
const PAGE_COUNT = 1_000;

/** Texts under keys, in a file that a kill in the middle of a write leaves as it was before that write. The caller holds a lock for it. */
export class RecordDatabase {
  readonly path: string;
  readonly #sqlite: Sqlite;
  readonly #put: SqliteStatement;
  readonly #remove: SqliteStatement;
  readonly #page: SqliteStatement;

  private constructor(path: string, sqlite: Sqlite) {
    this.path = path;
    this.#sqlite = sqlite;
    this.#put = sqlite.prepare('INSERT OR REPLACE INTO records (kind, key, text) VALUES (?, ?, ?)');
    this.#remove = sqlite.prepare('DELETE FROM records WHERE kind = ? AND key = ?');
    this.#page = sqlite.prepare(
      `SELECT kind, key, text FROM records WHERE kind = ? AND key > ? ORDER BY key LIMIT ${PAGE_COUNT}`,
    );
  }

  /** @throws {LayercastError} `FILE_IO` for a damaged or newer file, or without SQLite; `PERMISSION_DENIED`, `DISK_FULL`, … */
  static async open(path: string, open = openSqlite): Promise<RecordDatabase> {
    const sqlite = await open(path);
    try {
      prepare(sqlite, path);
      return new RecordDatabase(path, sqlite);
    } catch (error) {
      sqlite.close();
      throw error instanceof LayercastError ? error : damaged(path, error);
    }
  }

  /** The records of a kind, in the order of their keys. */
  *all(kind: string): Iterable<KeyedRecord> {
    for (let after = ''; ; ) {
      const rows = this.#rows(kind, after);
      for (const { key, text } of rows) yield { kind, key: String(key), text: String(text) };
      if (rows.length < PAGE_COUNT) return;
      after = String(rows.at(-1)!.key);
    }
  }

  /**
   * Writes all changes or none; they are durable when it returns.
   *
   * @throws {LayercastError} `FILE_IO` if the disk refuses; nothing is changed then
   */
  write(changes: Iterable<RecordChange>): void {
    try {
      this.#sqlite.exec('BEGIN IMMEDIATE');
      try {
        for (const { kind, key, text } of changes) {
          if (text === undefined) this.#remove.run([kind, key]);
          else this.#put.run([kind, key, text]);
        }
        this.#sqlite.exec('COMMIT');
      } catch (error) {
        this.#rollBack();
        throw error;
      }
    } catch (error) {
      throw systemError(error, 'write', this.path);
    }
  }

  close(): void {
    this.#sqlite.close();
  }

  /** After a full disk and other errors SQLite has rolled back by itself, and says then that there is nothing to roll back. */
  #rollBack(): void {
    try {
      this.#sqlite.exec('ROLLBACK');
    } catch {
      // The error before is the one to tell.
    }
  }

  #rows(kind: string, after: string): ReturnType<SqliteStatement['all']> {
    try {
      return this.#page.all([kind, after]);
    } catch (error) {
      throw damaged(this.path, error);
    }
  }
}

function prepare(sqlite: Sqlite, path: string): void {
  // One process has the file, so the index of the log needs no memory that is shared. With "full", a commit is on the disk when it returns.
  sqlite.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  const [row] = sqlite.prepare('PRAGMA user_version').all([]);
  const found = Number(row?.user_version);
  if (found > FORMAT_VERSION) {
    throw new LayercastError(
      'FILE_IO',
      `${JSON.stringify(path)} has format ${found}; this program knows ${FORMAT_VERSION}`,
      {
        hint: 'Use the newer program that wrote the file, or remove the file',
      },
    );
  }
  sqlite.exec(
    'CREATE TABLE IF NOT EXISTS records (kind TEXT, key TEXT, text TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID;' +
      `PRAGMA user_version = ${FORMAT_VERSION}`,
  );
}

function damaged(path: string, cause: unknown): LayercastError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new LayercastError('FILE_IO', `cannot read the database ${JSON.stringify(path)}: ${said}`, {
    hint: `Move the file away (and ${path}-wal); what was in it is lost`,
    cause,
  });
}
