import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { meaningOf } from '../../dist/agent/program-end.js';
import { runProgram } from '../../dist/device/run-program.js';

const folder = mkdtempSync(join(tmpdir(), 'layercast-program-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const target = { version: 7, sha256: 'ab'.repeat(32), sizeBytes: 123, path: '/data/a b;$(x)' };
const request = {
  fleet: 'acme',
  object: 'firmware',
  target,
  previousVersion: 6,
  attempt: 2,
  timeoutUs: 20e6,
};

interface More {
  readonly timeoutUs?: number;
  readonly command?: readonly string[];
}

function run(script: string, more: More = {}, graceMs = 200) {
  const lines: string[] = [];
  const command = more.command ?? ['sh', '-c', script, 'sh', '{file}'];
  const program = runProgram({ ...request, ...more, command }, { onLine: (line) => lines.push(line), graceMs });
  return { program, lines };
}

describe('a program that takes a version over', () => {
  it('gets the version as variables and as JSON, and the file as an argument that no shell reads', async () => {
    const { program, lines } = run(
      'echo "$LAYERCAST_OBJECT $LAYERCAST_VERSION <$LAYERCAST_PREVIOUS_VERSION> $LAYERCAST_ATTEMPT"; echo "$1"; cat',
    );
    expect(await program.done).toEqual({ kind: 'exit', code: 0 });
    await expect.poll(() => lines).toHaveLength(3);
    expect(lines.slice(0, 2)).toEqual(['firmware 7 <6> 2', '/data/a b;$(x)']);
    expect(JSON.parse(lines[2]!)).toEqual({
      file: '/data/a b;$(x)',
      fleet: 'acme',
      object: 'firmware',
      version: 7,
      sha256: target.sha256,
      size: 123,
      previousVersion: 6,
      attempt: 2,
    });
  });

  it.each([
    ['exit 0', 'applied'],
    ['exit 75', 'later'],
    ['exit 1', 'failed'],
    ['kill -9 $$', 'failed'],
  ])('that ends with "%s" means: %s', async (script, meaning) => {
    expect(meaningOf(await run(script).program.done)).toBe(meaning);
  });

  it.each([
    ['exit 0', 'applied'],
    ['exit 3', 'failed'],
  ])('that is asked to end with the agent, and then ends with "%s", means: %s', async (last, meaning) => {
    const { program, lines } = run(`trap '${last}' TERM; echo ready; while :; do sleep 0.02; done`, {}, 20_000);
    await expect.poll(() => lines).toEqual(['ready']);
    program.stop();
    expect(meaningOf(await program.done)).toBe(meaning);
  });

  it('that does not exist has done nothing, so it is tried later', async () => {
    const end = await run('', { command: ['/no/such/program'] }).program.done;
    expect([end.kind, meaningOf(end)]).toEqual(['notStarted', 'later']);
  });

  it('that takes too long is ended with all that it started, also what ignores SIGTERM', async () => {
    const pids = join(folder, 'pids');
    const script = `(trap '' TERM; echo $$ >${pids}; sleep 60) & sh -c 'trap "" TERM; echo $$ >>${pids}; sleep 60'`;
    const { program } = run(script, { timeoutUs: 0.5e6 });
    expect(await program.done).toEqual({ kind: 'timeout' });
    // Where nobody reaps orphans, a process that was killed stays as a zombie.
    const isAlive = (pid: string) => {
      const stat = `/proc/${pid}/stat`;
      return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
    };
    const left = () => readFileSync(pids, 'utf8').trim().split('\n').filter(isAlive);
    await expect.poll(left).toEqual([]);
  });

  it('that prints without end is not stopped by it, and its output is bounded', async () => {
    const { program, lines } = run('i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done');
    expect(await program.done).toEqual({ kind: 'exit', code: 0 });
    await expect.poll(() => lines.length).toBe(2000);
    expect(lines.at(-1)).toBe('… further output is left out');
  });
});
