import { spawnSync } from 'node:child_process';
import { environment, requireTool } from '../../test/lab/machine.js';

/**
 * Makes sure that iperf3 is here. On a Debian system, root gets it installed.
 * @throws LayercastError `NETWORK_UNAVAILABLE` where it is not here and cannot be installed
 */
export function requireIperf(): void {
  if (!runs('iperf3', ['--version']) && process.getuid?.() === 0) {
    runs('apt-get', ['update', '-qq']);
    runs('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'iperf3']);
  }
  requireTool('iperf3', 'iperf3');
}

function runs(command: string, args: readonly string[]): boolean {
  const env = environment({ DEBIAN_FRONTEND: 'noninteractive' });
  return spawnSync(command, args, { env, stdio: 'ignore' }).status === 0;
}
