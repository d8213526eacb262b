import type { Usage } from '../process/usage.js';
import { median } from '../table.js';

/** One transfer of a file to one or more receivers, until each has the file whole and, where the program can, verified. */
export interface Measured {
  readonly what: string;
  /** From the first datagram that could be received to the end of the slowest receiver. */
  readonly seconds: number;
  /** Of the fastest receiver. */
  readonly fastestSeconds: number;
  readonly goodputGigabits: number;
  /** Processor time of all threads and of the kernel on their behalf, for each gigabyte of the file. */
  readonly sendCpuSeconds: number | undefined;
  /** The mean of all receivers. */
  readonly receiveCpuSeconds: number | undefined;
  readonly sendMegabytes: number | undefined;
  readonly receiveMegabytes: number | undefined;
  /** Symbols heard ÷ symbols needed; undefined for programs that do not tell. */
  readonly passes: number | undefined;
  /** Bytes sent, headers included, for each byte of the file; undefined where nobody counted them. */
  readonly sentRatio: number | undefined;
}

export interface Run {
  readonly seconds: readonly number[];
  readonly sizeBytes: number;
  readonly sender: Spent;
  readonly receivers: readonly Spent[];
  readonly passes?: number;
  readonly sentBytes?: number;
}

/** What a process used before and after. */
export interface Spent {
  readonly before: Usage | undefined;
  readonly after: Usage | undefined;
}

export function measured(what: string, { seconds, sizeBytes, sender, receivers, passes, sentBytes }: Run): Measured {
  const slowest = Math.max(...seconds);
  const gigabytes = sizeBytes / 1e9;
  const cpu = receivers.map((spent) => cpuSeconds(spent)).filter((value) => value !== undefined);
  return {
    what,
    seconds: slowest,
    fastestSeconds: Math.min(...seconds),
    goodputGigabits: (sizeBytes * 8e-9) / slowest,
    sendCpuSeconds: over(cpuSeconds(sender), gigabytes),
    receiveCpuSeconds: cpu.length === 0 ? undefined : cpu.reduce((a, b) => a + b, 0) / cpu.length / gigabytes,
    sendMegabytes: sender.after?.residentMegabytes,
    receiveMegabytes: receivers[0]?.after?.residentMegabytes,
    passes,
    sentRatio: over(sentBytes, sizeBytes),
  };
}

/** The median of each figure. */
export function middle(runs: readonly Measured[]): Measured {
  const of = (figure: (run: Measured) => number | undefined) => {
    const known = runs.map(figure).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : median(known);
  };
  return {
    what: runs[0]!.what,
    seconds: of(({ seconds }) => seconds)!,
    fastestSeconds: of(({ fastestSeconds }) => fastestSeconds)!,
    goodputGigabits: of(({ goodputGigabits }) => goodputGigabits)!,
    sendCpuSeconds: of(({ sendCpuSeconds }) => sendCpuSeconds),
    receiveCpuSeconds: of(({ receiveCpuSeconds }) => receiveCpuSeconds),
    sendMegabytes: of(({ sendMegabytes }) => sendMegabytes),
    receiveMegabytes: of(({ receiveMegabytes }) => receiveMegabytes),
    passes: of(({ passes }) => passes),
    sentRatio: of(({ sentRatio }) => sentRatio),
  };
}

function cpuSeconds({ before, after }: Spent): number | undefined {
  return after === undefined ? undefined : after.cpuSeconds - (before?.cpuSeconds ?? 0);
}

function over(value: number | undefined, divisor: number): number | undefined {
  return value === undefined ? undefined : value / divisor;
}
