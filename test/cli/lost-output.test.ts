import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'layercast-lost-output-'));
afterAll(() => rmSync(folder, { recursive: true }));
// The file of the object is missing, of which a warning tells on standard error.
writeFileSync(
  join(folder, 'fleet.yaml'),
  'fleet: f\nobjects:\n  a: { file: a.bin, version: 1, channels: [{ rate: 1Mbit }] }\n',
);

/** Runs a line of a shell in which `layercast` is the built command line. */
function shell(line: string) {
  const text = `layercast() { "${process.execPath}" "${MAIN}" "$@"; }\n${line}`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', text], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('a command whose output is lost', () => {
  it('says nothing and ends with 0 when its reader has gone', () => {
    expect(shell('set -o pipefail; layercast completion bash | true')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(shell('set -o pipefail; layercast --help | true')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it.runIf(existsSync('/dev/full'))('says that its result could not be written, and ends with 1', () => {
    for (const command of ['completion bash', 'config schema', '--help']) {
      const { status, stderr } = shell(`layercast ${command} >/dev/full`);
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/^layercast: cannot write to standard output: ENOSPC.*\n$/),
      ]);
    }
  });

  it.runIf(existsSync('/dev/full'))('works on while the disk of its log is full', () => {
    const { status, stdout } = shell('layercast plan 2>/dev/full');
    expect([status, stdout]).toEqual([0, expect.stringContaining('fleet f')]);
  });
});
