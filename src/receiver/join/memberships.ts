import type { MembershipRequest, Network, ReceivedBatch } from '../../base/ports.js';
import type { Decision } from '../../rate/policy.js';
import { addressFromBytes } from '../../wire/address.js';
import { type Descriptor, sendersOf } from '../../wire/descriptor.js';
import type { MembershipEvent } from '../events.js';
import { Subscription } from './subscription.js';

export interface MembershipsOptions {
  readonly descriptor: Descriptor;
  readonly network: Network;
  readonly interface: string | undefined;
  /** Whether each datagram needs its own time of arrival, until `setTimed` says otherwise. */
  readonly isTimed: boolean;
  readonly onBatch: (channel: number, batch: ReceivedBatch) => void;
  /** Called just before a join: datagrams that were sent while the channel was not joined do not count as lost. */
  readonly onJoining: (channel: number, server: number | undefined) => void;
  readonly onJoin: (event: MembershipEvent) => void;
  readonly onLeave: (event: MembershipEvent) => void;
  /** Called when the system refuses a join. The join is tried again as long as the channel is wanted. */
  readonly onRefused: (error: unknown) => void;
}

type Why = Pick<Decision, 'reason' | 'compared'>;

/** A channel that is wanted, of one server or of all servers. */
interface Wanted {
  readonly channel: number;
  readonly server: number | undefined;
  readonly why: Why;
  readonly subscription: Subscription;
  /** Whether a join event was emitted. A leave event then has to follow. */
  isTold: boolean;
  /** Why the channel is no longer wanted. It stays joined until the channel that replaces it is joined. */
  overdue: Why | undefined;
}

/**
 * Knows which channels of one object are wanted and which are joined; nothing else joins or leaves them. It carries out a
 * policy's decisions; what a policy reports of its level is a wish. A channel whose join fails stays wanted, and `maintain`
 * tries again. The last joined channel is not left while the channel that should replace it is refused, and if it was left before, it is joined again
 * until then. One call at a time; the owner orders the calls.
 */
export class Memberships {
  readonly #options: MembershipsOptions;
  /** Bounded by the channels and servers of a descriptor. */
  readonly #wanted = new Map<number, Wanted>();

  #isTimed: boolean;
  /** The channel that was left last for another one, since when none is joined. */
  #former: Pick<Wanted, 'channel' | 'server'> | undefined;

  constructor(options: MembershipsOptions) {
    this.#options = options;
    this.#isTimed = options.isTimed;
  }

  /** Changes, for all channels, whether each datagram needs its own time of arrival. */
  setTimed(isTimed: boolean): void {
    if (this.#isTimed === isTimed) return;
    this.#isTimed = isTimed;
    for (const { subscription } of this.#wanted.values()) subscription.setTimed(isTimed);
  }

  /** Indexes of the channels that are joined, of any server, ascending. */
  get channels(): readonly number[] {
    const joined = [...this.#wanted.values()].filter(({ subscription }) => subscription.isJoined);
    return [...new Set(joined.map(({ channel }) => channel))].sort((a, b) => a - b);
  }

  /** Whether all wanted channels are joined, and no others. */
  get isSettled(): boolean {
    return [...this.#wanted.values()].every(
      ({ subscription, overdue }) => subscription.isJoined && overdue === undefined,
    );
  }

  /** Whether a channel of this server is joined. */
  hears(channel: number, server: number): boolean {
    return this.#isJoined(keyOf(channel, undefined)) || this.#isJoined(keyOf(channel, server));
  }

  async carryOut({ action, channel, server, reason, compared }: Decision): Promise<void> {
    const why = { reason, compared };
    if (action === 'join') await this.#want(channel, server, why);
    else await this.#unwant(keyOf(channel, server), why);
    await this.#leaveOverdue();
  }

  async leaveAll(reason: string): Promise<void> {
    await Promise.all([...this.#wanted.keys()].map((key) => this.#leave(key, { reason })));
    this.#former = undefined;
  }

  /** Joins wanted channels that are not joined: the system refused the join, or the membership was lost with an interface. */
  async maintain(): Promise<void> {
    for (const wanted of [...this.#wanted.values()]) if (!wanted.subscription.isJoined) await this.#join(wanted);
    await this.#leaveOverdue();
  }

  /** Joins a silent channel again, in case an interface went away and came back without its memberships. */
  async renew(channel: number): Promise<void> {
    for (const wanted of [...this.#wanted.values()]) {
      if (wanted.channel === channel) await this.#attempt(() => wanted.subscription.renew());
    }
  }

  async #want(channel: number, server: number | undefined, why: Why): Promise<void> {
    const key = keyOf(channel, server);
    const before = this.#wanted.get(key);
    if (before !== undefined) before.overdue = undefined;
    if (before !== undefined) return;
    const { network, onBatch } = this.#options;
    const subscription = new Subscription(network, this.#request(channel, server), (batch) => onBatch(channel, batch));
    const wanted: Wanted = { channel, server, why, subscription, isTold: false, overdue: undefined };
    this.#wanted.set(key, wanted);
    await this.#join(wanted);
  }

  async #join(wanted: Wanted): Promise<void> {
    const { channel, server, why, subscription } = wanted;
    this.#options.onJoining(channel, server);
    if (!(await this.#attempt(() => subscription.join()))) return await this.#goBack(wanted);
    this.#former = undefined;
    if (wanted.isTold) return;
    wanted.isTold = true;
    for (const event of this.#events(channel, server, why)) this.#options.onJoin(event);
  }

  /**
   * Joins the channel again that was left for one that is refused, until that one is joined. Not a faster one: it may have been left because it was too
   * fast.
   */
  async #goBack({ channel, server, why }: Wanted): Promise<void> {
    const former = this.#former;
    const { channels } = this.#options.descriptor;
    if (former === undefined || former.channel === channel || former.server !== server) return;
    if (this.channels.length > 0 || channels[former.channel]!.intervalUs < channels[channel]!.intervalUs) return;
    this.#former = undefined;
    await this.#want(former.channel, server, { reason: `channel ${channel} is refused` });
    const back = this.#wanted.get(keyOf(former.channel, server));
    if (back !== undefined) back.overdue = why;
  }

  async #unwant(key: number, why: Why): Promise<void> {
    const wanted = this.#wanted.get(key);
    if (wanted === undefined) return;
    wanted.overdue = why;
    if (!wanted.subscription.isJoined) await this.#leave(key, why);
  }

  /** Leaves channels that are no longer wanted, unless nothing else is joined and the wanted channels are refused. */
  async #leaveOverdue(): Promise<void> {
    const wanted = [...this.#wanted.values()].filter(({ overdue }) => overdue === undefined);
    if (wanted.length > 0 && !wanted.some(({ subscription }) => subscription.isJoined)) return;
    for (const [key, { overdue }] of [...this.#wanted]) if (overdue !== undefined) await this.#leave(key, overdue);
  }

  async #leave(key: number, why: Why): Promise<void> {
    const wanted = this.#wanted.get(key);
    if (wanted === undefined) return;
    this.#wanted.delete(key);
    await wanted.subscription.leave();
    if (!wanted.isTold) return;
    if (this.channels.length === 0) this.#former = wanted;
    for (const event of this.#events(wanted.channel, wanted.server, why)) this.#options.onLeave(event);
  }

  async #attempt(join: () => Promise<void>): Promise<boolean> {
    try {
      await join();
      return true;
    } catch (error) {
      this.#options.onRefused(error);
      return false;
    }
  }

  #isJoined(key: number): boolean {
    return this.#wanted.get(key)?.subscription.isJoined ?? false;
  }

  #request(channel: number, server: number | undefined): MembershipRequest {
    const { descriptor } = this.#options;
    const { group, port } = descriptor.channels[channel]!;
    const senders = descriptor.ssm ? this.#senders(channel, server) : [];
    return {
      group: addressFromBytes(group),
      port,
      interface: this.#options.interface,
      sources: senders.flatMap(({ address }) => (address ? [addressFromBytes(address)] : [])),
      isTimed: this.#isTimed,
    };
  }

  #senders(channel: number, server: number | undefined): Descriptor['servers'] {
    const senders = sendersOf(this.#options.descriptor.servers, channel);
    return senders.filter(({ index }) => (server ?? index) === index);
  }

  /** One event for each server of a source-specific channel; one event for all servers of an any-source channel. */
  #events(channel: number, server: number | undefined, { reason, compared }: Why): readonly MembershipEvent[] {
    const { descriptor } = this.#options;
    const group = addressFromBytes(descriptor.channels[channel]!.group);
    const servers = descriptor.ssm ? this.#senders(channel, server).map(({ name }) => name) : [undefined];
    return servers.map((name) => ({ server: name, channel, group, reason, compared }));
  }
}

function keyOf(channel: number, server: number | undefined): number {
  return (server === undefined ? 0 : server + 1) * 256 + channel;
}
