import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const top = fileURLToPath(new URL('../..', import.meta.url));

describe('a machine that allows no bed', () => {
  test('is told which packages are missing', () => {
    expect(refusalWith('/nonexistent')).toMatchObject({
      code: 'NETWORK_UNAVAILABLE',
      message: expect.stringContaining('no unshare'),
      hint: expect.stringMatching(/^apt-get install .*util-linux/),
    });
  });

  test('is told what was not permitted', () => {
    const directory = mkdtempSync(join(tmpdir(), 'layercast-lab-'));
    const unshare = join(directory, 'unshare');
    writeFileSync(unshare, '#!/bin/sh\necho "unshare failed: Operation not permitted" >&2\nexit 1\n');
    chmodSync(unshare, 0o755);
    const reason = refusalWith(`${directory}${delimiter}${process.env.PATH}`);
    rmSync(directory, { recursive: true });
    expect(reason).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: 'no network namespace may be made here: unshare failed: Operation not permitted',
      hint: expect.stringContaining('run as root'),
    });
  });

  test('has the tests that need one skipped, with the reason in the title', () => {
    const { status, stdout } = testsWith({ PATH: '/nonexistent', CI: '' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/a bed \(skipped: this machine has no unshare.*; apt-get install .*util-linux/);
  });

  test('fails them with the reason where nothing may be skipped', () => {
    const { status, stdout, stderr } = testsWith({ PATH: '/nonexistent', CI: 'true' });
    expect(status).toBe(1);
    expect(stdout + stderr).toContain('this machine has no unshare');
    expect(stdout).not.toContain('skipped:');
  });
});

/** Result of `refusal` in a process with another PATH. */
function refusalWith(path: string): unknown {
  const program = `
    const { refusal } = await import('${new URL('machine.ts', import.meta.url).href}');
    const { code, message, hint } = refusal();
    console.log(JSON.stringify({ code, message, hint }));`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  return JSON.parse(spawnSync(process.execPath, args, { cwd: top, env: { PATH: path }, encoding: 'utf8' }).stdout);
}

/** Runs the tests of the bed in an environment of their own. */
function testsWith(env: Readonly<Record<string, string>>): { status: number | null; stdout: string; stderr: string } {
  const vitest = join(top, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', 'test/lab/bed.test.ts', '--reporter=verbose', '--configLoader=runner'];
  return spawnSync(process.execPath, args, { cwd: top, env: { ...env, NO_COLOR: '1' }, encoding: 'utf8' });
}
