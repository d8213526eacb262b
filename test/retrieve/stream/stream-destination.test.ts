import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openDestination } from '../../../dist/retrieve/open-destination.js';
import { CONTENT, DESCRIPTOR, fill, NO_RESTORER, storeOf } from '../destinations.js';

const scratch = mkdtempSync(join(tmpdir(), 'layercast-stream-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let count = 0;

function open(script: string, stopping = new AbortController()) {
  const stateDir = join(scratch, `${count++}`);
  const opened = openDestination({
    output: { pipe: ['sh', '-c', script, 'sh', scratch] },
    ...{ fleet: 'f', object: 'a/b', keyFingerprint: 'ab', journalDir: undefined, stateDir, signal: stopping.signal },
  });
  return { opened, left: () => readdirSync(join(stateDir, 'streams')).filter((name) => !name.endsWith('.lock')) };
}

test('a command gets the whole object and its description, and nothing is left of it on disk', async () => {
  const { opened, left } = open('cat > $1/got; env | grep LAYERCAST_ | sort > $1/env');
  await using destination = await opened;
  const store = await storeOf(destination);
  fill(store);
  expect(left()).toHaveLength(2);
  store.acceptBlock(0);
  await store.commit();
  expect(readFileSync(join(scratch, 'got')).equals(CONTENT)).toBe(true);
  const names =
    /^LAYERCAST_FLEET=.*\nLAYERCAST_OBJECT=.*\nLAYERCAST_SHA256=[0-9a-f]{64}\nLAYERCAST_SIZE=119993\nLAYERCAST_VERSION=\d+\n$/;
  expect(readFileSync(join(scratch, 'env'), 'utf8')).toMatch(names);
  expect(left()).toEqual([]);
});

test('a command that fails keeps what was received; one that succeeds early is enough', async () => {
  const { opened, left } = open('head -c 10 >/dev/null; exit 3');
  await using destination = await opened;
  const store = await storeOf(destination);
  fill(store);
  await expect(store.commit()).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    message: 'the command "sh" ended with exit code 3',
  });
  expect(left()).toHaveLength(2);
  const early = open('head -c 10 > $1/ten');
  await using enough = await early.opened;
  const other = await storeOf(enough);
  fill(other);
  await other.commit();
  expect(readFileSync(join(scratch, 'ten')).length).toBe(10);
});

test('a newer version ends the command of the former and begins anew', async () => {
  const { opened } = open('trap "echo ended > $1/former; exit 1" TERM; cat > $1/newest; sleep 0.1');
  await using destination = await opened;
  const former = await storeOf(destination);
  fill(former);
  former.acceptBlock(0);
  while (!existsSync(join(scratch, 'newest'))) await new Promise((resolve) => setTimeout(resolve, 10));
  await former.discard();
  const newer = { ...DESCRIPTOR, version: DESCRIPTOR.version + 1, sizeBytes: 0, blockCount: 0, sha256: EMPTY };
  const opening = await destination.open(newer, NO_RESTORER);
  if (opening.kind !== 'store') throw new Error(opening.kind);
  await opening.store.commit();
  expect(readFileSync(join(scratch, 'newest')).length).toBe(0);
});

const EMPTY = Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex');
