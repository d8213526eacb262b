import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { programOf } from '../lab/program-of.js';
import { asOrdinaryUser } from '../store/ordinary-user.js';
import { scratchDirectory } from '../store/scratch.js';
import { CONTENT, DESCRIPTOR, fill, GEOMETRY, NO_RESTORER, openDestination, storeOf } from './destinations.js';

const CHILD = await programOf(new URL('destination-child.ts', import.meta.url));
const scratch = realpathSync(await scratchDirectory());
chmodSync(scratch, 0o755);
let folderCount = 0;
function newFolder(): string {
  const folder = join(scratch, String(folderCount++));
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  return folder;
}

/** Receives all of the object into `output`. */
async function receive(output: string, stateDir: string): Promise<void> {
  await using destination = await openDestination(output, stateDir);
  const store = await storeOf(destination);
  fill(store);
  await store.commit();
  await destination.remember(1, Buffer.from(DESCRIPTOR.sha256).toString('hex'));
}

const unusable = {
  message: expect.stringMatching(/^the state directory ".*" cannot be used: /),
  hint: expect.stringMatching(/the option stateDir.*XDG_STATE_HOME/),
};

describe('a state directory that cannot be written', () => {
  it.each(['/proc/none/of/this/layercast', '/proc/self/layercast', '/dev/null/layercast'])(
    'is found before anything is received: %s',
    async (stateDir) => {
      const folder = newFolder();
      await expect(openDestination(join(folder, 'x'), stateDir)).rejects.toMatchObject({
        code: expect.stringMatching(/FILE_NOT_FOUND|PERMISSION_DENIED/),
        ...unusable,
      });
      await expect(openDestination(join(folder, 'x'), folder, { journalDir: stateDir })).rejects.toMatchObject(
        unusable,
      );
      expect(readdirSync(folder).filter((name) => name !== 'completed')).toEqual([]);
    },
  );

  it.each(['root', 'root/state', 'root/state/completed'])('because %s is a file, is found', async (where) => {
    const folder = newFolder();
    mkdirSync(join(folder, where, '..'), { recursive: true });
    writeFileSync(join(folder, where), '');
    const opened = openDestination(join(folder, 'x'), join(folder, 'root', 'state'));
    await expect(opened).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', ...unusable });
  });

  it('because it is a link to nowhere or in a circle, is found', async () => {
    const folder = newFolder();
    symlinkSync('nowhere', join(folder, 'dangling'));
    symlinkSync('circle', join(folder, 'circle'));
    for (const name of ['dangling', 'circle']) {
      await expect(openDestination(join(folder, 'x'), join(folder, name))).rejects.toMatchObject(unusable);
    }
  });

  it.each([0o555, 0o000])('by this user (mode %o) is found', async (mode) => {
    const folder = newFolder();
    const stateDir = join(folder, 'state');
    mkdirSync(stateDir);
    chmodSync(stateDir, mode);
    const opened = asOrdinaryUser(() => openDestination(join(folder, 'x'), stateDir));
    await expect(opened).rejects.toMatchObject({ code: 'PERMISSION_DENIED', ...unusable });
    expect(readdirSync(folder)).toEqual(['state']);
  });

  it('does not prevent a right FILE from being recognised; only remembering its version fails', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'x'), CONTENT);
    await using destination = await openDestination(join(folder, 'x'), '/proc/none');
    expect(await destination.open(DESCRIPTOR, NO_RESTORER)).toEqual({ kind: 'complete' });
    await expect(destination.remember(1, '00')).rejects.toMatchObject(unusable);
    const other = { ...DESCRIPTOR, sha256: new Uint8Array(32) };
    await expect(destination.open(other, NO_RESTORER)).rejects.toMatchObject(unusable);
  });
});

describe('a destination', () => {
  it('that is a link gets its target replaced; working files are beside the target, and the link stays', async () => {
    const [folder, other] = [newFolder(), newFolder()];
    symlinkSync(join('..', basename(other), 'target'), join(folder, 'link'));
    for (const old of [undefined, 'old']) {
      if (old !== undefined) writeFileSync(join(other, 'target'), old);
      await using destination = await openDestination(join(folder, 'link'), join(folder, 'state'));
      const store = await storeOf(destination);
      expect(readdirSync(other)).toEqual(
        expect.arrayContaining(['target.part', 'target.part.journal', 'target.part.lock']),
      );
      await expect(openDestination(join(other, 'target'), folder)).rejects.toMatchObject({ code: 'FILE_IN_USE' });
      fill(store);
      await store.commit();
      expect(readlinkSync(join(folder, 'link'))).toBe(join('..', basename(other), 'target'));
      expect(lstatSync(join(other, 'target')).isFile()).toBe(true);
      expect(readFileSync(join(other, 'target')).equals(CONTENT)).toBe(true);
    }
  });

  it.each([0o600, 0o640, 0o444, 0o755, 0o4711, 0o2755])('keeps the mode %o of the file it replaces', async (mode) => {
    const folder = newFolder();
    const path = join(folder, 'x');
    writeFileSync(path, 'old');
    chmodSync(path, mode);
    await using destination = await openDestination(path, join(folder, 'state'));
    const store = await storeOf(destination);
    expect(statSync(`${path}.part`).mode & 0o777).toBe(0o600);
    fill(store);
    await store.commit();
    expect(statSync(path).mode & 0o7777).toBe(mode);
  });

  it('gives a new file the mode that the umask leaves', async () => {
    const folder = newFolder();
    const before = process.umask(0o027);
    try {
      await receive(join(folder, 'x'), join(folder, 'state'));
    } finally {
      process.umask(before);
    }
    expect(statSync(join(folder, 'x')).mode & 0o7777).toBe(0o640);
  });

  it.runIf(process.geteuid?.() === 0)(
    'keeps owner and group, or gives nobody more rights where it may not',
    async () => {
      const folder = newFolder();
      const path = join(folder, 'x');
      writeFileSync(path, 'old');
      chownSync(path, 1234, 4321);
      chmodSync(path, 0o6755);
      await receive(path, join(folder, 'state'));
      expect(statSync(path)).toMatchObject({ uid: 1234, gid: 4321, mode: 0o106755 });
      writeFileSync(path, 'older');
      chmodSync(path, 0o6754);
      const stateDir = newFolder();
      await asOrdinaryUser(() => receive(path, stateDir));
      const { uid, gid, mode } = statSync(path);
      expect([uid, gid === 4321, mode & 0o7777]).toEqual([65534, false, 0o744]);
    },
  );

  it('whose last rename fails reports the error, and the next run has nothing to receive', async () => {
    const folder = newFolder();
    const path = join(folder, 'x');
    {
      await using destination = await openDestination(path, join(folder, 'state'));
      const store = await storeOf(destination);
      fill(store);
      store.acceptBlock(0);
      mkdirSync(path);
      await expect(store.commit()).rejects.toMatchObject({
        code: 'NOT_A_FILE',
        message: expect.stringMatching(/cannot rename the finished file to ".*x": it is a directory/),
      });
      await store.close();
    }
    rmdirSync(path);
    await using destination = await openDestination(path, join(folder, 'state'));
    const store = await storeOf(destination);
    expect([store.holdings.filled.count, store.verifiedBlocks.count]).toEqual([GEOMETRY.symbolCount, 1]);
    await store.commit();
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
  });

  it('of a read-only file whose last rename failed can be continued by an ordinary user', async () => {
    const stateDir = newFolder();
    const folder = join(newFolder(), 'own');
    const path = join(folder, 'x');
    await asOrdinaryUser(async () => {
      mkdirSync(folder);
      writeFileSync(path, 'old', { mode: 0o444 });
      {
        await using destination = await openDestination(path, stateDir);
        const store = await storeOf(destination);
        fill(store);
        chmodSync(folder, 0o555);
        await expect(store.commit()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
        chmodSync(folder, 0o755);
      }
      await using destination = await openDestination(path, stateDir);
      const store = await storeOf(destination);
      expect(store.holdings.filled.count).toBe(GEOMETRY.symbolCount);
      await store.commit();
    });
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o444);
    expect(existsSync(`${path}.part.journal`)).toBe(false);
  });

  it('that has lost its lock neither renames nor removes anything, and reports the loss', async () => {
    const folder = newFolder();
    const path = join(folder, 'x');
    writeFileSync(path, 'old');
    for (const end of ['checkpoint', 'commit', 'discard'] as const) {
      await using destination = await openDestination(path, join(folder, 'state'));
      const store = await storeOf(destination);
      fill(store);
      const lock = readFileSync(`${path}.part.lock`, 'utf8');
      writeFileSync(`${path}.part.lock`, lock.replace(/"nonce":"\w+"/, '"nonce":"another"'));
      const before = readdirSync(folder);
      await expect(store[end]()).rejects.toMatchObject({
        code: 'FILE_IN_USE',
        message: expect.stringMatching(/suspended/),
      });
      await store.close();
      expect(readdirSync(folder)).toEqual(before);
      expect(readFileSync(path, 'utf8')).toBe('old');
      await destination[Symbol.asyncDispose]();
      expect(readFileSync(`${path}.part.lock`, 'utf8')).toContain('another');
      rmSync(`${path}.part.lock`);
    }
  });

  it('with a name as long as names can be keeps its journal in the state directory', async () => {
    const folder = newFolder();
    const path = join(folder, 'ü'.repeat(120));
    const journalDir = join(folder, 'state');
    await using destination = await openDestination(path, journalDir, { journalDir });
    const store = await storeOf(destination);
    expect(readdirSync(journalDir).filter((name) => name.endsWith('.journal'))).toHaveLength(1);
    await store.discard();
  });
});

describeBed(
  'a state directory on a file system of its own',
  () => {
    it.each([
      ['read-only', 'mount -t tmpfs -o ro none', 'PERMISSION_DENIED'],
      ['full', 'mount -t tmpfs -o size=4k,nr_inodes=2 none', 'DISK_FULL'],
    ])('that is %s is found before anything is received', (_, mount, code) => {
      const folder = newFolder();
      mkdirSync(join(folder, 'state'));
      const run = `${mount} "${folder}/state" && exec "$0" "$@"`;
      const argv = [CHILD, join(folder, 'x'), join(folder, 'state')];
      const { stdout, stderr } = spawnSync('unshare', ['-Urm', 'sh', '-c', run, process.execPath, ...argv]);
      expect(stdout.length, String(stderr)).toBeGreaterThan(0);
      const said = JSON.parse(String(stdout));
      expect(said).toMatchObject({ code, ...unusable });
      expect(readdirSync(folder)).toEqual(['state']);
    });
  },
  { userNamespace: true },
);
