import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { inherited } from '../../dist/work/start-worker.js';

const top = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'layercast-worker-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Restores a block of 4 symbols in a thread. */
const WORK = `
import { createHash } from 'node:crypto';
import { openSync } from 'node:fs';
import { RestoringThreads } from '${new URL('../../dist/retrieve/block-restorer.js', import.meta.url)}';
const restorer = new RestoringThreads(1);
const content = { esis: Int32Array.of(3, 0, 1, 2), spares: [] };
const place = { fd: openSync('block', 'r+'), path: 'block', position: 0, lengthBytes: 64, symbolBytes: 16 };
const digest = createHash('sha256').update(Buffer.alloc(64, 7)).digest();
const outcome = await restorer.restore({ ...place, content }, digest, async () => [[0, 4]]);
console.log('solved', outcome === 'genuine');
await restorer.rest();
`;
writeFileSync(join(folder, 'block'), Buffer.alloc(64, 7));

function run(args: readonly string[], cwd = folder): Promise<string> {
  return new Promise((resolve) => {
    // The counters of coverage cost a process a fifth of its time, and others run the same lines.
    const env = { ...process.env, NODE_V8_COVERAGE: undefined };
    execFile(process.execPath, args, { cwd, env, timeout: 20_000 }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

describe('threads work with all options of Node', () => {
  const file = join(folder, 'work.mjs');
  writeFileSync(file, WORK);
  writeFileSync(join(folder, 'work.test.mjs'), WORK);
  const tsx = createRequire(import.meta.url).resolve('tsx');

  it.each([
    ['--input-type=module', '-e', WORK],
    ['--input-type', 'module', '--eval', WORK],
    ['-p', "import('./work.mjs')"],
    ['--test', 'work.test.mjs'],
    ['--max-old-space-size=200', '--expose-gc', 'work.mjs'],
    ['--title=somebody', 'work.mjs'],
    ['--inspect=127.0.0.1:0', 'work.mjs'],
    ['--import', tsx, 'work.mjs'],
    [`--import=${tsx}`, '--enable-source-maps', 'work.mjs'],
    ['--conditions=development', '-C', 'test', 'work.mjs'],
    ['--no-warnings', '--unhandled-rejections=strict', 'work.mjs'],
  ])('node %s %s', async (...args) => {
    expect(await run(args.filter((arg) => arg !== undefined))).toContain('solved true');
  });

  it('and inherit the options that decide how modules are loaded, with their values', () => {
    expect(
      inherited(['--import', 'tsx', '-r=x', '--eval', '-C', 'dev', '--inspect-brk=0', '--no-warnings', '--test', '-r']),
    ).toEqual(['--import', 'tsx', '-r=x', '-C', 'dev', '--no-warnings']);
  });
});

describe('a program in a bundle', () => {
  const program = `
    import { generateKeyPairSync } from 'node:crypto';
    import { createReceiver, LayercastError } from 'layercast';
    const receiver = createReceiver({ fleet: 'f' });
    const error = await receiver.done.catch((error) => error);
    console.log(error instanceof LayercastError, error.code);
    const { publicKey } = generateKeyPairSync('ed25519');
    await createReceiver({ fleet: 'f', object: 'o', key: publicKey, output: 'out' })
      .done.catch(({ code, message, hint }) => console.log(code, message, hint));
    const { RestoringThreads } = await import('RESTORER');
    const block = { fd: 0, path: '', position: 0, lengthBytes: 1, symbolBytes: 1, content: { esis: [0], spares: [] } };
    await new RestoringThreads(1).restore(block, new Uint8Array(32), async () => [])
      .then(() => console.log('restored'), (error) => console.log(error.name, error.code, error.message, error.hint));
  `.replace('RESTORER', join(top, 'dist/retrieve/block-restorer.js'));

  async function bundled(name: string): Promise<string> {
    const directory = join(folder, name);
    const stdin = { contents: program, resolveDir: folder, sourcefile: 'program.js' };
    await build({
      stdin,
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: join(directory, 'bundle.mjs'),
      alias: { layercast: join(top, 'dist/index.js') },
    });
    return run([join(directory, 'bundle.mjs')], directory);
  }

  symlinkSync(join(top, 'node_modules'), join(folder, 'node_modules'));

  it('that contains layercast starts, and says what is missing when a thread is needed', async () => {
    const output = await bundled('whole');
    expect(output).toContain('true USAGE');
    expect(output).toContain("LayercastError THREAD_LOST the restoring thread failed: layercast's own file");
    expect(output).toContain('leave layercast external');
  });

  it('that contains layercast says what is missing when it is away from all packages', async () => {
    await bundled('alone');
    const away = mkdtempSync(join(tmpdir(), 'layercast-away-'));
    try {
      copyFileSync(join(folder, 'alone', 'bundle.mjs'), join(away, 'bundle.mjs'));
      const output = await run([join(away, 'bundle.mjs')], away);
      expect(output).toContain('receiver-thread.js is missing');
      expect(output).toContain('leave layercast external');
    } finally {
      rmSync(away, { recursive: true });
    }
  });
});
