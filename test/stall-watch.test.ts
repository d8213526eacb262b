import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const top = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'layercast-stall-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(program: string, stalls: string) {
  const source = `import { watchForStalls } from './test/stall-watch.ts'; const thread = watchForStalls(600, 100); ${program}`;
  return spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
    cwd: top,
    env: { ...process.env, TEST_STALLS: stalls },
    encoding: 'utf8',
    timeout: 50_000,
  });
}

describe('a process of the tests', () => {
  it('that is in a loop without end is ended, and the place of the loop is told', () => {
    const stalls = join(folder, 'stalls');
    const { signal, stderr } = run(
      'function roundAndRound() { for (;;) Math.random(); } thread.once("message", roundAndRound); setTimeout(() => undefined, 40_000);',
      stalls,
    );
    expect(signal).toBe('SIGKILL');
    expect(stderr).toContain('at roundAndRound');
    expect(readFileSync(stalls, 'utf8')).toContain('at roundAndRound');
  });

  it('that waits, however long, ends by itself and is not watched beyond its end', () => {
    const { status, stderr } = run('setTimeout(() => undefined, 1500);', join(folder, 'none'));
    expect([status, stderr]).toEqual([0, '']);
  });
});
