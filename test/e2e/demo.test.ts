import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const FORBIDDEN = '#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2; exit 1\n';

describeBed('the demo on a host without an interface', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'layercast-demo-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs it in an empty namespace, with these programs alone. A text is a program's script. */
  function run(name: string, programs: Readonly<Record<string, string | undefined>>) {
    const path = join(folder, name);
    mkdirSync(path);
    for (const [program, script] of Object.entries({ sh: undefined, ...programs })) {
      if (script !== undefined) writeFileSync(join(path, program), script, { mode: 0o755 });
      else
        symlinkSync(
          execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim(),
          join(path, program),
        );
    }
    const args = ['-Urn', process.execPath, MAIN, 'demo'];
    const env = { ...process.env, PATH: path };
    const unshare = execFileSync('sh', ['-c', 'command -v unshare'], { encoding: 'utf8' }).trim();
    const { status, stderr } = spawnSync(unshare, args, { env, encoding: 'utf8' });
    return { status, stderr };
  }

  test.each([
    ['no-unshare', {}, 'the program unshare is missing', 'Install util-linux'],
    ['no-ip', { unshare: undefined }, 'the program ip is missing', 'Install iproute2'],
    ['no-veth', { unshare: undefined, ip: '#!/bin/sh\nexit 2\n' }, 'ip could not make a pair', 'Run modprobe veth'],
    ['forbidden', { unshare: FORBIDDEN }, 'may make no network namespace (unshare: unshare failed', 'Run it as root'],
  ])('says what it lacks and what to do: %s', (name, programs, why, hint) => {
    const { status, stderr } = run(name, programs);
    expect(stderr).toContain('layercast: no interface of this host has an IPv6 address, and ');
    expect(stderr).toContain(why);
    expect(stderr).toContain(`\n  ${hint}`);
    expect(status).toBe(1);
  });

  test('makes one, and ends with what it ended with there', { timeout: 90_000 }, () => {
    const { status, stderr } = run('all', { unshare: undefined, ip: undefined });
    expect(stderr).toContain('The file received is the file sent.');
    expect(status).toBe(0);
  });
});
