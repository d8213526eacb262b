import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CommandShell } from './command-shell.js';

describe('a shell that stays', () => {
  let process: ReturnType<typeof start>;
  let shell: CommandShell;
  beforeEach(() => {
    process = start();
    shell = new CommandShell(process);
  });
  afterEach(() => process.kill('SIGKILL'));

  const run = (command: readonly string[], input?: string) => shell.run(command, '/', input);

  test('tells what a command wrote, line by line or not, and how it ended', async () => {
    expect(await run(['sh', '-c', 'printf half; echo why >&2; exit 3'])).toEqual({
      code: 3,
      stdout: 'half',
      stderr: 'why\n',
    });
    expect(await run(['true'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await run(['no-such-command'])).toMatchObject({ code: 127, stderr: expect.stringContaining('not found') });
  });

  test('passes words as they are', async () => {
    const words = ['', "it's", '"$HOME"', '`id`', 'a\nb', '\\n', '*', 'ü'];
    expect((await run(['printf', '<%s>', ...words])).stdout).toBe(words.map((word) => `<${word}>`).join(''));
  });

  test('gives a command its input and no more, and one without input an empty one', async () => {
    expect((await run(['cat'], "$x\n'END'")).stdout).toBe("$x\n'END'\n");
    expect((await run(['cat'])).stdout).toBe('');
    expect((await run(['pwd'])).stdout).toBe('/\n');
  });

  test('runs commands in the order in which they were asked for', async () => {
    const answers = await Promise.all([run(['sh', '-c', 'sleep 0.1; echo 1']), run(['echo', '2']), run(['echo', '3'])]);
    expect(answers.map(({ stdout }) => stdout)).toEqual(['1\n', '2\n', '3\n']);
  });

  test('takes much text', async () => {
    const { stdout } = await run(['sh', '-c', 'yes 0123456789 | head -n 100000']);
    expect(stdout).toHaveLength(1_100_000);
  });

  test('rejects what it is asked when it has ended, and what it was doing', async () => {
    const asked = [run(['sh', '-c', 'kill -KILL $PPID']), run(['true'])];
    for (const answer of asked) await expect(answer).rejects.toThrow('has ended');
    await expect(run(['true'])).rejects.toThrow('has ended');
  });
});

function start() {
  const child = spawn('sh', { stdio: 'pipe' });
  child.stdin.on('error', () => {}); // it is gone
  return child;
}
