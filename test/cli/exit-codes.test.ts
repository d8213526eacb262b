import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, LayercastError } from '../../dist/base/errors.js';
import { exitCodeOf } from '../../dist/cli/exit-codes.js';

describe('exit codes', () => {
  it.each<[number, ErrorCode[]]>([
    [
      1,
      [
        'PERMISSION_DENIED',
        'DISK_FULL',
        'FILE_IN_USE',
        'FILE_IO',
        'OBJECT_CHANGED',
        'NETWORK_UNAVAILABLE',
        'THREAD_LOST',
        'INTERNAL',
      ],
    ],
    [
      2,
      [
        'USAGE',
        'CONFIG_INVALID',
        'LOG_INVALID',
        'FILE_NOT_FOUND',
        'NOT_A_FILE',
        'UNKNOWN_HOST',
        'UNKNOWN_INTERFACE',
        'ADDRESS_INVALID',
        'KEY_INVALID',
      ],
    ],
    [3, ['TIMEOUT']],
    [4, ['RECORD_INVALID', 'VERSION_REFUSED', 'EXPIRED', 'ROLE_REFUSED', 'INCOMPATIBLE', 'ENCRYPTED']],
    [5, ['NOBODY_SENDING']],
  ])('%d for %s', (exitCode, codes) => {
    for (const code of codes) expect(exitCodeOf(new LayercastError(code, ''))).toBe(exitCode);
  });

  it('2 for any wrong use, 0 after help, 1 for what should not happen', () => {
    expect(exitCodeOf(new CommanderError(1, 'commander.unknownOption', ''))).toBe(2);
    expect(exitCodeOf(new CommanderError(0, 'commander.helpDisplayed', ''))).toBe(0);
    expect(exitCodeOf(new TypeError('x'))).toBe(1);
  });
});

/** A command line whose only command runs this body; `signal` is that of `interruptible`. */
function program(body: string): ChildProcess {
  const source = `
    import { interruptible } from './dist/cli/interrupt.js';
    import { run } from './dist/cli/run.js';
    import { LayercastError } from './dist/base/errors.js';
    const command = (program) => program.command('work').action(() => interruptible(async (signal) => {${body}}));
    await run([command], ['node', 'layercast', 'work']);`;
  const cwd = new URL('../..', import.meta.url);
  return spawn(process.execPath, ['--input-type=module', '-e', source], { cwd, stdio: 'pipe' });
}

/** Works until the signal, then says that it leaves. */
const POLITE = `
  const running = setInterval(() => {}, 1000);
  console.log('started');
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  clearInterval(running);
  console.log('left');`;

async function interrupted(body: string, ...signals: NodeJS.Signals[]) {
  const child = program(body);
  let stdout = '';
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdout!.on('data', (chunk) => {
    stdout += chunk;
    const signal = signals.shift();
    if (signal !== undefined) child.kill(signal);
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, stdout, stderr };
}

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s lets the command leave in order, and makes the exit code %d', async (signal, code) => {
    expect(await interrupted(POLITE, signal)).toMatchObject({
      code,
      stdout: 'started\nleft\n',
      stderr: `layercast: stopped by ${signal}\n`,
    });
  });

  it('makes the exit code also when the command then fails as aborted', async () => {
    const body = `${POLITE} throw new LayercastError('ABORTED', 'stopped');`;
    expect(await interrupted(body, 'SIGTERM')).toMatchObject({ code: 143, stderr: 'layercast: stopped by SIGTERM\n' });
  });

  it('does not hide that leaving failed', async () => {
    const body = `${POLITE} throw new LayercastError('DISK_FULL', 'no room');`;
    expect(await interrupted(body, 'SIGTERM')).toMatchObject({ code: 1, stderr: 'layercast: no room\n' });
  });

  it('given twice ends the process at once', async () => {
    const stubborn = `
      setInterval(() => {}, 1000);
      signal.addEventListener('abort', () => console.log('leaving'));
      console.log('started');
      await new Promise(() => {});`;
    expect(await interrupted(stubborn, 'SIGINT', 'SIGINT')).toMatchObject({ code: null, signal: 'SIGINT' });
  });
});

describe('output', () => {
  it('that nobody reads any more is dropped, without a failure', async () => {
    const child = program("for (let i = 0; i < 20000; i++) console.log('x'.repeat(100)); process.exitCode = 7;");
    child.stdout!.destroy();
    const [code] = await once(child, 'close');
    expect(code).toBe(7);
  });

  it('of an unexpected error shows where it comes from', async () => {
    const { code, stderr } = await interrupted("throw new TypeError('odd')");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^layercast: this should not happen: TypeError: odd\n +at /);
  });
});
