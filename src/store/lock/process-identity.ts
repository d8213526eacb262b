import { readlinkSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { errnoOf } from '../../base/errors.js';
import { isOnLocalDisk } from '../local-disk.js';

/**
 * A process: its id, its start time, which distinguishes it from a later process with the same id, and the system in which the id counts.
 * All fields but `pid` are undefined where the system does not provide them.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process started, in clock ticks since boot (proc(5), field 22 of stat). */
  readonly startedAt?: string | undefined;
  /**
   * The thread that works, and when it started, as for the process; Linux only. A thread may be lost while its process goes on, and
   * then holds nothing any more.
   */
  readonly thread?: ThreadIdentity | undefined;
  /** A random id that the kernel makes at each boot. */
  readonly bootId?: string | undefined;
  /** The namespace in which `pid` counts; a container has its own. */
  readonly pidNamespace?: string | undefined;
  readonly host?: string | undefined;
  /** The id of the installed system (machine-id(5)); many containers have none. */
  readonly machineId?: string | undefined;
}

/** A thread of a process. */
export interface ThreadIdentity {
  readonly id: number;
  readonly startedAt: string;
}

/** `unknown` for a process that this process cannot see: it runs in another pid namespace or on another host. */
export type Liveness = 'alive' | 'dead' | 'unknown';

export async function thisProcess(): Promise<ProcessIdentity> {
  const [stat, bootId, pidNamespace, machineId] = await Promise.all([
    statOf(process.pid, undefined),
    textOf('/proc/sys/kernel/random/boot_id'),
    readlink('/proc/self/ns/pid').catch(() => undefined),
    textOf('/etc/machine-id'),
  ]);
  const thread = await thisThread();
  return { pid: process.pid, startedAt: stat?.startedAt, thread, bootId, pidNamespace, host: hostname(), machineId };
}

/**
 * Whether a process is still running. Where there is no /proc, any process with that id counts.
 * @param folder the folder in which that process works: if its file system is local, only processes of this host can work there
 */
export async function livenessOf(identity: ProcessIdentity, folder: string): Promise<Liveness> {
  const own = await thisProcess();
  if (differ(identity.bootId, own.bootId)) {
    // This host has been started again since, or the process runs on another host.
    const isSameHost = identity.host === own.host && identity.machineId === own.machineId;
    const isProven = isSameHost && (own.machineId !== undefined || (await isOnLocalDisk(folder)));
    return isProven ? 'dead' : 'unknown';
  }
  if (differ(identity.pidNamespace, own.pidNamespace)) return 'unknown';
  if (own.bootId === undefined && differ(identity.host, own.host)) return 'unknown';
  return (await isRunning(identity)) ? 'alive' : 'dead';
}

/** Undefined where /proc does not tell, also when it shows another namespace, where the ids are other threads. */
async function thisThread(): Promise<ThreadIdentity | undefined> {
  try {
    // The promise's functions would tell the thread of the pool that does their work. The link reads PID/task/ID.
    const [pid, , id] = readlinkSync('/proc/thread-self').split('/').map(Number);
    if (pid !== process.pid || id === undefined) return undefined;
    const stat = await statOf(pid, id);
    return stat && { id, startedAt: stat.startedAt };
  } catch {
    return undefined;
  }
}

async function isRunning({ pid, startedAt, thread }: ProcessIdentity): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM means that the process exists and belongs to another user.
    if (errnoOf(error) === 'ESRCH') return false;
  }
  const stat = await statOf(pid, undefined);
  if (stat === undefined) return true;
  if (hasEnded(stat, startedAt)) return false;
  if (thread === undefined) return true;
  const ofThread = await statOf(pid, thread.id);
  return ofThread !== undefined && !hasEnded(ofThread, thread.startedAt);
}

/** Z and X: the process has ended, and its parent has not yet collected it. */
function hasEnded(stat: Stat, startedAt: string | undefined): boolean {
  return ['Z', 'X'].includes(stat.state) || (startedAt !== undefined && stat.startedAt !== startedAt);
}

interface Stat {
  readonly state: string;
  readonly startedAt: string;
}

/**
 * State and start time of a process, or of one of its threads; undefined if unknown, also when /proc shows another namespace, where
 * the id is another process.
 */
async function statOf(pid: number, threadId: number | undefined): Promise<Stat | undefined> {
  const own = await textOf('/proc/self/stat');
  if (Number(own?.split(' ')[0]) !== process.pid) return undefined;
  const content = await textOf(threadId === undefined ? `/proc/${pid}/stat` : `/proc/${pid}/task/${threadId}/stat`);
  // The second field is the process name in brackets, which may itself hold spaces and brackets; the state is field 3.
  const fields = content?.slice(content.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields?.[0], fields?.[19]];
  return state === undefined || startedAt === undefined ? undefined : { state, startedAt };
}

/** The trimmed content of a file; undefined when the file is empty or cannot be read. */
async function textOf(path: string): Promise<string | undefined> {
  const content = await readFile(path, 'utf8').catch(() => '');
  return content.trim() || undefined;
}

/** Whether two texts are both known and differ. */
function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}
