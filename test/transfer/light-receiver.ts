import { IP_AND_UDP_BYTES } from '../../dist/base/limits.js';
import type { LocalReading } from '../../dist/rate/measuring/readings.js';
import { StreamMeter } from '../../dist/rate/measuring/stream-meter.js';
import type { ChannelPolicy, Decision } from '../../dist/rate/policy.js';
import type { ChannelChoice } from '../../dist/receiver/join/channel-choice.js';
import { policyFor } from '../../dist/receiver/join/channel-choice.js';
import { Memberships } from '../../dist/receiver/join/memberships.js';
import type { SimulatedObject, VirtualHost } from '../../dist/simulate/index.js';
import { Flag, type Header, newHeader, readHeader } from '../../dist/wire/header.js';
import type { Bed } from './bed.js';

const TICK_US = 50_000;

export interface LightOptions extends Partial<ChannelChoice> {
  /** Changes the header of a datagram before it is measured. */
  readonly forge?: (header: Header) => void;
  /** What this host says of itself at each tick. */
  readonly local?: (nowUs: number) => LocalReading;
}

/** The real policy and the real measurements on a virtual host, without an object to receive: for days of marks in seconds. */
export class LightReceiver {
  readonly policy: ChannelPolicy;
  /** At each tick, bit/s. */
  readonly levelRates: number[] = [];
  readonly moves: (Decision & { readonly atS: number })[] = [];
  readonly #bed: Bed;
  readonly #options: LightOptions;
  readonly #memberships: Memberships;
  readonly #meters = new Map<number, StreamMeter>();
  readonly #header = newHeader();
  readonly #startedUs: number;
  #work = Promise.resolve();

  constructor(bed: Bed, { descriptor }: SimulatedObject, host: VirtualHost, options: LightOptions = {}) {
    const { mode = 'auto', channels, maxRateBitsPerSecond } = options;
    this.#bed = bed;
    this.#options = options;
    this.#startedUs = bed.network.clock.nowUs;
    this.policy = policyFor(descriptor, { mode, channels, maxRateBitsPerSecond });
    this.#memberships = new Memberships({
      descriptor,
      network: host,
      interface: undefined,
      isTimed: true,
      onBatch: (_, { buffers, starts, lengths, count }) => {
        for (let i = 0; i < count; i++) this.#observe(buffers[i]!, starts[i]!, lengths[i]!);
      },
      onJoining: (channel) => {
        for (const [key, meter] of this.#meters) if (key % 256 === channel) meter.resume(bed.network.clock.nowUs);
      },
      onJoin: () => undefined,
      onLeave: () => undefined,
      onRefused: () => undefined,
    });
    this.#follow(this.policy.start(bed.network.clock.nowUs));
    this.#tickLater();
  }

  /** In s from the start, when the level was first `rateBitsPerSecond`; infinite if never. */
  firstAtS(rateBitsPerSecond: number): number {
    const tick = this.levelRates.findIndex((rate) => rate >= rateBitsPerSecond - 1);
    return tick < 0 ? Number.POSITIVE_INFINITY : (tick * TICK_US) / 1e6;
  }

  /** Of the levels from `fromS` to `toS` after the start. */
  between(fromS: number, toS = Number.POSITIVE_INFINITY): readonly number[] {
    return this.levelRates.slice((fromS * 1e6) / TICK_US, (toS * 1e6) / TICK_US);
  }

  #observe(bytes: Uint8Array, start: number, length: number): void {
    const header = this.#header;
    if (readHeader(bytes, start, length, header) !== undefined) return;
    this.#options.forge?.(header);
    const { serverIndex, channelIndex, flags } = header;
    const key = serverIndex * 256 + channelIndex;
    const meter = this.#meters.get(key) ?? new StreamMeter(serverIndex, channelIndex);
    this.#meters.set(key, meter);
    const [isTrain, isPreview] = [(flags & Flag.train) !== 0, (flags & Flag.preview) !== 0];
    meter.observe(header, isTrain, isPreview, length + IP_AND_UDP_BYTES, this.#bed.network.clock.nowUs);
  }

  #tickLater(): void {
    const { clock } = this.#bed.network;
    clock.at(clock.nowUs + TICK_US, () => {
      const readings = [...this.#meters]
        .filter(([key]) => this.#memberships.hears(key % 256, Math.floor(key / 256)))
        .map(([, meter]) => meter.read());
      const local = this.#options.local?.(clock.nowUs) ?? { unreadCount: 0, droppedCount: 0, latenessUs: 0 };
      this.#follow(this.policy.tick(clock.nowUs, readings, local));
      this.levelRates.push(this.policy.status.levelRateBitsPerSecond);
      this.#tickLater();
    });
  }

  #follow(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      this.moves.push({ ...decision, atS: (this.#bed.network.clock.nowUs - this.#startedUs) / 1e6 });
      this.#work = this.#work.then(() => this.#memberships.carryOut(decision));
    }
  }
}
