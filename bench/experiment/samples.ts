import { readFileSync } from 'node:fs';
import { freemem, loadavg } from 'node:os';
import type { LabProcess } from '../../test/lab/process.js';
import type { Carried, RoutedBed } from '../../test/lab/routed-bed.js';
import { sumOfUsage, type TreeUsage, usageOfTrees } from './process-tree.js';

/** What a second of a transfer was like. */
export interface Sample {
  /** Since the first client could start. */
  readonly seconds: number;
  /** Of the whole machine, which is all hosts at once: processes that run or wait, over the last minute. */
  readonly load: number;
  /** Share of the machine's processors that was busy since the sample before. */
  readonly busyRatio: number;
  readonly freeMegabytes: number;
  /** Of all servers together. */
  readonly servers: TreeUsage;
  /** Bytes so far on each link, of whole packets: to the host or router, and from it. */
  readonly links: Readonly<Record<string, { readonly down: number; readonly up: number }>>;
}

const INTERVAL_MS = 1000;
const ETHERNET_BYTES = 14;

/** Looks at the machine, the servers and all links each second, as the original experiment did, until it is stopped. */
export class Samples {
  readonly #bed: RoutedBed;
  readonly #servers: readonly LabProcess[];
  readonly #taken: Sample[] = [];
  readonly #startMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #ticks = processorTicks();
  #taking: Promise<void> = Promise.resolve();

  constructor(bed: RoutedBed, servers: readonly LabProcess[]) {
    this.#bed = bed;
    this.#servers = servers;
    this.#queue();
    this.#timer = setInterval(() => this.#queue(), INTERVAL_MS);
  }

  /** Takes a last sample, and resolves to all. */
  async stop(): Promise<readonly Sample[]> {
    clearInterval(this.#timer);
    this.#queue();
    await this.#taking;
    return this.#taken;
  }

  #queue(): void {
    this.#taking = this.#taking.then(() => this.#take()).catch(() => undefined); // a bed that is being lifted has no links
  }

  async #take(): Promise<void> {
    const carried = await this.#bed.carried();
    const before = this.#ticks;
    this.#ticks = processorTicks();
    const [busy, all] = [this.#ticks.busy - before.busy, this.#ticks.all - before.all];
    this.#taken.push({
      seconds: (performance.now() - this.#startMs) / 1000,
      load: loadavg()[0]!,
      busyRatio: all === 0 ? 0 : busy / all,
      freeMegabytes: freemem() / 1e6,
      servers: sumOfUsage(usageOfTrees(this.#servers.map(({ pid }) => pid))),
      links: Object.fromEntries([...carried].map(([port, count]) => [port, bytesOf(count)])),
    });
  }
}

function bytesOf({ down, up }: Carried): { readonly down: number; readonly up: number } {
  const bytes = (count: Carried['down']) => count.bytes - count.packets * ETHERNET_BYTES;
  return { down: bytes(down), up: bytes(up) };
}

/** Of all processors since the machine started. proc(5): user, nice, system, idle, iowait, … */
function processorTicks(): { readonly busy: number; readonly all: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, value) => sum + value, 0);
  return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
}
