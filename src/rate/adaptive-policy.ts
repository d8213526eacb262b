import { PACKET_OVERHEAD_BYTES } from '../base/limits.js';
import { LadderLevels } from './ladder/ladder-levels.js';
import { StepPlan } from './ladder/step-plan.js';
import {
  type ListedServer,
  type LocalReading,
  NO_OTHER_PATHS,
  type ReadingSums,
  type StreamReading,
  serverIn,
  sumsOf,
} from './measuring/readings.js';
import { Path, SharedBottlenecks } from './path.js';
import type { ChannelPolicy, Decision, PolicyStatus } from './policy.js';
import type { Rules } from './rules.js';

export interface AdaptivePolicyOptions {
  /** Rates of the ladder's channels in bit/s, in the order of their indexes. */
  readonly rates: readonly number[];
  readonly symbolBytes: number;
  /** `several`: layered channels, joined together. `best`: replicated channels, of which the best one is joined. */
  readonly kind: 'several' | 'best';
  /** Highest rate that may be joined at once, in bit/s; undefined for no limit. */
  readonly maxRateBitsPerSecond: number | undefined;
  /** Servers that the descriptor lists, and the channels that each sends (undefined: all channels). */
  readonly servers: readonly { readonly index: number; readonly channels: readonly number[] | undefined }[];
  /** Whether channels can be joined server by server. If not, a joined channel brings what all servers send on it. */
  readonly areServersSeparate: boolean;
  /** @default the rules of this project */
  readonly rules?: Rules | undefined;
}

/** A server from which nothing has arrived for this long is taken for dead. */
const ALIVE_US = 3_000_000;

interface KnownServer extends ListedServer<KnownServer> {
  /** When something last came from it; 0 until then. */
  heardUs: number;
}

/**
 * Finds the receiver's rate: measures what arrives and decides which channels to join and leave. There is one controller for
 * all servers together, or one for each server where servers can be joined separately. Separate controllers try levels one
 * at a time, and take into account which of them share a bottleneck.
 */
export class AdaptivePolicy implements ChannelPolicy {
  readonly #options: AdaptivePolicyOptions;
  readonly #paths: readonly Path[];
  readonly #shared = new SharedBottlenecks();
  readonly #areServersSeparate: boolean;
  /** Servers of the descriptor, and others that were heard. */
  #servers: KnownServer | undefined;
  #startedUs = 0;
  #aliveCount = -1;

  constructor(options: AdaptivePolicyOptions) {
    this.#options = options;
    this.#areServersSeparate = options.areServersSeparate;
    const { rates, symbolBytes, kind, maxRateBitsPerSecond, servers, areServersSeparate, rules } = options;
    for (const { index } of servers.toReversed()) this.#servers = { index, heardUs: 0, next: this.#servers };
    const plan = new StepPlan({ rates, mode: kind, symbolBytes });
    const packetBits = (symbolBytes + PACKET_OVERHEAD_BYTES) * 8;
    const pathOf = (server: number | undefined) =>
      new Path(
        server,
        new LadderLevels(plan, rates, { packetBits, isLayered: kind === 'several', maxRateBitsPerSecond }),
        rules,
      );
    this.#paths = areServersSeparate ? servers.map(({ index }) => pathOf(index)) : [pathOf(undefined)];
  }

  get status(): PolicyStatus {
    const capacities = this.#paths.flatMap(({ controller }) => controller.estimateBitsPerSecond ?? []);
    return {
      levelRateBitsPerSecond: sumOf(this.#paths, (path) => path.levelBitsPerSecond),
      queueUs: Math.max(0, ...this.#paths.map(({ controller }) => controller.queueUs)),
      capacityBitsPerSecond: capacities.length === 0 ? undefined : Math.max(...capacities),
    };
  }

  get isTimed(): boolean {
    for (const { controller } of this.#paths) if (controller.isTimed) return true;
    return false;
  }

  start(nowUs: number): readonly Decision[] {
    this.#startedUs = nowUs;
    this.#countServers(nowUs);
    return this.#paths.flatMap((path) => path.start(nowUs));
  }

  tick(
    nowUs: number,
    readings: readonly StreamReading[],
    local: LocalReading,
    sums: ReadingSums = sumsOf(readings),
  ): readonly Decision[] {
    this.#countServers(nowUs, sums);
    const [first] = this.#paths;
    if (this.#paths.length === 1 && first !== undefined) {
      return first.tick(nowUs, readings, local, NO_OTHER_PATHS, sums);
    }
    // The path with the fewest duplicates tries first.
    const ordered = this.#paths.toSorted((a, b) => a.duplicateRatio - b.duplicateRatio);
    // Drops of this host are reported to one path only, so that only one path leaves a level at a time.
    const rest = { ...local, droppedCount: 0, unreadCount: 0 };
    return ordered.flatMap((path, rank) => this.#tickOne(path, nowUs, readings, rank === 0 ? local : rest));
  }

  #tickOne(path: Path, nowUs: number, readings: readonly StreamReading[], local: LocalReading): readonly Decision[] {
    const others = this.#paths.filter((other) => other !== path);
    const sharing = others.filter((other) => this.#shared.mayShare(path, other));
    const own = readings.filter(({ serverIndex }) => serverIndex === path.server);
    const before = path.levelBitsPerSecond;
    const { maxRateBitsPerSecond: max } = this.#options;
    // The rate limit holds for all paths together.
    if (max !== undefined) path.controller.levels.setMax(max - sumOf(others, (other) => other.levelBitsPerSecond));
    const decisions = path.tick(nowUs, own, local, {
      bitsPerSecond: sumOf(sharing, (other) => other.levelBitsPerSecond),
      areQuiet: others.every(({ controller }) => !controller.isTrying),
    });
    if (path.controller.phase === 'deaf' && path.levelBitsPerSecond < before) {
      this.#shared.note(path, others);
      for (const other of sharing) other.controller.waitForOtherLeave(nowUs);
    }
    return decisions;
  }

  #countServers(nowUs: number, heard?: ReadingSums): void {
    if (this.#areServersSeparate) return;
    if (heard !== undefined) for (const { serverIndex } of heard.servers) this.#serverOf(serverIndex).heardUs = nowUs;
    let aliveCount = 0;
    for (let server = this.#servers; server !== undefined; server = server.next)
      if (this.#isAlive(server, nowUs)) aliveCount++;
    if (aliveCount === this.#aliveCount) return;
    this.#aliveCount = aliveCount;
    this.#paths[0]?.controller.levels.setSenders((channel) => Math.max(1, this.#sendersOf(channel, nowUs)));
  }

  /** How many of the servers that are alive send on a channel. A server that the descriptor does not list may send on any. */
  #sendersOf(channel: number, nowUs: number): number {
    const { servers } = this.#options;
    let count = 0;
    for (let known = this.#servers; known !== undefined; known = known.next) {
      const { index } = known;
      const isSending = servers.find((server) => server.index === index)?.channels?.includes(channel) ?? true;
      if (isSending && this.#isAlive(known, nowUs)) count++;
    }
    return count;
  }

  /** Whether a server was heard lately; at the beginning each one counts as heard. */
  #isAlive({ heardUs }: KnownServer, nowUs: number): boolean {
    return nowUs - Math.max(heardUs, this.#startedUs) < ALIVE_US;
  }

  #serverOf(index: number): KnownServer {
    const known = serverIn(this.#servers, index);
    if (known !== undefined) return known;
    this.#servers = { index, heardUs: 0, next: this.#servers };
    return this.#servers;
  }
}

function sumOf(paths: readonly Path[], rateOf: (path: Path) => number): number {
  return paths.reduce((sum, path) => sum + rateOf(path), 0);
}
