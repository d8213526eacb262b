import type { Levels } from './levels.js';
import type { Neighbours } from './neighbours.js';
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
}

/** What servers on one way bring: their ladder's controller, and the channels that follow from its level. */
export class Path {
  readonly controller: RateController;
  /** Index of its server; undefined for all servers together. */
  readonly server: number | undefined;
  /** Share of symbols that were there already, as of lately. */
  duplicateRatio = 0;
  readonly #joined = new Set<number>();
  #exchange: Exchange | undefined;

  constructor(server: number | undefined, levels: Levels) {
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
    return this.#carry(nowUs, this.controller.start(nowUs));
  }

  tick(
    nowUs: number,
    readings: readonly StreamReading[],
    local: LocalReading,
    neighbours: Neighbours,
  ): readonly Decision[] {
    this.#noteDuplicates(readings);
    const completed = this.#complete(nowUs, readings);
    const move = this.controller.tick(nowUs, readings, local, neighbours);
    return move === undefined ? completed : [...completed, ...this.#carry(nowUs, move)];
  }

  #noteDuplicates(readings: readonly StreamReading[]): void {
    for (const { receivedCount, duplicateCount } of readings) {
      if (receivedCount > 0) this.duplicateRatio += (duplicateCount / receivedCount - this.duplicateRatio) / 32;
    }
  }

  #carry(nowUs: number, { level, reason }: Move): readonly Decision[] {
    // Whatever waits was wanted for another level.
    this.#exchange = undefined;
    const wanted = this.controller.levels.channelsOf(level);
    const leaves = [...this.#joined].filter((channel) => !wanted.includes(channel)).toReversed();
    const joins = wanted.filter((channel) => !this.#joined.has(channel));
    const [to] = joins;
    // Of two that are joined, the older is the one that is heard.
    const from = to === undefined ? undefined : leaves.pop();
    const others = leaves.flatMap((channel) => this.#settle({ action: 'leave', channel, reason }));
    if (from !== undefined && to !== undefined) return [...others, ...this.#swap(nowUs, from, to, reason)];
    return [...others, ...joins.flatMap((channel) => this.#settle({ action: 'join', channel, reason }))];
  }

  /** Replicated channels: both for a moment where there is room, or else neither until the first has gone. */
  #swap(nowUs: number, from: number, to: number, reason: string): readonly Decision[] {
    const { levels, capacityBitsPerSecond = 0, leaveLatencyUs } = this.controller;
    const [before, after] = [from, to].map((channel) => levels.rateOf(1 + levels.plan.channelOrder.indexOf(channel)));
    const leave = { action: 'leave', channel: from, reason } as const;
    const join = { action: 'join', channel: to, reason } as const;
    if (before! + after! <= capacityBitsPerSecond) {
      // A better channel that never comes is given up by the controller: the other stays.
      const atUs = after! > before! ? Number.POSITIVE_INFINITY : nowUs + OVERLAP_US;
      this.#exchange = { ...leave, atUs, awaits: to };
      return this.#settle(join);
    }
    this.#exchange = { ...join, atUs: nowUs + leaveLatencyUs, awaits: undefined };
    return this.#settle(leave);
  }

  /** The half of an exchange that waited, if its time has come. */
  #complete(nowUs: number, readings: readonly StreamReading[]): readonly Decision[] {
    const exchange = this.#exchange;
    if (exchange === undefined) return NOTHING;
    const isHeard = readings.some(
      ({ channelIndex, receivedCount }) => channelIndex === exchange.awaits && receivedCount > 0,
    );
    if (nowUs < exchange.atUs && !isHeard) return NOTHING;
    return this.#settle(exchange);
  }

  #settle({ action, channel, reason }: Omit<Decision, 'server'>): readonly Decision[] {
    if (this.#exchange?.channel === channel) this.#exchange = undefined;
    if (action === 'join') this.#joined.add(channel);
    else this.#joined.delete(channel);
    return [{ action, channel, server: this.server, reason }];
  }
}
