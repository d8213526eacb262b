import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import fs, { chmod, type FileHandle, mkdir, open, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { FileLock } from '../../../dist/store/lock/file-lock.js';
import { describeBed } from '../../lab/allowed.js';
import { asOrdinaryUser } from '../ordinary-user.js';
import { scratchDirectory } from '../scratch.js';

const CHILD = fileURLToPath(new URL('../lock-child.mjs', import.meta.url));
const scratch = await scratchDirectory();
let testCount = 0;
async function newPath(): Promise<string> {
  const directory = join(scratch, String(testCount++));
  await mkdir(directory);
  return join(directory, 'out.part.lock');
}

function start(path: string, roundCount: number, end: 'release' | 'die' | 'hold', through: readonly string[] = []) {
  const argv = [process.execPath, CHILD, path, String(roundCount), end];
  const [command = '', ...rest] = [...through, ...argv];
  // The counters of coverage cost such a process as much time as the rest, and this one runs the same lines.
  const env = { ...process.env, NODE_V8_COVERAGE: undefined };
  return spawn(command, rest, { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function exitOf(child: ReturnType<typeof start>): Promise<number | null> {
  const [code] = await once(child, 'exit');
  return code;
}

describe('a lock on a file', () => {
  it('is held once, and can be taken again after its release', async () => {
    const path = await newPath();
    const lock = await FileLock.acquire(path);
    await expect(FileLock.acquire(path)).rejects.toMatchObject({
      code: 'FILE_IN_USE',
      message: expect.stringContaining(`process ${process.pid} `),
    });
    await lock.release();
    await lock.release();
    const again = await FileLock.acquire(path);
    await lock.release();
    await expect(FileLock.acquire(path)).rejects.toMatchObject({ code: 'FILE_IN_USE' });
    await again.release();
    expect(await readdir(dirname(path))).toEqual([]);
  });

  it('names the process that holds it, and is free as soon as that process is killed', async () => {
    const path = await newPath();
    const child = start(path, 1, 'hold');
    await once(child.stdout, 'data');
    const expected = { code: 'FILE_IN_USE', message: expect.stringContaining(`process ${child.pid} `) };
    await expect(FileLock.acquire(path)).rejects.toMatchObject(expected);
    const exited = exitOf(child);
    child.kill('SIGKILL');
    await exited;
    const lock = await FileLock.acquire(path);
    await lock.release();
  });

  it('is held against other threads of the process, and is free as soon as the thread that holds it is lost', async () => {
    const path = await newPath();
    const module = new URL('../../../dist/store/lock/file-lock.js', import.meta.url);
    const code = `import(${JSON.stringify(module.href)}).then(async ({ FileLock }) => {
      await FileLock.acquire(${JSON.stringify(path)});
      const { parentPort } = await import('node:worker_threads');
      parentPort.on('message', () => undefined);
      parentPort.postMessage('locked');
    })`;
    const worker = new Worker(code, { eval: true });
    await once(worker, 'message');
    await expect(FileLock.acquire(path)).rejects.toMatchObject({ code: 'FILE_IN_USE' });
    await worker.terminate();
    const lock = await FileLock.acquire(path);
    await lock.release();
    expect(await readdir(dirname(path))).toEqual([]);
  });

  it.each([
    ['has died', { pid: 2 ** 22 + 1 }],
    ['lived under another boot', { bootId: '00000000-0000-0000-0000-000000000000' }],
    ['had an id that another process has now', { startedAt: '1' }],
  ])('is taken over from a process that %s', async (_, differences) => {
    const path = await newPath();
    const first = await FileLock.acquire(path);
    const holder: object = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...holder, ...differences }));
    const second = await FileLock.acquire(path);
    await first.release();
    await expect(FileLock.acquire(path)).rejects.toMatchObject({ code: 'FILE_IN_USE' });
    await second.release();
    expect(await readdir(dirname(path))).toEqual([]);
  });

  it('is judged by the process id alone if nothing else is known', async () => {
    const path = await newPath();
    await writeFile(path, JSON.stringify({ pid: process.ppid }));
    await expect(FileLock.acquire(path)).rejects.toMatchObject({ code: 'FILE_IN_USE' });
  });

  it.each(['', '\0\0\0', '{', 'null', '{"pid":-1}', '{"pid":"1"}'])(
    'is free when its content has been %j for a while',
    async (content) => {
      const path = await newPath();
      await writeFile(path, content);
      await utimes(path, 1_700_000_000, 1_700_000_000);
      const lock = await FileLock.acquire(path);
      await lock.release();
    },
  );

  it.each([
    ['in another pid namespace', { pidNamespace: 'pid:[1]' }],
    ['on another host', { bootId: '00000000-0000-0000-0000-000000000000', host: 'elsewhere' }],
  ])('is taken over from a process %s only when it has not been renewed for long', async (_, differences) => {
    const path = await newPath();
    const first = await FileLock.acquire(path);
    await first.abandon();
    const holder: object = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...holder, ...differences }));
    const renewing = setInterval(() => utimes(path, new Date(), new Date()), 50);
    const heard: string[] = [];
    const acquire = () => FileLock.acquire(path, { abandonedMs: 1000, onWaiting: (message) => heard.push(message) });
    await expect(acquire()).rejects.toMatchObject({ code: 'FILE_IN_USE', message: expect.stringContaining('of host') });
    clearInterval(renewing);
    const second = await acquire();
    expect(second.isContested).toBe(true);
    expect(heard).toEqual([expect.stringMatching(/^waiting up to 1 s .*out\.part\.lock/), heard[0]]);
    await expect(first.requireHeld()).rejects.toMatchObject({ code: 'FILE_IN_USE' });
    await second.requireHeld();
    await expect(acquire()).rejects.toMatchObject({ code: 'FILE_IN_USE' });
    await second.release();
    expect(await readdir(dirname(path))).toEqual([]);
  });

  it('stays contested when its holders die one after the other, until one of them settles', async () => {
    const path = await newPath();
    const first = await FileLock.acquire(path);
    await first.abandon();
    await writeFile(path, (await readFile(path, 'utf8')).replace(/pid:\[\d+\]/, 'pid:[1]'));
    const dies = async () => {
      const holder: object = JSON.parse(await readFile(path, 'utf8'));
      await writeFile(path, JSON.stringify({ ...holder, pid: 2 ** 22 + 1 }));
    };
    const second = await FileLock.acquire(path, { abandonedMs: 100 });
    await second.abandon();
    await dies();
    const third = await FileLock.acquire(path);
    expect(third.isContested).toBe(true);
    await third.settle();
    expect(third.isContested).toBe(false);
    await third.requireHeld();
    await third.abandon();
    await dies();
    const fourth = await FileLock.acquire(path);
    expect(fourth.isContested).toBe(false);
    await fourth.release();
  });

  it('stops being watched when the caller aborts', async () => {
    const path = await newPath();
    await writeFile(path, JSON.stringify({ pid: 1, pidNamespace: 'pid:[1]' }));
    const stopping = new AbortController();
    const acquired = FileLock.acquire(path, { signal: stopping.signal, onWaiting: () => stopping.abort() });
    await expect(acquired).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await readdir(dirname(path))).toEqual(['out.part.lock']);
  });

  it('works on a file system without links, where it may be seen before it is written', async () => {
    const { link } = fs;
    fs.link = () => Promise.reject(Object.assign(new Error('EPERM'), { code: 'EPERM' }));
    syncBuiltinESMExports();
    try {
      const path = await newPath();
      const lock = await FileLock.acquire(path);
      expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
      await expect(FileLock.acquire(path)).rejects.toMatchObject({ code: 'FILE_IN_USE' });
      await lock.release();
      await writeFile(path, '');
      const another = { code: 'FILE_IN_USE', message: expect.stringContaining('another process') };
      await expect(FileLock.acquire(path)).rejects.toMatchObject(another);
      expect(await readdir(dirname(path))).toEqual(['out.part.lock']);
    } finally {
      fs.link = link;
      syncBuiltinESMExports();
    }
  });

  it('is never held by two processes, whichever process dies in between', async () => {
    const path = await newPath();
    for (let round = 0; round < 2; round++) {
      const dying = Array.from({ length: 3 }, () => start(path, 1000, 'die'));
      const living = Array.from({ length: 3 }, () => start(path, 60, 'release'));
      const won = living.map(async (child) => Number((await once(child.stdout, 'data'))[0]));
      const codes = await Promise.all([...dying, ...living].map(exitOf));
      expect(codes.slice(3)).toEqual([0, 0, 0]);
      // One that never had its turn ends in peace; a failed witness would be code 1.
      for (const code of codes.slice(0, 3)) expect([0, 3]).toContain(code);
      expect((await Promise.all(won)).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    }
    const last = await FileLock.acquire(path);
    await last.release();
    expect(await readdir(dirname(path))).toEqual([]);
  });

  it('goes to exactly one of many processes that find a dead lock at the same time', async () => {
    for (let round = 0; round < 12; round++) {
      const path = await newPath();
      await writeFile(path, JSON.stringify({ pid: 2 ** 22 + 1 }));
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => FileLock.acquire(path)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await readdir(dirname(path))).toEqual(['out.part.lock']);
    }
  });

  it('asks a disk that does not answer to renew it once', async () => {
    const handle = await open(scratch);
    const methods: Pick<FileHandle, 'utimes'> = Object.getPrototypeOf(handle);
    await handle.close();
    const path = await newPath();
    const answers: (() => void)[] = [];
    vi.spyOn(methods, 'utimes').mockImplementation(async function (this: FileHandle) {
      // Locks that other tests have left are renewed, too.
      if (readlinkSync(`/proc/self/fd/${this.fd}`) === path)
        await new Promise<void>((resolve) => answers.push(resolve));
    });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const lock = await FileLock.acquire(path);
      vi.advanceTimersByTime(60_000);
      expect(answers).toHaveLength(1);
      answers[0]!();
      await vi.waitFor(() => {
        vi.advanceTimersByTime(2000);
        expect(answers).toHaveLength(2);
      });
      answers[1]!();
      await lock.release();
    } finally {
      vi.useRealTimers();
      vi.restoreAllMocks();
    }
  });

  it('is free when the process that took it could not open it, for want of descriptors, say', async () => {
    const path = await newPath();
    const { open: opens } = fs;
    fs.open = async (file, ...rest) => {
      if (file === path && rest[0] === 'r+') throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
      return await opens(file, ...rest);
    };
    syncBuiltinESMExports();
    try {
      await expect(FileLock.acquire(path)).rejects.toMatchObject({ message: expect.stringContaining('too many open') });
    } finally {
      fs.open = opens;
      syncBuiltinESMExports();
    }
    const lock = await FileLock.acquire(path);
    await lock.release();
  });

  it('says why it cannot be taken', async () => {
    const path = await newPath();
    await expect(FileLock.acquire(join(dirname(path), 'none', 'x'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await chmod(scratch, 0o755);
    await chmod(dirname(path), 0o555);
    const denied = asOrdinaryUser(() => FileLock.acquire(path));
    await expect(denied).rejects.toMatchObject({ code: 'PERMISSION_DENIED', message: expect.stringContaining(path) });
  });
});

describeBed(
  'a lock on a file in two containers',
  () => {
    it('is in use while its holder lives, and contested when the holder was killed', async () => {
      const path = await newPath();
      const child = start(path, 1, 'hold', ['unshare', '-Urpf', '--kill-child', '--mount-proc']);
      await once(child.stdout, 'data');
      const expected = { code: 'FILE_IN_USE', message: expect.stringContaining('process 1 of host') };
      await expect(FileLock.acquire(path)).rejects.toMatchObject(expected);
      const exited = exitOf(child);
      child.kill('SIGKILL');
      await exited;
      const lock = await FileLock.acquire(path, { abandonedMs: 2500 });
      expect(lock.isContested).toBe(true);
      await lock.release();
    });
  },
  { userNamespace: true },
);
