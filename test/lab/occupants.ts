import { readdirSync, readlinkSync } from 'node:fs';
import type { Bed } from './bed.js';

/** Processes that run on the hosts of a bed: all processes in a host's network namespace, whoever started them. */
export async function processesIn(bed: Bed): Promise<number[]> {
  const networks = new Set(
    await Promise.all(
      bed.record.hosts.map(async (host) => (await bed.host(host).run('readlink', ['/proc/self/ns/net'])).trim()),
    ),
  );
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => networks.has(networkOf(pid)))
    .map(Number);
}

/** The network namespace of a process; an empty text when the process has ended or this process may not see it. */
export function networkOf(pid: number | string | undefined): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
}
