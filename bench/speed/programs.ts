import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { errnoOf } from '../../dist/base/errors.js';

const run = promisify(execFile);

/** Debian packages of the programs that layercast is compared with, and a command of each. */
const PACKAGES = { uftp: 'uftp', udpcast: 'udp-sender' } as const;

export type Peer = keyof typeof PACKAGES;

/**
 * Whether a program to compare with is installed. Where it is not, this installs it with apt, as root on Debian.
 *
 * @returns undefined when the program can be used, otherwise why not
 */
export async function missingPeer(peer: Peer): Promise<string | undefined> {
  if (await hasCommand(PACKAGES[peer])) return undefined;
  try {
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', peer], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 120_000,
    });
  } catch (error) {
    const why =
      errnoOf(error) === 'ENOENT' ? 'this system has no apt-get' : String((error as Error).message).split('\n')[0];
    return `${peer} is not installed, and could not be: ${why}`;
  }
  return (await hasCommand(PACKAGES[peer])) ? undefined : `apt-get did not install ${peer}`;
}

async function hasCommand(command: string): Promise<boolean> {
  return run('sh', ['-c', 'command -v "$1"', 'sh', command]).then(
    () => true,
    () => false,
  );
}
