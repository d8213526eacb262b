import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { scratchDirectory } from '../store/scratch.js';

const scratch = await scratchDirectory();
const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
/** A file system whose server never answers, in a mount namespace of this process: every open waits. */
const HANG =
  'exec 3<>/dev/fuse && mount -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 none away && exec "$0" "$@"';
const test = it.skipIf(!existsSync('/dev/fuse'));
const TIMES = { timeout: 20_000 };
let serverCount = 0;

interface Server {
  readonly folder: string;
  readonly child: ChildProcess;
  write(objects: string): Promise<void>;
  /** Objects on the air, in their order. */
  published(): Promise<readonly string[]>;
}

/** Serves objects that may lie in the folder `away`. Its events go to a file, with which it works in a thread of its own, or to a pipe. */
async function serving(output: 'file' | 'pipe', objects: string): Promise<Server> {
  const folder = join(scratch, String(serverCount++));
  await mkdir(join(folder, 'away'), { recursive: true });
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(join(folder, 'key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(join(folder, 'near'), 'near');
  await mkdir(join(folder, 'elsewhere'));
  await writeFile(join(folder, 'elsewhere', 'far'), 'far');
  const head = `fleet: hanging-${process.pid}-${serverCount}\nkey: key\nscope: interface\nhopLimit: 0\nservers: { s: {} }\n`;
  const write = (text: string) => writeFile(join(folder, 'fleet.yaml'), `${head}objects: { ${text} }\n`);
  await write(objects);
  const log = openSync(join(folder, 'log'), 'w');
  const argv = [process.execPath, MAIN, 'serve', '--config', 'fleet.yaml', '--json', '--state', 'state'];
  const stdio = ['ignore', output === 'file' ? log : 'pipe', output === 'file' ? log : 'pipe'] as const;
  const child = spawn('unshare', ['-Urm', 'sh', '-c', HANG, ...argv], { cwd: folder, stdio: [...stdio] });
  closeSync(log);
  let piped = '';
  child.stdout?.on('data', (chunk) => {
    piped += chunk;
  });
  child.stderr?.resume();
  onTestFinished(() => void child.kill('SIGKILL'));
  const published = async () => {
    const text = output === 'file' ? await readFile(join(folder, 'log'), 'utf8') : piped;
    return [...text.matchAll(/"event":"publish".*?"object":"(\w+)"/g)].map(([, name]) => name!);
  };
  return { folder, child, write, published };
}

const object = (name: string, file: string) =>
  `${name}: { file: ${file}, version: 1, code: none, channels: [{ rate: 1Mbit }] }`;

describeBed(
  'a file whose disk does not answer while it is opened',
  () => {
    test('delays no other object of its fleet file, nor a reload that names another file', async () => {
      const server = await serving(
        'pipe',
        `${object('a', 'away/a')}, ${object('b', 'away/b')}, ${object('c', 'near')}`,
      );
      await vi.waitFor(async () => expect(await server.published()).toEqual(['c']), TIMES);
      await server.write(`${object('a', 'away/a')}, ${object('b', 'elsewhere/far')}, ${object('c', 'near')}`);
      server.child.kill('SIGHUP');
      await vi.waitFor(async () => expect(await server.published()).toEqual(['c', 'b']), TIMES);
    });

    test.each(['pipe', 'file'] as const)(
      'does not delay the stop of a server that writes its events to a %s',
      async (output) => {
        const server = await serving(output, `${object('a', 'away/a')}, ${object('c', 'near')}`);
        await vi.waitFor(async () => expect(await server.published()).toEqual(['c']), TIMES);
        const exit = once(server.child, 'exit');
        const startedMs = performance.now();
        server.child.kill('SIGTERM');
        expect(await exit).toEqual([null, 'SIGTERM']);
        // Some half a second where nobody else needs the processor.
        expect(performance.now() - startedMs).toBeLessThan(2000);
      },
    );
  },
  { userNamespace: true },
);
