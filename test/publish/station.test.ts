import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runHere } from '../cli/run-cli.js';
import { describeBed } from '../lab/allowed.js';
import { scratchDirectory } from '../store/scratch.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const scratch = await scratchDirectory();

/** Starts serve on a host without an address, gives the host an address when serve waits, and ends serve when it sends. */
const BOOT = `
mkfifo events
"$@" > events & serving=$!
exec 3< events
read -r line <&3; echo "$line"
ip link add eth0 type veth peer name eth1
ip address add fd00:1::2/64 dev eth0 nodad
ip link set eth0 up; ip link set eth1 up
while read -r line <&3; do
  echo "$line"
  case "$line" in *'"publish"'*) kill $serving; break;; esac
done
wait $serving; echo "exit $?"
`;

describeBed('a server that is found by its address', () => {
  it('waits at boot for the address that decides which server the host is, unless told not to wait', async () => {
    await runHere(['keygen', '--out', scratch]);
    writeFileSync(join(scratch, 'image'), 'image');
    const config = join(scratch, 'fleet.yaml');
    const fleet = {
      fleet: 'acme',
      key: 'layercast.key',
      objects: { image: { file: 'image', version: 1, code: 'none', channels: [{ rate: '64kbit' }] } },
      servers: { alpha: { address: 'fd00:1::1' }, beta: { address: 'fd00:1::2' } },
    };
    writeFileSync(config, JSON.stringify(fleet));
    const serve = [process.execPath, MAIN, 'serve', '--config', config, '--state', join(scratch, 'state'), '--json'];
    const inNamespace = (script: string, ...more: readonly string[]) =>
      spawnSync('unshare', ['-Urn', 'sh', '-c', script, 'sh', ...serve, ...more], { cwd: scratch, encoding: 'utf8' });
    expect(inNamespace('"$@"', '--no-wait').stdout).toContain('"code":"UNKNOWN_HOST"');
    const [waiting, ...rest] = inNamespace(BOOT).stdout.trim().split('\n');
    expect(waiting).toContain('"event":"waiting"');
    expect(waiting).toContain('has no address yet');
    expect(rest.some((line) => line.includes('"publish"') && line.includes('"server":"beta"'))).toBe(true);
    expect(rest.at(-1)).toBe('exit 143');
  });
});
