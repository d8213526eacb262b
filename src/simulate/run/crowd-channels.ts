import { channelLevels } from '../../rate/ladder/step-plan.js';
import type { StreamReading } from '../../rate/measuring/readings.js';
import type { Decision } from '../../rate/policy.js';
import { addressFromBytes } from '../../wire/address.js';
import { type Descriptor, sendersOf } from '../../wire/descriptor.js';
import type { VirtualNetwork } from '../net/network.js';
import type { Interest, TreeNode } from '../net/tree.js';
import { type CrowdMember, MemberAction } from './crowd-member.js';
import type { SharedMeters } from './shared-meters.js';

/** Which channels the members of a crowd have joined. The node of the crowd is joined to a channel while at least one member is. */
export class CrowdChannels {
  readonly #channels: Descriptor['channels'];
  readonly #network: VirtualNetwork;
  readonly #node: TreeNode;
  readonly #meters: SharedMeters;
  readonly #interests: readonly (readonly Interest[])[];
  readonly #memberCounts: Uint32Array;
  readonly #isLayered: boolean;
  /** The level of each channel. */
  readonly #levels: readonly number[];

  constructor(descriptor: Descriptor, network: VirtualNetwork, node: TreeNode, meters: SharedMeters) {
    this.#channels = descriptor.channels;
    this.#network = network;
    this.#node = node;
    this.#meters = meters;
    this.#interests = descriptor.channels.map((_, channel) => interestsIn(descriptor, channel));
    this.#memberCounts = new Uint32Array(descriptor.channels.length);
    this.#isLayered = descriptor.mode === 'several';
    this.#levels = channelLevels(descriptor);
  }

  /** Levels of the ladder. */
  get levelCount(): number {
    return this.#levels.length;
  }

  /** The level of a member that has joined these channels; 0 for none. */
  levelOf(channelMask: number): number {
    if (this.#isLayered) return 32 - Math.clz32(channelMask);
    let level = 0;
    for (let rest = channelMask; rest !== 0; rest &= rest - 1) {
      level = Math.max(level, this.#levels[31 - Math.clz32(rest & -rest)]!);
    }
    return level;
  }

  /** Whether any member has joined a channel; false if the object has no such channel. */
  isJoined(channel: number): boolean {
    return channel < this.#memberCounts.length && this.#memberCounts[channel]! > 0;
  }

  /** Does what the policy of a member has decided. */
  follow(member: CrowdMember, decisions: readonly Decision[], localUs: number): void {
    if (decisions.length > 0) member.joinedUs = localUs;
    for (const { action, channel } of decisions) {
      if (action === 'join') this.#join(member, channel);
      else this.#leave(member, channel);
    }
  }

  leaveAll(member: CrowdMember): void {
    for (let channel = 0; channel < this.#memberCounts.length; channel++) this.#leave(member, channel);
  }

  /**
   * The readings as a member has them. If it joins a channel that already arrives for others, the channel begins half an interval after the join
   * on average.
   */
  freshly(member: CrowdMember, readings: readonly StreamReading[]): readonly StreamReading[] {
    const { freshMask, joinedUs } = member;
    return readings.map((reading) => {
      const { channelIndex, receivedCount } = reading;
      if (((freshMask >>> channelIndex) & 1) === 0) return reading;
      if (receivedCount > 0) member.freshMask = (member.freshMask & ~(1 << channelIndex)) >>> 0;
      return { ...reading, sinceUs: joinedUs + this.#channels[channelIndex]!.intervalUs / 2 };
    });
  }

  #join(member: CrowdMember, channel: number): void {
    if (((member.channelMask >>> channel) & 1) === 1) return;
    this.#network.log.add(this.#network.clock.nowUs, MemberAction.joined, member.index * 32 + channel);
    member.channelMask = (member.channelMask | (1 << channel)) >>> 0;
    if (this.#memberCounts[channel]!++ > 0) {
      member.freshMask = (member.freshMask | (1 << channel)) >>> 0;
      return;
    }
    this.#meters.resume(channel);
    for (const interest of this.#interests[channel]!) this.#node.join(interest);
  }

  #leave(member: CrowdMember, channel: number): void {
    if (((member.channelMask >>> channel) & 1) === 0) return;
    this.#network.log.add(this.#network.clock.nowUs, MemberAction.left, member.index * 32 + channel);
    member.channelMask = (member.channelMask & ~(1 << channel)) >>> 0;
    member.freshMask = (member.freshMask & ~(1 << channel)) >>> 0;
    if (--this.#memberCounts[channel]! > 0) return;
    for (const interest of this.#interests[channel]!) this.#node.leave(interest);
  }
}

/** The interests to join for a channel: its group, or with source-specific joins, its group from each of its servers. */
function interestsIn({ channels, servers, ssm }: Descriptor, channel: number): readonly Interest[] {
  const group = addressFromBytes(channels[channel]!.group);
  if (!ssm) return [{ group, source: undefined }];
  return sendersOf(servers, channel).flatMap(({ address }) =>
    address === undefined ? [] : [{ group, source: addressFromBytes(address) }],
  );
}
