import { readFile } from 'node:fs/promises';
import type { LabProcess } from '../../test/lab/process.js';

/** Clock ticks a second in /proc/PID/stat: fixed at 100 for programs on Linux. */
export const TICKS_PER_SECOND = 100;

/** Resources that a process has used so far; undefined when the process has ended. */
export interface Usage {
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
  /** The highest it was. */
  readonly residentMegabytes: number;
  readonly presentMegabytes: number;
}

export async function usageOf(process: LabProcess): Promise<Usage | undefined> {
  try {
    const [stat, status] = await Promise.all(
      ['stat', 'status'].map((name) => readFile(`/proc/${process.pid}/${name}`, 'utf8')),
    );
    const fields = statFields(stat!);
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status!)?.[1];
    const present = /^VmRSS:\s+(\d+) kB$/m.exec(status!)?.[1];
    if (kilobytes === undefined) return undefined;
    return {
      cpuSeconds: (fields[11]! + fields[12]!) / TICKS_PER_SECOND,
      residentMegabytes: Number(kilobytes) / 1000,
      presentMegabytes: Number(present) / 1000,
    };
  } catch {
    return undefined;
  }
}

/** Reads the usage of a process until it has ended, and resolves to the last reading. */
export function lastUsageOf(process: LabProcess): { readonly stop: () => Promise<Usage | undefined> } {
  let last: Usage | undefined;
  const look = async () => {
    last = (await usageOf(process)) ?? last;
  };
  const timer = setInterval(look, 20);
  return {
    async stop() {
      clearInterval(timer);
      await look();
      return last;
    },
  };
}

/** The fields of /proc/PID/stat from the third on, by proc(5); the second is a name in brackets. User and system time are at 11 and 12, those of children at 13 and 14. */
export function statFields(stat: string): readonly number[] {
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}
