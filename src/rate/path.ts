import type { LadderLevels } from './ladder-levels.js';
import type { OtherPaths } from './other-paths.js';
import type { Decision } from './policy.js';
import { type Move, RateController } from './rate-controller.js';
import type { LocalReading, StreamReading } from './readings.js';

/** A channel that takes another's place is waited for this long while both are joined. */
const OVERLAP_US = 2_000_000;

/** The same each time: ten thousand simulated receivers decide nothing twenty times a second. */
const NOTHING: readonly Decision[] = [];

/** A change from one channel to another, of which one half waits. */
interface Exchange extends Omit<Decision, 'server'> {
  /** When it is done at the latest. */
  readonly atUs: number;
  /** Once this channel is heard it is done at once. */
  readonly awaits: number | undefined;
  /** What waits for it in turn. */
  readonly next?: Exchange;
}

/** What servers on one way bring: their ladder's controller, and the channels that follow from its level. */
export class Path {
  readonly controller: RateController;
  /** Index of its server; undefined for all servers together. */
  readonly server: number | undefined;
  /** Share of symbols that were there already, as of lately. */
  duplicateRatio = 0;
  readonly #joined = new Set<number>();
  /** When each channel was last left. */
  readonly #leftUs = new Map<number, number>();
  #exchange: Exchange | undefined;

  constructor(server: number | undefined, levels: LadderLevels) {
    this.server = server;
    this.controller = new RateController(levels);
  }

  /** Joined, or being joined, in bit/s by the ladder. */
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
  ): readonly Decision[] {
    this.#noteDuplicates(readings);
    const completed = this.#completeExchange(nowUs, readings);
    const move = this.controller.tick(nowUs, readings, local, otherPaths);
    return move === undefined ? completed : [...completed, ...this.#apply(nowUs, move)];
  }

  #noteDuplicates(readings: readonly StreamReading[]): void {
    for (const { receivedCount, duplicateCount } of readings) {
      if (receivedCount > 0) this.duplicateRatio += (duplicateCount / receivedCount - this.duplicateRatio) / 32;
    }
  }

  #apply(nowUs: number, { level, reason }: Move): readonly Decision[] {
    // Whatever waits was wanted for another level.
    this.#exchange = undefined;
    const wanted = this.controller.levels.channelsOf(level);
    const leaves = [...this.#joined].filter((channel) => !wanted.includes(channel)).toReversed();
    const joins = wanted.filter((channel) => !this.#joined.has(channel));
    const [to] = joins;
    // Of two that are joined, the older is the one that is heard.
    const from = to === undefined ? undefined : leaves.pop();
    const others = leaves.flatMap((channel) => this.#decide(nowUs, { action: 'leave', channel, reason }));
    if (from !== undefined && to !== undefined) return [...others, ...this.#exchangeChannels(nowUs, from, to, reason)];
    return [...others, ...joins.flatMap((channel) => this.#decide(nowUs, { action: 'join', channel, reason }))];
  }

  /**
   * Replicated channels: both for a moment where there is room, if need be once those that were left before have gone; or else
   * neither until the first has gone.
   */
  #exchangeChannels(nowUs: number, from: number, to: number, reason: string): readonly Decision[] {
    const { capacityBitsPerSecond = 0, leaveLatencyUs } = this.controller;
    const [before, after] = [this.#rateOf(from), this.#rateOf(to)];
    const leave = { action: 'leave', channel: from, reason } as const;
    const join = { action: 'join', channel: to, reason } as const;
    if (before + after > capacityBitsPerSecond) {
      this.#exchange = { ...join, atUs: nowUs + leaveLatencyUs, awaits: undefined };
      return this.#decide(nowUs, leave);
    }
    const leaving = [...this.#leftUs].filter(([channel, leftUs]) => channel !== to && nowUs < leftUs + leaveLatencyUs);
    const leavingRate = leaving.reduce((sum, [channel]) => sum + this.#rateOf(channel), 0);
    const isRoomy = before + after + leavingRate <= capacityBitsPerSecond;
    const joinUs = isRoomy ? nowUs : Math.max(...leaving.map(([, leftUs]) => leftUs)) + leaveLatencyUs;
    // A better channel that never comes is given up by the controller: the other stays.
    const atUs = after > before ? Number.POSITIVE_INFINITY : joinUs + OVERLAP_US;
    const next = { ...leave, atUs, awaits: to };
    this.#exchange = isRoomy ? next : { ...join, atUs: joinUs, awaits: undefined, next };
    return isRoomy ? this.#decide(nowUs, join) : NOTHING;
  }

  #rateOf(channel: number): number {
    const { levels } = this.controller;
    return levels.rateOf(1 + levels.plan.channelOrder.indexOf(channel));
  }

  /** The half of an exchange that waited, if its time has come. */
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

  #decide(nowUs: number, { action, channel, reason }: Omit<Decision, 'server'>): readonly Decision[] {
    if (action === 'join') {
      this.#joined.add(channel);
      this.#leftUs.delete(channel);
    } else {
      this.#joined.delete(channel);
      this.#leftUs.set(channel, nowUs);
    }
    return [{ action, channel, server: this.server, reason }];
  }
}
