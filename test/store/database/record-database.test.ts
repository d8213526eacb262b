import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordDatabase } from '../../../dist/store/database/record-database.js';
import { openSqlite, type Sqlite } from '../../../dist/store/database/sqlite.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layercast-database-'));
  path = join(folder, 'manager.db');
});

afterEach(() => rm(folder, { recursive: true }));

const put = (key: string, text: string | undefined) => ({ kind: 'device', key, text });

async function contentOf(file: string): Promise<Record<string, string>> {
  const database = await RecordDatabase.open(file);
  try {
    return Object.fromEntries([...database.all('device')].map(({ key, text }) => [key, text]));
  } finally {
    database.close();
  }
}

describe('a database of records', () => {
  it('has after it was opened anew what was written, in the order of keys and over pages', async () => {
    const database = await RecordDatabase.open(path);
    const keys = Array.from({ length: 1200 }, (_, i) => `d${String(i).padStart(5, '0')}`);
    database.write(keys.map((key) => put(key, `{"of":"${key}"}`)));
    database.write([put('d00007', 'new'), put('d00008', undefined), { kind: 'other', key: 'd00007', text: 'x' }]);
    database.close();
    const content = await contentOf(path);
    expect(Object.keys(content)).toEqual(keys.filter((key) => key !== 'd00008'));
    expect([content.d00007, content.d01199]).toEqual(['new', '{"of":"d01199"}']);
  });

  it('is as before a write of which any change fails', async () => {
    const database = await RecordDatabase.open(path);
    database.write([put('a', '1')]);
    const changes = [put('a', '2'), put('b', {} as string)];
    expect(() => database.write(changes)).toThrow(/cannot write/);
    database.write([put('c', '3')]);
    database.close();
    expect(await contentOf(path)).toEqual({ a: '1', c: '3' });
  });

  it('says that there is no room, is as before then, and takes writes when there is room again', async () => {
    let sqlite: Sqlite | undefined;
    const database = await RecordDatabase.open(path, async (file) => {
      sqlite = await openSqlite(file);
      return sqlite;
    });
    database.write([put('a', '1')]);
    sqlite!.exec('PRAGMA max_page_count = 4');
    expect(() => database.write([put('a', '2'), put('b', 'x'.repeat(100_000))])).toThrow(/full/);
    sqlite!.exec('PRAGMA max_page_count = 1000');
    database.write([put('c', '3')]);
    database.close();
    expect(await contentOf(path)).toEqual({ a: '1', c: '3' });
  });

  it('is as after one of its writes wherever a kill cuts off the log, and never as in the middle of one', async () => {
    const database = await RecordDatabase.open(path);
    for (let round = 1; round <= 4; round++) {
      database.write(Array.from({ length: 30 }, (_, i) => put(`d${i}`, String(round).repeat(40))));
    }
    // What a killed process leaves: nothing was closed.
    const [left, log] = [join(folder, 'left.db'), await readFile(`${path}-wal`)];
    await copyFile(path, join(folder, 'before.db'));
    database.close();
    const seen = new Set<string>();
    for (let length = 0; length <= log.length; length += 1997) {
      await copyFile(join(folder, 'before.db'), left);
      await writeFile(`${left}-wal`, log);
      await truncate(`${left}-wal`, length);
      const content = Object.values(await contentOf(left));
      expect(new Set(content).size, `cut after ${length} bytes`).toBeLessThanOrEqual(1);
      expect([0, 30]).toContain(content.length);
      seen.add(content[0] ?? 'nothing');
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  it('says what is wrong with a file that is no database, or that a newer program wrote', async () => {
    await writeFile(
      path,
      'these are not the bytes of a database, though they are more than a hundred of them: '.repeat(9),
    );
    await expect(RecordDatabase.open(path)).rejects.toMatchObject({
      code: 'FILE_IO',
      hint: expect.stringMatching(/Move the file away/),
    });
    const newer = join(folder, 'newer.db');
    const sqlite = await openSqlite(newer);
    sqlite.exec('PRAGMA user_version = 9');
    sqlite.close();
    await expect(RecordDatabase.open(newer)).rejects.toMatchObject({
      code: 'FILE_IO',
      message: expect.stringMatching(/format 9/),
    });
  });

  it('says plainly what is missing where nothing brings SQLite', async () => {
    const none = { node: async () => undefined, wasm: async () => undefined };
    await expect(openSqlite(path, none)).rejects.toMatchObject({
      code: 'FILE_IO',
      message: expect.stringMatching(/has no SQLite/),
      hint: expect.stringMatching(/node-sqlite3-wasm/),
    });
  });
});
