import { policyFor } from '../../receiver/join/channel-choice.js';
import { TICK_US } from '../../receiver/ticking.js';
import type { Descriptor } from '../../wire/descriptor.js';
import { ANNOUNCEMENT_CHANNEL } from '../../wire/header.js';
import { HostClock } from '../clock/host-clock.js';
import type { Link } from '../net/link.js';
import type { VirtualNetwork } from '../net/network.js';
import { headerOf, type Packet } from '../net/packet.js';
import type { Tap, TreeNode } from '../net/tree.js';
import type { Prng } from '../random/prng.js';
import { CrowdChannels } from './crowd-channels.js';
import { type CrowdMember, MemberAction } from './crowd-member.js';
import { capacityOf, ReceiverTotals } from './receiver-totals.js';
import type { CrowdPlan } from './scenario.js';
import { SharedMeters } from './shared-meters.js';
import { SymbolWorth } from './symbol-worth.js';

/** Hosts of a crowd never drop datagrams, because they have no disks. */
const NOTHING_LOCAL = { unreadCount: 0, droppedCount: 0, latenessUs: 0 } as const;

export interface CrowdOptions {
  readonly plan: CrowdPlan;
  readonly descriptor: Descriptor;
  readonly announceIntervalUs: number;
  /** Links from the root to the crowd. The slowest one limits the rate, and `share` is measured against it. */
  readonly path: readonly Link[];
  readonly onComplete: (member: CrowdMember, nowUs: number) => void;
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
  readonly #channels: CrowdChannels;
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
    this.#channels = new CrowdChannels(descriptor, network, this.#node, this.#meters);
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
    return this.#channels.levelCount;
  }

  /** The level of a member that has joined these channels; 0 for none. */
  levelOf(channelMask: number): number {
    return this.#channels.levelOf(channelMask);
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
    if (this.#channels.isJoined(channel)) this.#meters.observe(packet, atUs);
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
    const own = member.freshMask === 0 ? readings : this.#channels.freshly(member, readings);
    this.#channels.follow(member, member.policy.tick(localUs, own, NOTHING_LOCAL, sums), localUs);
    return true;
  }

  #startReady(nowUs: number, localUs: number): void {
    for (; this.#waiting < this.#queue.length; this.#waiting++) {
      const member = this.#queue[this.#waiting]!;
      if (member.readyUs > nowUs) return;
      this.#network.log.add(nowUs, MemberAction.started, member.index);
      this.#active.push(member);
      this.#channels.follow(member, member.policy.start(localUs), localUs);
      member.turnUs = nowUs + this.#timeOfTurn(this.plan.dutyCycle?.awakeUs);
    }
  }

  /** Has a member fall asleep, which leaves all its channels, or wake, and begin again with the lowest level. */
  #turn(member: CrowdMember, nowUs: number, localUs: number): void {
    member.isAsleep = !member.isAsleep;
    this.#network.log.add(nowUs, member.isAsleep ? MemberAction.fellAsleep : MemberAction.woke, member.index);
    if (member.isAsleep) this.#channels.leaveAll(member);
    else this.#channels.follow(member, member.policy.start(localUs), localUs);
    const { awakeUs, asleepUs } = this.plan.dutyCycle!;
    member.turnUs = nowUs + this.#timeOfTurn(member.isAsleep ? asleepUs : awakeUs);
  }

  /** A random time with this mean (exponential: when it ends does not depend on how long it has lasted). */
  #timeOfTurn(meanUs = Number.POSITIVE_INFINITY): number {
    return meanUs === Number.POSITIVE_INFINITY ? meanUs : -Math.log(1 - this.#sleepPrng.ratio()) * meanUs;
  }

  #end(member: CrowdMember, nowUs: number): void {
    const { totals } = member;
    totals.progress = 1;
    totals.completedUs = nowUs;
    this.#network.log.add(nowUs, MemberAction.completed, member.index);
    this.#channels.leaveAll(member);
    this.#options.onComplete(member, nowUs);
  }
}
