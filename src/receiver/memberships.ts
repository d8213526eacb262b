import type { Membership, MembershipRequest, Network, ReceivedBatch } from '../ports.js';
import type { Decision } from '../rate/policy.js';
import { addressFromBytes } from '../wire/address.js';
import { type Descriptor, sendersOf } from '../wire/descriptor.js';
import type { MembershipEvent } from './events.js';

export interface MembershipsOptions {
  readonly descriptor: Descriptor;
  readonly network: Network;
  readonly interface: string | undefined;
  readonly onBatch: (channel: number, batch: ReceivedBatch) => void;
  /** Just before a join: what was missed on the channel while it was not joined is not lost. */
  readonly onJoining: (channel: number, server: number | undefined) => void;
  readonly onJoin: (event: MembershipEvent) => void;
  readonly onLeave: (event: MembershipEvent) => void;
}

/** A channel of one server, or of all of them. */
interface Joined {
  readonly channel: number;
  readonly server: number | undefined;
  readonly membership: Membership;
}

/** The channels of one object that are joined: carries out a policy's decisions. */
export class Memberships {
  readonly #options: MembershipsOptions;
  /** Bounded by the channels and servers of a descriptor. */
  readonly #joined = new Map<number, Joined>();

  constructor(options: MembershipsOptions) {
    this.#options = options;
  }

  /** Indexes of the joined channels, of whichever servers, ascending. */
  get channels(): readonly number[] {
    return [...new Set([...this.#joined.values()].map(({ channel }) => channel))].sort((a, b) => a - b);
  }

  /** Whether what this server sends on a channel is asked for. */
  hears(channel: number, server: number): boolean {
    return this.#joined.has(keyOf(channel, undefined)) || this.#joined.has(keyOf(channel, server));
  }

  /** @throws {LayercastError} `NETWORK_UNAVAILABLE` when the system refuses a join. */
  async carryOut({ action, channel, server, reason }: Decision): Promise<void> {
    if (action === 'join') await this.#join(channel, server, reason);
    else await this.#leave(keyOf(channel, server), reason);
  }

  async leaveAll(reason: string): Promise<void> {
    await Promise.all([...this.#joined.keys()].map((key) => this.#leave(key, reason)));
  }

  /** Joins anew what has fallen silent, in case an interface went and came back without its memberships. */
  async renew(channel: number): Promise<void> {
    for (const [key, joined] of [...this.#joined]) {
      if (joined.channel !== channel) continue;
      await joined.membership.leave();
      const membership = await this.#open(channel, joined.server);
      if (this.#joined.get(key) === joined) this.#joined.set(key, { ...joined, membership });
      else await membership.leave();
    }
  }

  async #join(channel: number, server: number | undefined, reason: string): Promise<void> {
    const key = keyOf(channel, server);
    if (this.#joined.has(key)) return;
    this.#options.onJoining(channel, server);
    this.#joined.set(key, { channel, server, membership: await this.#open(channel, server) });
    for (const event of this.#events(channel, server, reason)) this.#options.onJoin(event);
  }

  async #leave(key: number, reason: string): Promise<void> {
    const joined = this.#joined.get(key);
    if (joined === undefined) return;
    this.#joined.delete(key);
    await joined.membership.leave();
    for (const event of this.#events(joined.channel, joined.server, reason)) this.#options.onLeave(event);
  }

  #open(channel: number, server: number | undefined): Promise<Membership> {
    const { network, onBatch } = this.#options;
    return network.join(this.#request(channel, server), (batch) => onBatch(channel, batch));
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
    };
  }

  #senders(channel: number, server: number | undefined): Descriptor['servers'] {
    const senders = sendersOf(this.#options.descriptor.servers, channel);
    return senders.filter(({ index }) => (server ?? index) === index);
  }

  /** One event a server where each is joined by itself, one for all otherwise. */
  #events(channel: number, server: number | undefined, reason: string): readonly MembershipEvent[] {
    const { descriptor } = this.#options;
    const group = addressFromBytes(descriptor.channels[channel]!.group);
    const servers = descriptor.ssm ? this.#senders(channel, server).map(({ name }) => name) : [undefined];
    return servers.map((name) => ({ server: name, channel, group, reason }));
  }
}

function keyOf(channel: number, server: number | undefined): number {
  return (server === undefined ? 0 : server + 1) * 256 + channel;
}
