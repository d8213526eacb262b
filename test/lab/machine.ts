import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LayercastError } from '../../dist/base/errors.js';

/** Every program that a bed runs, with its Debian package. */
const packageOf: Readonly<Record<string, string>> = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
  bridge: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  ethtool: 'ethtool',
};

/** Network tools are in sbin, which is often missing in the PATH of an ordinary user. */
const path = [...new Set([...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'])].join(delimiter);

/**
 * This process's environment, with the tools in its PATH, and without the wish for coverage: counting takes a third of the time of a server that
 * sends, and the documents' examples run the same commands.
 */
export function environment(more: Readonly<Record<string, string>> = {}): Record<string, string | undefined> {
  return { ...process.env, NODE_V8_COVERAGE: undefined, PATH: path, ...more };
}

/** Flags of `unshare` that give a bed its own network: with `--user` where this process is not root. */
export interface Isolation {
  readonly userNamespace: boolean;
  readonly flags: readonly string[];
}

const asRoot: Isolation = { userNamespace: false, flags: ['--net', '--mount'] };
const asUser: Isolation = { userNamespace: true, flags: ['--user', '--map-root-user', '--net', '--mount'] };

/** The first command in a new mount namespace: mounts a /run of its own, so that `ip netns` writes nowhere else. */
export const prologue = 'mount -t tmpfs tmpfs /run && mkdir /run/netns';

/** Results of `refusal`, by `userNamespace`: the check takes some 20 ms, and its result does not change. */
const known = new Map<boolean, Isolation | LayercastError>();

/**
 * Why no bed can be laid on this machine, or undefined when one can.
 * @param userNamespace use a user namespace even as root
 */
export function refusal(userNamespace = false): LayercastError | undefined {
  const found = look(userNamespace);
  return found instanceof LayercastError ? found : undefined;
}

/** @throws LayercastError `NETWORK_UNAVAILABLE` or `PERMISSION_DENIED` where no bed can be laid */
export function isolation(userNamespace = false): Isolation {
  const found = look(userNamespace);
  if (found instanceof LayercastError) throw found;
  return found;
}

/** @throws LayercastError `NETWORK_UNAVAILABLE` where a program is missing that only some tests need */
export function requireTool(tool: string, debianPackage: string): void {
  if (isInstalled(tool)) return;
  throw new LayercastError('NETWORK_UNAVAILABLE', `this machine has no ${tool}`, {
    hint: `apt-get install ${debianPackage}`,
  });
}

/** Whether this machine has a program, also one of those for administrators. */
export function hasTool(tool: string): boolean {
  return isInstalled(tool);
}

function look(userNamespace: boolean): Isolation | LayercastError {
  const found = known.get(userNamespace) ?? probe(userNamespace);
  known.set(userNamespace, found);
  return found;
}

function probe(userNamespace: boolean): Isolation | LayercastError {
  const missing = Object.keys(packageOf).filter((tool) => !isInstalled(tool));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((tool) => packageOf[tool]))].join(' ');
    return new LayercastError('NETWORK_UNAVAILABLE', `this machine has no ${missing.join(', no ')}`, {
      hint: `apt-get install ${packages}`,
    });
  }
  const candidates = process.getuid?.() === 0 && !userNamespace ? [asRoot, asUser] : [asUser];
  let complaint = '';
  for (const candidate of candidates) {
    const trial = `${prologue} && ip netns add a && ip link add name b type bridge mcast_snooping 1 && nft add table netdev t`;
    const { status, stderr, error } = spawnSync('unshare', [...candidate.flags, 'sh', '-c', trial], {
      env: environment(),
      encoding: 'utf8',
    });
    if (status === 0) return candidate;
    complaint = (error?.message ?? stderr.trim().split('\n').at(-1)) || `unshare ended with status ${status}`;
  }
  return new LayercastError('PERMISSION_DENIED', `no network namespace may be made here: ${complaint}`, {
    hint: 'run as root, or allow user namespaces (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns)',
  });
}

function isInstalled(tool: string): boolean {
  return path.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
