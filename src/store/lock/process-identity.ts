import { readFile, readlink, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { errnoOf } from '../../base/errors.js';

/**
 * A process: its id, what tells it from a later process with the same id, and where that id means anything. Each field but the first is
 * undefined where the system does not tell.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since boot (proc(5), field 22 of stat). */
  readonly startedAt?: string | undefined;
  /** Of the kernel's boot. */
  readonly bootId?: string | undefined;
  /** In which `pid` counts: a container has its own. */
  readonly pidNamespace?: string | undefined;
  readonly host?: string | undefined;
  /** Of the installed system (machine-id(5)); many containers have none. */
  readonly machineId?: string | undefined;
}

/** `unknown` for a process that this one cannot see: in another pid namespace, or on another host. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/**
 * Types of file systems that one kernel has for itself (statfs(2), f_type): no process of another host can write there. Types that are not
 * listed may be shared.
 */
const LOCAL_FILE_SYSTEMS = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x4d44, 0x2011bab0, 0x01021994, 0x858458f6, 0x794c7630, 0x24051905,
  0x72b6, 0x3434, 0x2fc12fc1, 0xca451a4e,
]);

export async function thisProcess(): Promise<ProcessIdentity> {
  const [stat, bootId, pidNamespace, machineId] = await Promise.all([
    statOf(process.pid),
    textOf('/proc/sys/kernel/random/boot_id'),
    readlink('/proc/self/ns/pid').catch(() => undefined),
    textOf('/etc/machine-id'),
  ]);
  return { pid: process.pid, startedAt: stat?.startedAt, bootId, pidNamespace, host: hostname(), machineId };
}

/**
 * Whether a process still runs. Where there is no /proc, any process of that id counts.
 * @param folder where that process works: only one host can if its file system is local
 */
export async function livenessOf(identity: ProcessIdentity, folder: string): Promise<Liveness> {
  const own = await thisProcess();
  if (differ(identity.bootId, own.bootId)) {
    // The same machine was started again, or the process is on another host.
    const isSameHost = identity.host === own.host && identity.machineId === own.machineId;
    const isProven = isSameHost && (own.machineId !== undefined || (await isLocal(folder)));
    return isProven ? 'dead' : 'unknown';
  }
  if (differ(identity.pidNamespace, own.pidNamespace)) return 'unknown';
  if (own.bootId === undefined && differ(identity.host, own.host)) return 'unknown';
  return (await isRunning(identity)) ? 'alive' : 'dead';
}

async function isRunning({ pid, startedAt }: ProcessIdentity): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there and belongs to another user.
    if (errnoOf(error) === 'ESRCH') return false;
  }
  const stat = await statOf(pid);
  if (stat === undefined) return true;
  // Z and X: killed, and not yet collected by its parent.
  return !['Z', 'X'].includes(stat.state) && (startedAt === undefined || stat.startedAt === startedAt);
}

/** Undefined too when /proc shows the ids of another namespace: there the same number is another process. */
async function statOf(pid: number): Promise<{ readonly state: string; readonly startedAt: string } | undefined> {
  const own = await textOf('/proc/self/stat');
  if (Number(own?.split(' ')[0]) !== process.pid) return undefined;
  const content = pid === process.pid ? own : await textOf(`/proc/${pid}/stat`);
  // The second field is the name in brackets, which may hold spaces and brackets itself; state is field 3.
  const fields = content?.slice(content.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields?.[0], fields?.[19]];
  return state === undefined || startedAt === undefined ? undefined : { state, startedAt };
}

async function isLocal(folder: string): Promise<boolean> {
  const found = await statfs(folder).catch(() => undefined);
  return found !== undefined && LOCAL_FILE_SYSTEMS.has(found.type);
}

/** Undefined when the file is empty or cannot be read. */
async function textOf(path: string): Promise<string | undefined> {
  const content = await readFile(path, 'utf8').catch(() => '');
  return content.trim() || undefined;
}

/** Whether two things that are both known are not the same. */
function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}
