import type { Clock, Network, ReceivedBatch } from '../../base/ports.js';
import { channelLevels } from '../../rate/ladder/step-plan.js';
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

/** Joins and leaves the channels that one descriptor names, as a policy decides. */
export class Steering {
  /** The level of each channel that the descriptor names. */
  readonly channelLevels: readonly number[];
  readonly #options: SteeringOptions;
  readonly #memberships: Memberships;
  readonly #listening: Listening;
  readonly #unread: UnreadCount;
  #droppedCount: number;
  #refusal: unknown;

  /** @param before resolves when the steering that this one replaces has left its channels; nothing is joined before. */
  constructor(options: SteeringOptions, before?: Promise<void>) {
    const { reception, clock, network, policy } = options;
    this.#options = options;
    this.channelLevels = channelLevels(options.descriptor);
    this.#unread = new UnreadCount(network);
    this.#memberships = new Memberships({
      ...options,
      isTimed: policy.isTimed,
      onBatch: (channel, batch) => {
        this.#unread.note(batch);
        options.onBatch(channel, batch);
      },
      onJoining: (channel, server) => reception.hearings.resume(clock.nowUs(), channel, server),
      onRefused: (error) => this.#noteRefusal(error),
    });
    this.#listening = new Listening(this.#memberships, policy, before);
    this.#droppedCount = reception.intake.droppedCount;
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

  /** The last refusal of a join, while no channel is joined; undefined otherwise. */
  get refusal(): unknown {
    return this.channels.length === 0 ? this.#refusal : undefined;
  }

  /** The longest time between two datagrams of a joined channel; 0 if none is joined. */
  get slowestIntervalUs(): number {
    const { channels } = this.#options.descriptor;
    return Math.max(0, ...this.channels.map((channel) => channels[channel]!.intervalUs));
  }

  /**
   * When the last datagram of the object arrived, or when the receiver began to wait for one. While it waits for none, this is
   * the present time.
   */
  get lastHeardUs(): number {
    // While its policy pauses, a receiver has no channel joined.
    if (!this.#listening.isOn || this.#listening.isPaused) return this.#options.clock.nowUs();
    return Math.max(this.#options.reception.lastHeardUs ?? 0, this.#listening.sinceUs);
  }

  start(nowUs: number): void {
    void this.#listening.start(nowUs);
  }

  /** Leaves all channels; resolves when they are left. */
  stop(reason: string): Promise<void> {
    return this.#listening.stop(reason);
  }

  /** Does everything that is due; the owner calls `tick` every 50 ms. */
  tick(nowUs: number, latenessUs: number): void {
    if (this.#listening.isOn) this.#askPolicy(nowUs, latenessUs);
    this.#listening.maintain(nowUs);
    this.#renewSilent(nowUs);
  }

  /** Shows the policy what has arrived and carries out its decisions. */
  #askPolicy(nowUs: number, latenessUs: number): void {
    const { policy, reception, onWarning } = this.#options;
    const unreadCount = this.#unread.take();
    const droppedCount = reception.intake.droppedCount - this.#droppedCount;
    if (this.#droppedCount === 0 && droppedCount > 0) {
      onWarning({
        code: 'DROPPED',
        message: 'the disk of this host is behind; datagrams are dropped and received again',
      });
    }
    this.#droppedCount += droppedCount;
    const readings = reception.hearings.read((channel, server) => this.#memberships.hears(channel, server));
    const decisions = policy.tick(nowUs, readings, { unreadCount, droppedCount, latenessUs });
    this.#memberships.setTimed(policy.isTimed);
    if (decisions.length > 0) void this.#listening.follow(decisions, nowUs);
  }

  #renewSilent(nowUs: number): void {
    const { descriptor, reception, onWarning } = this.#options;
    const intervalsUs = descriptor.channels.map(({ intervalUs }) => intervalUs);
    for (const channel of this.#listening.renewSilent(nowUs, intervalsUs, (one) =>
      reception.hearings.lastHeardOn(one),
    )) {
      onWarning({ code: 'SILENCE', message: `nothing arrives on channel ${channel}; joining it again` });
    }
  }

  /** Joined channels go on. The policy sees that the refused channel delivers nothing, and goes back to a lower level. */
  #noteRefusal(error: unknown): void {
    this.#refusal = error;
    // The watch reports a missing interface, which it needs as well.
    if (refusalCode(error) === 'UNKNOWN_INTERFACE') return;
    this.#options.onWarning({ code: 'JOIN_REFUSED', message: messageOf(error) });
  }
}
