import { readdirSync, readFileSync } from 'node:fs';
import { statFields, TICKS_PER_SECOND } from '../process/usage.js';

const PAGE_BYTES = 4096;

/** What a process and all below it have used. */
export interface TreeUsage {
  /** User and system time, also of children that have ended and been waited for. */
  readonly cpuSeconds: number;
  readonly residentMegabytes: number;
}

interface Entry extends TreeUsage {
  readonly parent: number;
}

const NONE: TreeUsage = { cpuSeconds: 0, residentMegabytes: 0 };

/** The usage of some processes with their descendants, in the order given. One look at all processes of the machine. */
export function usageOfTrees(pids: readonly (number | undefined)[]): readonly TreeUsage[] {
  const entries = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const entry = readEntry(name);
        return entry === undefined ? [] : [[Number(name), entry] as const];
      }),
  );
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of entries) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const sum = (pid: number): TreeUsage => sumOfUsage([entries.get(pid) ?? NONE, ...(children.get(pid) ?? []).map(sum)]);
  return pids.map((pid) => (pid === undefined ? NONE : sum(pid)));
}

export function sumOfUsage(usages: readonly TreeUsage[]): TreeUsage {
  return usages.reduce(
    (sum, one) => ({
      cpuSeconds: sum.cpuSeconds + one.cpuSeconds,
      residentMegabytes: sum.residentMegabytes + one.residentMegabytes,
    }),
    NONE,
  );
}

/** proc(5): field 4 is the parent, 24 is resident pages. */
function readEntry(pid: string): Entry | undefined {
  try {
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    const ticks = fields.slice(11, 15).reduce((total, value) => total + value, 0);
    return {
      parent: fields[1]!,
      cpuSeconds: ticks / TICKS_PER_SECOND,
      residentMegabytes: (fields[21]! * PAGE_BYTES) / 1e6,
    };
  } catch {
    return undefined; // it has ended
  }
}
