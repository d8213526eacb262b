import type { Membership, MembershipRequest, Network, ReceivedBatch } from '../ports.js';
import type { Decision } from '../rate/policy.js';
import { addressFromBytes } from '../wire/address.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { MembershipEvent } from './events.js';

export interface MembershipsOptions {
  readonly descriptor: Descriptor;
  readonly network: Network;
  readonly interface: string | undefined;
  readonly onBatch: (channel: number, batch: ReceivedBatch) => void;
  /** Just before a join: what was missed on the channel while it was not joined is not lost. */
  readonly onJoining: (channel: number) => void;
  readonly onJoin: (event: MembershipEvent) => void;
  readonly onLeave: (event: MembershipEvent) => void;
}

/** The channels of one object that are joined: carries out a policy's decisions. */
export class Memberships {
  readonly #options: MembershipsOptions;
  readonly #joined = new Map<number, Membership>();

  constructor(options: MembershipsOptions) {
    this.#options = options;
  }

  /** Indexes of the joined channels, ascending. */
  get channels(): readonly number[] {
    return [...this.#joined.keys()].sort((a, b) => a - b);
  }

  /** @throws {LayercastError} `NETWORK_UNAVAILABLE` when the system refuses a join. */
  async carryOut({ action, channel, reason }: Decision): Promise<void> {
    if (action === 'join') await this.#join(channel, reason);
    else await this.#leave(channel, reason);
  }

  async leaveAll(reason: string): Promise<void> {
    await Promise.all(this.channels.map((channel) => this.#leave(channel, reason)));
  }

  /** Joins anew what has fallen silent, in case an interface went and came back without its memberships. */
  async renew(channel: number): Promise<void> {
    const membership = this.#joined.get(channel);
    if (membership === undefined) return;
    await membership.leave();
    const renewed = await this.#open(channel);
    if (this.#joined.get(channel) === membership) this.#joined.set(channel, renewed);
    else await renewed.leave();
  }

  async #join(channel: number, reason: string): Promise<void> {
    if (this.#joined.has(channel)) return;
    this.#options.onJoining(channel);
    this.#joined.set(channel, await this.#open(channel));
    for (const event of this.#events(channel, reason)) this.#options.onJoin(event);
  }

  async #leave(channel: number, reason: string): Promise<void> {
    const membership = this.#joined.get(channel);
    if (membership === undefined) return;
    this.#joined.delete(channel);
    await membership.leave();
    for (const event of this.#events(channel, reason)) this.#options.onLeave(event);
  }

  #open(channel: number): Promise<Membership> {
    const { network, onBatch } = this.#options;
    return network.join(this.#request(channel), (batch) => onBatch(channel, batch));
  }

  #request(channel: number): MembershipRequest {
    const { descriptor } = this.#options;
    const { group, port } = descriptor.channels[channel]!;
    const sources = descriptor.ssm ? this.#senders(channel).flatMap(({ address }) => (address ? [address] : [])) : [];
    return {
      group: addressFromBytes(group),
      port,
      interface: this.#options.interface,
      sources: sources.map(addressFromBytes),
    };
  }

  #senders(channel: number): Descriptor['servers'] {
    return this.#options.descriptor.servers.filter(
      ({ channels }) => channels === undefined || channels.includes(channel),
    );
  }

  /** One event a server where each is joined by itself, one for all otherwise. */
  #events(channel: number, reason: string): readonly MembershipEvent[] {
    const group = addressFromBytes(this.#options.descriptor.channels[channel]!.group);
    const servers = this.#options.descriptor.ssm ? this.#senders(channel).map(({ name }) => name) : [undefined];
    return servers.map((server) => ({ server, channel, group, reason }));
  }
}
