import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { LayercastError } from '../../base/errors.js';

/** What `LAY` ends with when it cannot begin. The command that it becomes ends with other codes. */
const [NO_IP, NO_PAIR] = [71, 72];
/** A pair of veth interfaces, because some kernels lack the module for dummy interfaces. The program is the same process afterwards. */
const LAY = `command -v ip >/dev/null || exit ${NO_IP}
ip link add demo0 type veth peer name demo1 && ip link set demo1 up && ip link set demo0 up || exit ${NO_PAIR}
exec "$@"`;

const OR_INTERFACE = 'or bring up an interface with IPv6: ip link set eth0 up';

/**
 * Runs a command in a network namespace of its own, which has the interface demo0.
 *
 * @returns its exit code
 * @throws {LayercastError} `NETWORK_UNAVAILABLE` if this host makes no such namespace or interface
 */
export async function runInNamespace(command: readonly string[]): Promise<number> {
  const child = spawn('unshare', [unshareFlags(), 'sh', '-c', LAY, 'sh', ...command], { stdio: 'inherit' });
  using _ = endingWith(child);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === NO_IP) throw refused('the program ip is missing', `Install iproute2, ${OR_INTERFACE}`);
  if (code === NO_PAIR)
    throw refused(
      'ip could not make a pair of interfaces in a namespace',
      `Run modprobe veth as root, ${OR_INTERFACE}`,
    );
  return code ?? 1;
}

/** What makes a namespace here: as an ordinary user has to, or as root where that is forbidden for all. */
function unshareFlags(): string {
  const reasons: string[] = [];
  for (const flags of ['-Urn', '-n']) {
    const { error, status, stderr } = spawnSync('unshare', [flags, 'sh', '-c', ':'], { encoding: 'utf8' });
    if (error !== undefined) throw refused('the program unshare is missing', `Install util-linux, ${OR_INTERFACE}`);
    if (status === 0) return flags;
    reasons.push(stderr.trim());
  }
  throw refused(
    `this user may make no network namespace (${reasons[0]})`,
    `Run it as root, ${OR_INTERFACE}
or allow user namespaces, with those of these settings that there are:
sysctl -w user.max_user_namespaces=10000
sysctl -w kernel.unprivileged_userns_clone=1
sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`,
  );
}

/** Waits for the command after Ctrl-C, which it gets from the terminal as well, and hands SIGTERM on. */
function endingWith(child: ChildProcess): Disposable {
  const [wait, end] = [() => undefined, () => child.kill('SIGTERM')];
  process.on('SIGINT', wait).on('SIGTERM', end);
  return { [Symbol.dispose]: () => void process.off('SIGINT', wait).off('SIGTERM', end) };
}

function refused(why: string, hint: string): LayercastError {
  return new LayercastError('NETWORK_UNAVAILABLE', `no interface of this host has an IPv6 address, and ${why}`, {
    hint,
  });
}
