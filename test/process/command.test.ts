import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { faultOf, startCommand } from '../../dist/process/command.js';

const scratch = mkdtempSync(join(tmpdir(), 'layercast-command-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const sh = (script: string) => ({ argv: ['sh', '-c', script], environment: { OUT: scratch } });

/** Whether a process is there that is not waiting to be collected. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a command', () => {
  test('gets its input and variables, and its exit code counts', async () => {
    const command = startCommand(sh('test "$OUT" != "" && test "$(cat)" = hello || exit 1; exit 7'));
    command.input.end('hello');
    const end = await command.ended;
    expect(end).toEqual({ kind: 'exit', code: 7 });
    expect(faultOf(end)).toBe('ended with exit code 7');
  });

  test('gets no shell: its arguments are as they are', async () => {
    const { ended } = startCommand({ argv: ['test', '$(echo a) ; *', '=', '$(echo a) ; *'], environment: {} });
    expect(faultOf(await ended)).toBeUndefined();
  });

  test('that does not exist is reported and does not throw', async () => {
    const { ended, input } = startCommand({ argv: ['/nowhere/at/all'], environment: {} });
    input.write('x');
    const end = await ended;
    expect(end.kind).toBe('notStarted');
    expect(faultOf(end)).toContain('ENOENT');
  });

  test('that takes too long is ended with all that it started, although they ignore SIGTERM', async () => {
    const pidFile = join(scratch, 'pid');
    const script = `trap '' TERM; (trap '' TERM; sleep 600) & echo $! > "$OUT/pid.new"; mv "$OUT/pid.new" "$OUT/pid"; wait; wait`;
    const command = startCommand({ ...sh(script), timeoutMs: 300, graceMs: 50 });
    expect(await command.ended).toEqual({ kind: 'timeout' });
    expect(existsSync(pidFile)).toBe(true);
    await gone(Number(readFileSync(pidFile, 'utf8')));
  });

  test('that is stopped and ends at once leaves what it started the rest of the time to end', async () => {
    const tidy = `trap 'sleep 0.2; echo done >"$OUT/tidied"; exit 0' TERM; echo >"$OUT/ready"; while :; do sleep 0.02; done`;
    const command = startCommand({ ...sh(`(${tidy}) & wait`), graceMs: 20_000 });
    while (!existsSync(join(scratch, 'ready'))) await new Promise((resolve) => setTimeout(resolve, 10));
    command.stop();
    expect(await command.ended).toEqual({ kind: 'aborted' });
    expect(existsSync(join(scratch, 'tidied'))).toBe(true);
  });

  test('is ended by its signal, also one that was aborted before', async () => {
    const stopping = new AbortController();
    const running = startCommand({ ...sh('sleep 600'), signal: stopping.signal });
    stopping.abort();
    expect(await running.ended).toEqual({ kind: 'aborted' });
    expect(await startCommand({ ...sh('sleep 600'), signal: stopping.signal }).ended).toEqual({ kind: 'aborted' });
  });
});
