import { RateController } from './deciding/rate-controller.js';
import type { LadderLevels } from './ladder/ladder-levels.js';
import {
  type LocalReading,
  type OtherPaths,
  type ReadingSums,
  type StreamReading,
  sumsOf,
} from './measuring/readings.js';
import type { Decision, Move } from './policy.js';
import { RULES, type Rules } from './rules.js';

/** While a channel replaces another and both are joined, the new one is waited for this long. */
const OVERLAP_US = 2_000_000;

/** Two paths share a bottleneck if, in `SHARED_EVENTS` of the last `EVENTS` retreats of one, the other was congested too. */
const EVENTS = 4;
const SHARED_EVENTS = 3;

/** One shared empty list: ten thousand simulated receivers decide nothing twenty times a second. */
const NOTHING: readonly Decision[] = [];

/** Why channels change. */
type Why = Pick<Decision, 'reason' | 'compared'>;

/** The half of a change from one channel to another that still waits. */
interface Exchange extends Omit<Decision, 'server'> {
  /** When it is carried out at the latest. */
  readonly atUs: number;
  /** It is carried out as soon as this channel is heard. */
  readonly awaits: number | undefined;
  /** What waits until this half is carried out. */
  readonly next?: Exchange;
}

/**
 * One server, or all servers together: the controller of its ladder, and the channels that follow from the controller's
 * level.
 */
export class Path {
  readonly controller: RateController;
  /** Index of its server; undefined for all servers together. */
  readonly server: number | undefined;
  /** Share of the symbols lately that were duplicates. */
  duplicateRatio = 0;
  readonly #joined = new Set<number>();
  /** When each channel was last left. */
  readonly #leftUs = new Map<number, number>();
  #exchange: Exchange | undefined;

  constructor(server: number | undefined, levels: LadderLevels, rules: Rules = RULES) {
    this.server = server;
    this.controller = new RateController(levels, rules);
  }

  /** Nominal rate of the level that is joined or being joined, in bit/s. */
  get levelBitsPerSecond(): number {
    return this.controller.levels.rateOf(this.controller.level);
  }

  start(nowUs: number): readonly Decision[] {
    this.#joined.clear();
    this.#exchange = undefined;
    return this.#apply(nowUs, this.controller.start(nowUs));
  }

  tick(
    nowUs: number,
    readings: readonly StreamReading[],
    local: LocalReading,
    otherPaths: OtherPaths,
    sums: ReadingSums = sumsOf(readings),
  ): readonly Decision[] {
    if (sums.duplicateCount > 0 || this.duplicateRatio > 0) this.#noteDuplicates(readings);
    const completed = this.#completeExchange(nowUs, readings);
    const move = this.controller.tick(nowUs, readings, local, otherPaths, sums);
    return move === undefined ? completed : [...completed, ...this.#apply(nowUs, move)];
  }

  #noteDuplicates(readings: readonly StreamReading[]): void {
    for (const { receivedCount, duplicateCount } of readings) {
      if (receivedCount > 0) this.duplicateRatio += (duplicateCount / receivedCount - this.duplicateRatio) / 32;
    }
  }

  #apply(nowUs: number, { level, ...why }: Move): readonly Decision[] {
    // A waiting half belonged to another level.
    this.#exchange = undefined;
    const wanted = this.controller.levels.channelsOf(level);
    const leaves = [...this.#joined].filter((channel) => !wanted.includes(channel)).toReversed();
    const joins = wanted.filter((channel) => !this.#joined.has(channel));
    const [to] = joins;
    // If two channels are joined, the older one is the one that arrives.
    const from = to === undefined ? undefined : leaves.pop();
    const others = leaves.flatMap((channel) => this.#decide(nowUs, { action: 'leave', channel, ...why }));
    if (from !== undefined && to !== undefined) return [...others, ...this.#exchangeChannels(nowUs, from, to, why)];
    return [...others, ...joins.flatMap((channel) => this.#decide(nowUs, { action: 'join', channel, ...why }))];
  }

  /**
   * Exchanges one replicated channel for another. If the capacity holds both, both are joined for a moment, if need be after
   * channels left before have stopped arriving. If not, the new one is joined when the old one should have stopped arriving.
   */
  #exchangeChannels(nowUs: number, from: number, to: number, why: Why): readonly Decision[] {
    const { capacityBitsPerSecond = 0, leaveLatencyUs } = this.controller;
    const [before, after] = [this.#rateOf(from), this.#rateOf(to)];
    const leave = { action: 'leave', channel: from, ...why } as const;
    const join = { action: 'join', channel: to, ...why } as const;
    if (before + after > capacityBitsPerSecond) {
      this.#exchange = { ...join, atUs: nowUs + leaveLatencyUs, awaits: undefined };
      return this.#decide(nowUs, leave);
    }
    const leaving = [...this.#leftUs].filter(([channel, leftUs]) => channel !== to && nowUs < leftUs + leaveLatencyUs);
    const leavingRate = leaving.reduce((sum, [channel]) => sum + this.#rateOf(channel), 0);
    const isRoomy = before + after + leavingRate <= capacityBitsPerSecond;
    const joinUs = isRoomy ? nowUs : Math.max(...leaving.map(([, leftUs]) => leftUs)) + leaveLatencyUs;
    // If the faster channel never arrives, the controller gives it up; the old one therefore stays until then.
    const atUs = after > before ? Number.POSITIVE_INFINITY : joinUs + OVERLAP_US;
    const next = { ...leave, atUs, awaits: to };
    this.#exchange = isRoomy ? next : { ...join, atUs: joinUs, awaits: undefined, next };
    return isRoomy ? this.#decide(nowUs, join) : NOTHING;
  }

  #rateOf(channel: number): number {
    const { levels } = this.controller;
    return levels.rateOf(1 + levels.plan.channelOrder.indexOf(channel));
  }

  /** Carries out the waiting half of an exchange if its time has come. */
  #completeExchange(nowUs: number, readings: readonly StreamReading[]): readonly Decision[] {
    const exchange = this.#exchange;
    if (exchange === undefined) return NOTHING;
    const isHeard = readings.some(
      ({ channelIndex, receivedCount }) => channelIndex === exchange.awaits && receivedCount > 0,
    );
    if (nowUs < exchange.atUs && !isHeard) return NOTHING;
    this.#exchange = exchange.next;
    return this.#decide(nowUs, exchange);
  }

  #decide(nowUs: number, { action, channel, reason, compared }: Omit<Decision, 'server'>): readonly Decision[] {
    if (action === 'join') {
      this.#joined.add(channel);
      this.#leftUs.delete(channel);
    } else {
      this.#joined.delete(channel);
      this.#leftUs.set(channel, nowUs);
    }
    return [{ action, channel, server: this.server, reason, compared }];
  }
}

/**
 * Tells which paths of a receiver share a bottleneck, by whether they are congested at the same time. Until there have been
 * enough events, paths are assumed to share one: that makes the receiver careful.
 */
export class SharedBottlenecks {
  /** For each pair of paths, whether each of the last events was common to both; the newest first. */
  readonly #events = new Map<string, boolean[]>();

  /** Takes note of a retreat of one path and of whether the others have a queue now. */
  note(path: Path, others: readonly Path[]): void {
    for (const other of others) {
      const events = [other.controller.isQueued, ...this.#eventsOf(path, other)];
      this.#events.set(keyOf(path, other), events.slice(0, EVENTS));
    }
  }

  mayShare(path: Path, other: Path): boolean {
    const events = this.#eventsOf(path, other);
    return events.length < EVENTS || events.filter((isCommon) => isCommon).length >= SHARED_EVENTS;
  }

  #eventsOf(path: Path, other: Path): readonly boolean[] {
    return this.#events.get(keyOf(path, other)) ?? [];
  }
}

function keyOf({ server: a = 0 }: Path, { server: b = 0 }: Path): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
