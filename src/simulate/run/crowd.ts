import { channelLevels } from '../../rate/channel-levels.js';
import type { ChannelPolicy, Decision } from '../../rate/policy.js';
import type { StreamReading } from '../../rate/readings.js';
import { policyFor } from '../../receiver/join/channel-choice.js';
import { TICK_US } from '../../receiver/ticking.js';
import { addressFromBytes } from '../../wire/address.js';
import { type Descriptor, sendersOf } from '../../wire/descriptor.js';
import { ANNOUNCEMENT_CHANNEL } from '../../wire/header.js';
import { HostClock } from '../clock/host-clock.js';
import type { Link } from '../net/link.js';
import type { VirtualNetwork } from '../net/network.js';
import { headerOf, type Packet } from '../net/packet.js';
import type { Interest, Tap, TreeNode } from '../net/tree.js';
import type { Prng } from '../random/prng.js';
import { capacityOf, ReceiverTotals } from './receiver-totals.js';
import type { CrowdPlan } from './scenario.js';
import { SharedMeters } from './shared-meters.js';
import { SymbolWorth } from './symbol-worth.js';

/** Hosts of a crowd never drop datagrams, because they have no disks. */
const NOTHING_LOCAL = { unreadCount: 0, droppedCount: 0, latenessUs: 0 } as const;

/** Numbers of the members' actions in the log. */
const STARTED = 11;
const JOINED = 12;
const LEFT = 13;
const COMPLETED = 14;
const FELL_ASLEEP = 15;
const WOKE = 16;

export interface CrowdOptions {
  readonly plan: CrowdPlan;
  readonly descriptor: Descriptor;
  readonly announceIntervalUs: number;
  /** Links from the root to the crowd. The slowest one limits the rate, and `share` is measured against it. */
  readonly path: readonly Link[];
  readonly onComplete: (member: CrowdMember, nowUs: number) => void;
}

export interface CrowdMember {
  readonly index: number;
  readonly totals: ReceiverTotals;
  /** When the member has heard an announcement and can join channels. */
  readonly readyUs: number;
  readonly policy: ChannelPolicy;
  /** Joined channels: bit i is set for channel i. */
  channelMask: number;
  /**
   * Channels that were already arriving for other members when this member joined them, and of which it has not had a datagram
   * yet: bit i is set for channel i.
   */
  freshMask: number;
  /** When the member last joined or left a channel, by the clock of the crowd. */
  joinedUs: number;
  isAsleep: boolean;
  /** When the member falls asleep or wakes next. */
  turnUs: number;
}

interface HeardSums {
  elapsedUs: number;
  wireBytes: number;
  receivedCount: number;
  lostCount: number;
}

/**
 * Receivers behind one link, to which the same datagrams arrive. Memberships are counted and each stream is measured once.
 * Each member runs its own policy on the readings of the channels that it has joined. Symbols are counted, not kept. All
 * members tick together.
 */
export class Crowd implements Tap {
  readonly isLazy = true;
  readonly plan: CrowdPlan;
  readonly members: readonly CrowdMember[];
  readonly #options: CrowdOptions;
  readonly #network: VirtualNetwork;
  readonly #node: TreeNode;
  readonly #clock: HostClock;
  readonly #meters: SharedMeters;
  readonly #worth: SymbolWorth;
  readonly #interests: readonly (readonly Interest[])[];
  readonly #memberCounts: Uint32Array;
  readonly #isLayered: boolean;
  /** The level of each channel. */
  readonly #levels: readonly number[];
  /**
   * Members in the order in which they become ready. Those before index `#waiting` have started; those not yet complete are
   * `#active`.
   */
  readonly #queue: readonly CrowdMember[];
  #waiting = 0;
  /** Draws the times of sleeps. */
  readonly #sleepPrng: Prng;
  #heard: HeardSums = { elapsedUs: 0, wireBytes: 0, receivedCount: 0, lostCount: 0 };
  #active: CrowdMember[] = [];

  constructor(options: CrowdOptions, network: VirtualNetwork) {
    const { plan, descriptor, announceIntervalUs } = options;
    const prng = network.prng.fork(`crowd ${plan.name}`);
    this.#sleepPrng = network.prng.fork(`sleeps of ${plan.name}`);
    this.plan = plan;
    this.#options = options;
    this.#network = network;
    this.#node = network.nodeOf(plan.below ?? 'root');
    this.#clock = new HostClock(network.clock, { originUs: plan.clockErrorUs, driftPpm: plan.driftPpm });
    this.#meters = new SharedMeters(this.#clock, descriptor.channels.length);
    this.#worth = new SymbolWorth(descriptor);
    this.#interests = descriptor.channels.map((_, channel) => interestsIn(descriptor, channel));
    this.#memberCounts = new Uint32Array(descriptor.channels.length);
    this.#isLayered = descriptor.mode === 'several';
    this.#levels = channelLevels(descriptor);
    this.members = plan.startsUs.map((startUs, index) => ({
      index,
      totals: Object.assign(new ReceiverTotals(), { startedUs: startUs }),
      readyUs: startUs + prng.ratio() * announceIntervalUs,
      policy: policyFor(descriptor, plan, false),
      channelMask: 0,
      freshMask: 0,
      joinedUs: 0,
      isAsleep: false,
      turnUs: Number.POSITIVE_INFINITY,
    }));
    this.#queue = this.members.toSorted((a, b) => a.readyUs - b.readyUs);
    this.#node.addTap(this);
    // Each crowd ticks at its own times, so that the members of a large simulation do not all tick at once.
    const firstUs = Math.ceil((this.#queue[0]?.readyUs ?? 0) + prng.ratio() * TICK_US);
    network.clock.quietlyAt(firstUs, () => this.#tick(firstUs));
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

  /** Members that receive now. */
  get active(): readonly CrowdMember[] {
    return this.plan.dutyCycle === undefined ? this.#active : this.#active.filter(({ isAsleep }) => !isAsleep);
  }

  /** Sums over all members since the last call; `elapsedUs` is the sum of their times too. */
  takeHeard(): Readonly<HeardSums> {
    const heard = this.#heard;
    this.#heard = { elapsedUs: 0, wireBytes: 0, receivedCount: 0, lostCount: 0 };
    return heard;
  }

  get isOver(): boolean {
    return this.#active.length === 0 && this.#waiting === this.#queue.length;
  }

  observe(packet: Packet, atUs: number): void {
    const channel = headerOf(packet)?.channelIndex ?? ANNOUNCEMENT_CHANNEL;
    if (channel < this.#memberCounts.length && this.#memberCounts[channel]! > 0) this.#meters.observe(packet, atUs);
  }

  #tick(nowUs: number): void {
    if (this.isOver) return;
    this.#node.catchUp();
    this.#meters.read();
    const localUs = this.#clock.nowUs();
    const capacityBitsPerSecond = capacityOf(this.#options.path, nowUs - TICK_US, nowUs);
    let endedCount = 0;
    for (const member of this.#active) {
      if (this.plan.dutyCycle !== undefined) {
        if (nowUs >= member.turnUs) this.#turn(member, nowUs, localUs);
        if (member.isAsleep) continue;
      }
      if (this.#serve(member, localUs, capacityBitsPerSecond)) continue;
      endedCount++;
      this.#end(member, nowUs);
    }
    if (endedCount > 0) this.#active = this.#active.filter(({ totals }) => totals.completedUs === undefined);
    this.#startReady(nowUs, localUs);
    this.#network.clock.quietlyAt(nowUs + TICK_US, () => this.#tick(nowUs + TICK_US));
  }

  /** Runs one tick of one member. Returns false if it is complete. */
  #serve(member: CrowdMember, localUs: number, capacityBitsPerSecond: number): boolean {
    const { totals, channelMask } = member;
    const { readings, sums, symbolCount, lostCount } = this.#meters.of(channelMask);
    const { receivedCount, wireBytes } = sums;
    totals.add(TICK_US, this.levelOf(channelMask), wireBytes, receivedCount, lostCount, capacityBitsPerSecond);
    this.#heard.elapsedUs += TICK_US;
    this.#heard.wireBytes += wireBytes;
    this.#heard.receivedCount += receivedCount;
    this.#heard.lostCount += lostCount;
    if (symbolCount > 0) totals.progress += symbolCount * this.#worth.of(channelMask, totals.lossRatio);
    if (totals.progress >= 1) return false;
    const own = member.freshMask === 0 ? readings : this.#freshly(member, readings);
    this.#follow(member, member.policy.tick(localUs, own, NOTHING_LOCAL, sums), localUs);
    return true;
  }

  /**
   * For a member that joins a channel already arriving for others, the channel begins half an interval after the join on
   * average.
   */
  #freshly(member: CrowdMember, readings: readonly StreamReading[]): readonly StreamReading[] {
    const { channels } = this.#options.descriptor;
    const { freshMask, joinedUs } = member;
    return readings.map((reading) => {
      const { channelIndex, receivedCount } = reading;
      if (((freshMask >>> channelIndex) & 1) === 0) return reading;
      if (receivedCount > 0) member.freshMask = (member.freshMask & ~(1 << channelIndex)) >>> 0;
      return { ...reading, sinceUs: joinedUs + channels[channelIndex]!.intervalUs / 2 };
    });
  }

  #startReady(nowUs: number, localUs: number): void {
    for (; this.#waiting < this.#queue.length; this.#waiting++) {
      const member = this.#queue[this.#waiting]!;
      if (member.readyUs > nowUs) return;
      this.#network.log.add(nowUs, STARTED, member.index);
      this.#active.push(member);
      this.#follow(member, member.policy.start(localUs), localUs);
      member.turnUs = nowUs + this.#timeOfTurn(this.plan.dutyCycle?.awakeUs);
    }
  }

  /** Has a member fall asleep, which leaves all its channels, or wake, and begin again with the lowest level. */
  #turn(member: CrowdMember, nowUs: number, localUs: number): void {
    member.isAsleep = !member.isAsleep;
    this.#network.log.add(nowUs, member.isAsleep ? FELL_ASLEEP : WOKE, member.index);
    if (member.isAsleep) this.#leaveAll(member);
    else this.#follow(member, member.policy.start(localUs), localUs);
    const { awakeUs, asleepUs } = this.plan.dutyCycle!;
    member.turnUs = nowUs + this.#timeOfTurn(member.isAsleep ? asleepUs : awakeUs);
  }

  /** A random time with this mean (exponential: when it ends does not depend on how long it has lasted). */
  #timeOfTurn(meanUs = Number.POSITIVE_INFINITY): number {
    return meanUs === Number.POSITIVE_INFINITY ? meanUs : -Math.log(1 - this.#sleepPrng.ratio()) * meanUs;
  }

  #leaveAll(member: CrowdMember): void {
    for (let channel = 0; channel < this.#memberCounts.length; channel++) this.#leave(member, channel);
  }

  #end(member: CrowdMember, nowUs: number): void {
    const { totals } = member;
    totals.progress = 1;
    totals.completedUs = nowUs;
    this.#network.log.add(nowUs, COMPLETED, member.index);
    this.#leaveAll(member);
    this.#options.onComplete(member, nowUs);
  }

  #follow(member: CrowdMember, decisions: readonly Decision[], localUs: number): void {
    if (decisions.length > 0) member.joinedUs = localUs;
    for (const { action, channel } of decisions) {
      if (action === 'join') this.#join(member, channel);
      else this.#leave(member, channel);
    }
  }

  #join(member: CrowdMember, channel: number): void {
    if (((member.channelMask >>> channel) & 1) === 1) return;
    this.#network.log.add(this.#network.clock.nowUs, JOINED, member.index * 32 + channel);
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
    this.#network.log.add(this.#network.clock.nowUs, LEFT, member.index * 32 + channel);
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
