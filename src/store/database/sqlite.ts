import { rm } from 'node:fs/promises';
import { LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';

export type SqliteValue = string | number | null;
export type SqliteRow = Readonly<Record<string, SqliteValue>>;

/** A statement that is read once and run often. */
export interface SqliteStatement {
  run(values: readonly SqliteValue[]): void;
  all(values: readonly SqliteValue[]): readonly SqliteRow[];
}

/** The little of SQLite that is used here, whichever program brings it. */
export interface Sqlite {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  /** Statements cannot be run afterwards. */
  close(): void;
}

/** Where SQLite may come from. Each resolves to undefined where this host does not have it. */
export interface SqliteSources {
  /** Node's own, from version 22.13 on. */
  readonly node: () => Promise<NodeSqlite | undefined>;
  /** The npm package node-sqlite3-wasm. */
  readonly wasm: () => Promise<WasmSqlite | undefined>;
}

/** What is used of `node:sqlite`, of which the types of older Nodes know nothing. */
interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
  ) => {
    exec(sql: string): void;
    prepare(sql: string): { run(...values: SqliteValue[]): unknown; all(...values: SqliteValue[]): unknown[] };
    close(): void;
  };
}

/** The package is CommonJS, so its exports are those of the default. */
interface WasmSqlite {
  readonly default: typeof import('node-sqlite3-wasm');
}

/**
 * Opens a database of which the caller holds a lock: no other process has it open.
 *
 * @throws {LayercastError} `FILE_IO` if neither Node nor a package brings SQLite, or if the file cannot be opened
 */
export async function openSqlite(path: string, sources: SqliteSources = SOURCES): Promise<Sqlite> {
  const node = await sources.node();
  if (node !== undefined) return opened(path, () => fromNode(new node.DatabaseSync(path)));
  const wasm = await sources.wasm();
  if (wasm === undefined) {
    throw new LayercastError('FILE_IO', `this Node (${process.version}) has no SQLite, and no package brings it`, {
      hint: 'Use Node 22.13 or later, or install a package where layercast is installed: npm install node-sqlite3-wasm',
    });
  }
  // The package locks with a folder, which stays when a process is killed. The caller's lock says that it is nobody's.
  await rm(`${path}.lock`, { recursive: true, force: true });
  return opened(path, () => fromWasm(new wasm.default.Database(path)));
}

function opened(path: string, open: () => Sqlite): Sqlite {
  try {
    return open();
  } catch (error) {
    throw systemError(error, 'open', path);
  }
}

/** Names that a variable holds are looked up only when they are imported, so that older Nodes and builds without the package start. */
const [NODE, WASM] = ['node:sqlite', 'node-sqlite3-wasm'];

const SOURCES: SqliteSources = {
  node: async () => await import(NODE!).catch(() => undefined),
  wasm: async () => await import(WASM!).catch(() => undefined),
};

function fromNode(database: InstanceType<NodeSqlite['DatabaseSync']>): Sqlite {
  return {
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (values) => void statement.run(...values),
        all: (values) => statement.all(...values) as readonly SqliteRow[],
      };
    },
    close: () => database.close(),
  };
}

function fromWasm(database: import('node-sqlite3-wasm').Database): Sqlite {
  const statements: import('node-sqlite3-wasm').Statement[] = [];
  return {
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const index = statements.push(database.prepare(sql)) - 1;
      return {
        run(values) {
          try {
            statements[index]!.run([...values]);
          } catch (error) {
            // The package cannot run a statement again that has failed.
            end(statements[index]!);
            statements[index] = database.prepare(sql);
            throw error;
          }
        },
        all: (values) => statements[index]!.all([...values]) as readonly SqliteRow[],
      };
    },
    close() {
      for (const statement of statements) end(statement);
      database.close();
    },
  };
}

/** Frees a statement, which tells once more how it failed. */
function end(statement: import('node-sqlite3-wasm').Statement): void {
  try {
    statement.finalize();
  } catch {
    // It was told when it failed.
  }
}
