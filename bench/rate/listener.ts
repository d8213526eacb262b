import { OutageWatch } from '../../dist/rate/measuring/outage-watch.js';
import type { StreamReading } from '../../dist/rate/measuring/readings.js';
import { StreamMeter } from '../../dist/rate/measuring/stream-meter.js';
import type { ChannelPolicy, Decision } from '../../dist/rate/policy.js';
import type { Rules } from '../../dist/rate/rules.js';
import { policyFor } from '../../dist/receiver/join/channel-choice.js';
import { TICK_US } from '../../dist/receiver/ticking.js';
import { type HostClock, headerOf, type Packet, type TreeNode, type VirtualClock } from '../../dist/simulate/index.js';
import { addressFromBytes } from '../../dist/wire/address.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';
import { Flag } from '../../dist/wire/header.js';

/** Changes the readings of a stream before rate control gets them. */
export type Filter = (reading: StreamReading) => StreamReading;

const NOTHING_LOCAL = { unreadCount: 0, droppedCount: 0, latenessUs: 0 } as const;

export interface ListenerOptions {
  readonly descriptor: Descriptor;
  readonly node: TreeNode;
  readonly clock: VirtualClock;
  /** Its own. */
  readonly hostClock: HostClock;
  readonly startUs: number;
  /** When it leaves everything; undefined: never. */
  readonly stopUs: number | undefined;
  /** @default none */
  readonly filter: Filter | undefined;
  readonly rules: Rules;
  /** The highest rate that it may join. @default no limit */
  readonly maxRateBitsPerSecond?: number | undefined;
  /** Takes the nominal rate of the joined channels in bit/s, and the reason of the last change. */
  readonly onDecisions: (rateBitsPerSecond: number, reason: string) => void;
}

interface Stream {
  readonly serverIndex: number;
  readonly channelIndex: number;
  readonly meter: StreamMeter;
}

/**
 * A receiver that has only rate control. It measures what arrives at a node of the tree and follows its policy, server by
 * server if the policy chooses servers separately; crowds cannot do that.
 */
export class Listener {
  /** Whole packets of what it has joined. */
  heardBytes = 0;
  readonly #options: ListenerOptions;
  readonly #policy: ChannelPolicy;
  readonly #rates: readonly number[];
  /** By what is joined; bounded by the descriptor's servers and channels, like streams. */
  readonly #joined = new Map<number, Decision>();
  readonly #streams = new Map<number, Stream>();
  /** By server. */
  readonly #outages: OutageWatch[] = [];

  /** @param rates of channels, bit/s. */
  constructor(options: ListenerOptions, rates: readonly number[]) {
    const { descriptor, node, clock, startUs, maxRateBitsPerSecond, rules } = options;
    this.#options = options;
    this.#rates = rates;
    this.#policy = policyFor(descriptor, { mode: 'auto', channels: undefined, maxRateBitsPerSecond, rules });
    node.addTap({ isLazy: true, observe: (packet, atUs) => this.#observe(packet, atUs) });
    clock.quietlyAt(startUs, () => {
      this.#follow(this.#policy.start(options.hostClock.nowUs()));
      this.#tickLater(clock.nowUs + TICK_US);
    });
  }

  #observe(packet: Packet, atUs: number): void {
    const header = headerOf(packet);
    if (header === undefined || !this.#hears(header.channelIndex, header.serverIndex)) return;
    const { serverIndex, channelIndex, flags } = header;
    const key = keyOf(channelIndex, serverIndex);
    this.#outages[serverIndex] ??= new OutageWatch();
    const outages = this.#outages[serverIndex];
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = { serverIndex, channelIndex, meter: new StreamMeter(serverIndex, channelIndex, outages) };
      this.#streams.set(key, stream);
    }
    const hostUs = this.#options.hostClock.at(atUs);
    const isTrain = (flags & Flag.train) !== 0;
    outages.heard(hostUs, header.sendTimeUs);
    stream.meter.observe(header, isTrain, (flags & Flag.preview) !== 0, packet.wireBytes, hostUs);
    this.heardBytes += packet.wireBytes;
  }

  #hears(channel: number, server: number): boolean {
    return this.#joined.has(keyOf(channel, undefined)) || this.#joined.has(keyOf(channel, server));
  }

  #tickLater(atUs: number): void {
    const { clock, stopUs = Number.POSITIVE_INFINITY } = this.#options;
    clock.quietlyAt(Math.min(atUs, stopUs), () => {
      if (clock.nowUs >= stopUs) {
        this.#stop();
        return;
      }
      this.#tick();
      this.#tickLater(atUs + TICK_US);
    });
  }

  #tick(): void {
    const { node, hostClock, filter } = this.#options;
    node.catchUp();
    const readings: StreamReading[] = [];
    for (const { channelIndex, serverIndex, meter } of this.#streams.values()) {
      if (this.#hears(channelIndex, serverIndex)) readings.push(meter.read());
    }
    const told = filter === undefined ? readings : readings.map(filter);
    this.#follow(this.#policy.tick(hostClock.nowUs(), told, NOTHING_LOCAL));
  }

  #stop(): void {
    const reason = 'goes';
    this.#follow([...this.#joined.values()].map((joined) => ({ ...joined, action: 'leave', reason })));
  }

  #follow(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      if (decision.action === 'join') this.#join(decision);
      else this.#leave(decision);
    }
    if (decisions.length > 0) this.#options.onDecisions(this.#rate, decisions[0]!.reason);
  }

  get #rate(): number {
    let sum = 0;
    for (const { channel, server } of this.#joined.values()) {
      sum += this.#rates[channel]! * (server === undefined ? this.#options.descriptor.servers.length : 1);
    }
    return sum;
  }

  #join(decision: Decision): void {
    const { channel, server } = decision;
    const { hostClock } = this.#options;
    const key = keyOf(channel, server);
    if (this.#joined.has(key)) return;
    // Datagrams missed meanwhile are not lost.
    for (const { channelIndex, serverIndex, meter } of this.#streams.values()) {
      if (channelIndex === channel && (server ?? serverIndex) === serverIndex) meter.resume(hostClock.nowUs());
    }
    this.#joined.set(key, decision);
    for (const interest of this.#interestsOf(decision)) this.#options.node.join(interest);
  }

  #leave(decision: Decision): void {
    if (!this.#joined.delete(keyOf(decision.channel, decision.server))) return;
    for (const interest of this.#interestsOf(decision)) this.#options.node.leave(interest);
  }

  #interestsOf({ channel, server }: Decision): { group: string; source: string | undefined }[] {
    const { channels, servers, ssm } = this.#options.descriptor;
    const group = addressFromBytes(channels[channel]!.group);
    if (!ssm) return [{ group, source: undefined }];
    return servers
      .filter(({ index }) => index === (server ?? index))
      .map(({ address }) => ({ group, source: addressFromBytes(address!) }));
  }
}

function keyOf(channel: number, server: number | undefined): number {
  return (server === undefined ? 0 : server + 1) * 256 + channel;
}
