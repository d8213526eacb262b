import { readFile } from 'node:fs/promises';
import { errnoOf } from '../errors.js';

/** A process of this host: its id, and what tells it from a later process that has got the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since boot (proc(5), field 22 of stat); undefined where there is no /proc. */
  readonly startedAt: string | undefined;
  /** Of the boot it runs under; undefined where there is no /proc. */
  readonly bootId: string | undefined;
}

export async function thisProcess(): Promise<ProcessIdentity> {
  const [stat, bootId] = await Promise.all([statOf(process.pid), currentBootId()]);
  return { pid: process.pid, startedAt: stat?.startedAt, bootId };
}

/** Whether that process still runs; where there is no /proc, whether one with its id does. */
export async function isAlive({ pid, startedAt, bootId }: ProcessIdentity): Promise<boolean> {
  const currentBoot = await currentBootId();
  if (bootId !== undefined && currentBoot !== undefined && bootId !== currentBoot) return false;
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

async function statOf(pid: number): Promise<{ readonly state: string; readonly startedAt: string } | undefined> {
  const content = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the name in brackets, which may hold spaces and brackets itself; state is field 3.
  const fields = content?.slice(content.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields?.[0], fields?.[19]];
  return state === undefined || startedAt === undefined ? undefined : { state, startedAt };
}

async function currentBootId(): Promise<string | undefined> {
  const content = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  return content?.trim();
}
