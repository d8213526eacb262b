import type { Clock, Network, ReceivedBatch } from '../../base/ports.js';
import type { ChannelPolicy, PolicyStatus } from '../../rate/policy.js';
import type { Descriptor } from '../../wire/descriptor.js';
import type { MembershipEvent, WarningEvent } from '../events.js';
import type { Reception } from '../reception.js';
import { messageOf, refusalCode } from '../refusals.js';
import { Listening } from './listening.js';
import { Memberships } from './memberships.js';
import { UnreadCount } from './unread.js';

export interface SteeringOptions {
  /** How the object is sent now. */
  readonly descriptor: Descriptor;
  readonly policy: ChannelPolicy;
  readonly interface: string | undefined;
  readonly clock: Clock;
  readonly network: Network;
  readonly reception: Reception;
  readonly onBatch: (channel: number, batch: ReceivedBatch) => void;
  readonly onJoin: (event: MembershipEvent) => void;
  readonly onLeave: (event: MembershipEvent) => void;
  readonly onWarning: (event: WarningEvent) => void;
}

/** Joins and leaves the channels of an object, as one descriptor names them, as a policy says. */
export class Steering {
  readonly #options: SteeringOptions;
  readonly #memberships: Memberships;
  readonly #listening: Listening;
  readonly #unread: UnreadCount;
  #droppedCount: number;
  #refusal: unknown;

  /** @param before what has to end before anything is joined: the steering that this one takes the place of. */
  constructor(options: SteeringOptions, before?: Promise<void>) {
    const { reception, clock, network, policy } = options;
    this.#options = options;
    this.#unread = new UnreadCount(network);
    this.#memberships = new Memberships({
      ...options,
      onBatch: (channel, batch) => {
        this.#unread.note(batch);
        options.onBatch(channel, batch);
      },
      onJoining: (channel, server) => reception.resume(clock.nowUs(), channel, server),
      onRefused: (error) => this.#noteRefusal(error),
    });
    this.#listening = new Listening(this.#memberships, policy, before);
    this.#droppedCount = reception.droppedCount;
  }

  get isOn(): boolean {
    return this.#listening.isOn;
  }

  /** Indexes of the joined channels, ascending. */
  get channels(): readonly number[] {
    return this.#memberships.channels;
  }

  get status(): PolicyStatus {
    return this.#options.policy.status;
  }

  /** Why nothing is joined, if the system refuses; undefined otherwise. */
  get refusal(): unknown {
    return this.channels.length === 0 ? this.#refusal : undefined;
  }

  /** Of the channels that are joined; 0 if none is. */
  get slowestIntervalUs(): number {
    const { channels } = this.#options.descriptor;
    return Math.max(0, ...this.channels.map((channel) => channels[channel]!.intervalUs));
  }

  /** When the last datagram of the object came, or was first waited for; now, when none is waited for. */
  get lastHeardUs(): number {
    // A policy that pauses has nothing joined.
    if (!this.#listening.isOn || this.#listening.isPaused) return this.#options.clock.nowUs();
    return Math.max(this.#options.reception.lastHeardUs ?? 0, this.#listening.sinceUs);
  }

  start(nowUs: number): void {
    void this.#listening.start(nowUs);
  }

  /** Leaves everything; resolves when that is done. */
  stop(reason: string): Promise<void> {
    return this.#listening.stop(reason);
  }

  /** Does what the time asks for; its owner calls it every 50 ms. */
  tick(nowUs: number, latenessUs: number): void {
    if (this.#listening.isOn) this.#askPolicy(nowUs, latenessUs);
    this.#listening.maintain(nowUs);
    this.#renewSilent(nowUs);
  }

  /** Lets the policy judge what has come. */
  #askPolicy(nowUs: number, latenessUs: number): void {
    const { policy, reception } = this.#options;
    const unreadCount = this.#unread.take();
    const droppedCount = reception.droppedCount - this.#droppedCount;
    this.#droppedCount += droppedCount;
    const readings = reception.read((channel, server) => this.#memberships.hears(channel, server));
    const decisions = policy.tick(nowUs, readings, { unreadCount, droppedCount, latenessUs });
    if (decisions.length > 0) void this.#listening.follow(decisions, nowUs);
  }

  #renewSilent(nowUs: number): void {
    const { descriptor, reception, onWarning } = this.#options;
    const intervalsUs = descriptor.channels.map(({ intervalUs }) => intervalUs);
    for (const channel of this.#listening.renewSilent(nowUs, intervalsUs, (one) => reception.lastHeardOn(one))) {
      onWarning({ code: 'SILENCE', message: `nothing on channel ${channel}; joining it anew` });
    }
  }

  /** What is joined goes on; the policy sees that nothing comes of this one, and steps back. */
  #noteRefusal(error: unknown): void {
    this.#refusal = error;
    // A missing interface is told by the watch, which misses it as well.
    if (refusalCode(error) === 'UNKNOWN_INTERFACE') return;
    this.#options.onWarning({ code: 'JOIN_REFUSED', message: messageOf(error) });
  }
}
