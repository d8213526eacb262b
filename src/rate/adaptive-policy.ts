import { PACKET_OVERHEAD_BYTES } from './ladder.js';
import type { ChannelPolicy, Decision, PolicyStatus } from './policy.js';
import { type Move, RateController } from './rate-controller.js';
import type { LocalReading, StreamReading } from './readings.js';
import { StepPlan } from './step-plan.js';

export interface AdaptivePolicyOptions {
  /** Rates of the ladder's channels in bit/s, in the order of their indexes. */
  readonly rates: readonly number[];
  readonly symbolBytes: number;
  /** Layered channels add up; of replicated ones the best is joined. */
  readonly kind: 'several' | 'best';
  /** Most that may be joined at once, bit/s; undefined for all. */
  readonly maxRateBitsPerSecond: number | undefined;
  /** Servers that send on the channels, by the descriptor; a channel brings what all of them send. */
  readonly serverCount: number;
}

/** A server that has not been heard for this long does not count. */
const ALIVE_US = 3_000_000;

/** Finds the receiver's rate: measures what arrives, and joins and leaves accordingly. */
export class AdaptivePolicy implements ChannelPolicy {
  readonly controller: RateController;
  readonly #options: AdaptivePolicyOptions;
  readonly #plan: StepPlan;
  /** By server, when it was last heard. */
  readonly #heardUs = new Map<number, number>();
  readonly #joined = new Set<number>();
  #startedUs = 0;

  constructor(options: AdaptivePolicyOptions) {
    this.#options = options;
    this.#plan = new StepPlan({ rates: options.rates, mode: options.kind, symbolBytes: options.symbolBytes });
    this.controller = new RateController({
      plan: this.#plan,
      packetBits: (options.symbolBytes + PACKET_OVERHEAD_BYTES) * 8,
      maxRateBitsPerSecond: options.maxRateBitsPerSecond,
    });
    this.controller.setServerCount(options.serverCount);
  }

  get status(): PolicyStatus {
    const { controller } = this;
    return {
      levelRateBitsPerSecond: controller.rateOf(controller.level),
      queueUs: controller.queueUs,
      capacityBitsPerSecond: controller.capacityBitsPerSecond,
    };
  }

  start(nowUs: number): readonly Decision[] {
    this.#startedUs = nowUs;
    this.#joined.clear();
    return this.#carry(this.controller.start(nowUs));
  }

  tick(nowUs: number, readings: readonly StreamReading[], local: LocalReading): readonly Decision[] {
    this.#countServers(nowUs, readings);
    const move = this.controller.tick(nowUs, readings, local);
    return move === undefined ? [] : this.#carry(move);
  }

  #countServers(nowUs: number, readings: readonly StreamReading[]): void {
    for (const { serverIndex, receivedCount } of readings) {
      if (receivedCount > 0) this.#heardUs.set(serverIndex, nowUs);
    }
    if (nowUs - this.#startedUs < ALIVE_US) return;
    let count = 0;
    for (const heardUs of this.#heardUs.values()) if (nowUs - heardUs < ALIVE_US) count++;
    this.controller.setServerCount(Math.max(1, count));
  }

  #carry({ level, reason }: Move): readonly Decision[] {
    const wanted = this.#channelsOf(level);
    const leaves = [...this.#joined].filter((channel) => !wanted.includes(channel)).toReversed();
    const joins = wanted.filter((channel) => !this.#joined.has(channel));
    for (const channel of leaves) this.#joined.delete(channel);
    for (const channel of joins) this.#joined.add(channel);
    return [
      ...leaves.map((channel) => ({ action: 'leave', channel, reason }) as const),
      ...joins.map((channel) => ({ action: 'join', channel, reason }) as const),
    ];
  }

  #channelsOf(level: number): readonly number[] {
    const { channelOrder } = this.#plan;
    if (level < 1) return [];
    return this.#options.kind === 'several' ? channelOrder.slice(0, level) : [channelOrder[level - 1]!];
  }
}
