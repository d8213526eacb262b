import type { PolicyStatus } from '../../rate/policy.js';
import type { Descriptor } from '../../wire/descriptor.js';
import type { Link } from '../net/link.js';
import type { LinkCounts } from '../net/link-options.js';
import type { CrossTraffic, TrafficOptions } from '../tcp/cross-traffic.js';
import type { Crowd } from './crowd.js';
import type { CrowdMember } from './crowd-member.js';
import type {
  FlowSample,
  FlowSummary,
  LinkSample,
  LinkSummary,
  MemberEnd,
  ReceiverEnd,
  ReceiverSample,
} from './simulation-events.js';
import { medianOf } from './summary.js';

/** Turns the counters of one direction of a link into samples and a summary. */
export class LinkSampler {
  readonly #name: string;
  readonly #link: Link;
  #before: LinkCounts;
  #departedBytes = 0;
  #sampledUs = 0;
  #capacityBits = 0;
  #wasLimited = true;

  constructor(name: string, link: Link) {
    this.#name = name;
    this.#link = link;
    this.#before = { ...link.counts };
  }

  sample(nowUs: number): LinkSample | undefined {
    const elapsedUs = nowUs - this.#sampledUs;
    if (elapsedUs === 0) return undefined;
    this.#link.catchUp();
    const { counts, queueUs, departedBytes } = this.#link;
    const bytes = departedBytes - this.#departedBytes;
    this.#departedBytes = departedBytes;
    const capacity = this.#link.capacityBitsPerSecond(this.#sampledUs, nowUs);
    const before = this.#before;
    this.#before = { ...counts };
    this.#sampledUs = nowUs;
    if (capacity === undefined) this.#wasLimited = false;
    else this.#capacityBits += (capacity * elapsedUs) / 1e6;
    return {
      event: 'link',
      atMs: Math.round(nowUs / 1000),
      link: this.#name,
      rateBitsPerSecond: Math.round((bytes * 8e6) / elapsedUs),
      capacityBitsPerSecond: capacity === undefined ? null : Math.round(capacity),
      queueMs: Math.round(queueUs / 100) / 10,
      lossRatio: shareOf(before, counts, ({ lostCount, overflowCount }) => lostCount + overflowCount),
      dropRatio: shareOf(before, counts, ({ overflowCount }) => overflowCount),
    };
  }

  summary(nowUs: number): LinkSummary {
    const { counts, departedBytes } = this.#link;
    const bits = departedBytes * 8;
    const isLimited = this.#wasLimited && this.#capacityBits > 0;
    return {
      link: this.#name,
      rateBitsPerSecond: nowUs === 0 ? 0 : (bits * 1e6) / nowUs,
      capacityBitsPerSecond: isLimited ? (this.#capacityBits * 1e6) / nowUs : null,
      use: isLimited ? bits / this.#capacityBits : null,
      lossRatio: shareOf(NOTHING, counts, ({ lostCount, overflowCount }) => lostCount + overflowCount),
      dropRatio: shareOf(NOTHING, counts, ({ overflowCount }) => overflowCount),
    };
  }
}

const NOTHING: LinkCounts = { carriedCount: 0, carriedBytes: 0, lostCount: 0, overflowCount: 0 };

/** A count as a share of the packets that went in. */
function shareOf(before: LinkCounts, now: LinkCounts, countOf: (counts: LinkCounts) => number): number {
  const inCount = now.carriedCount - before.carriedCount + now.overflowCount - before.overflowCount;
  return inCount === 0 ? 0 : (countOf(now) - countOf(before)) / inCount;
}

/** Turns the counters of a flow into samples and a summary. */
export class TrafficSampler {
  readonly #flow: CrossTraffic;
  readonly #startUs: number;
  readonly #stopUs: number;
  #arrivedBytes = 0;
  #sampledUs = 0;

  constructor(flow: CrossTraffic, { startUs = 0, stopUs }: TrafficOptions, durationUs: number) {
    this.#flow = flow;
    this.#startUs = startUs;
    this.#stopUs = stopUs ?? durationUs;
  }

  sample(nowUs: number): FlowSample | undefined {
    const elapsedUs = nowUs - this.#sampledUs;
    if (elapsedUs === 0) return undefined;
    const { name, arrivedBytes } = this.#flow;
    const bytes = arrivedBytes - this.#arrivedBytes;
    this.#arrivedBytes = arrivedBytes;
    this.#sampledUs = nowUs;
    const rateBitsPerSecond = Math.round((bytes * 8e6) / elapsedUs);
    return { event: 'flow', atMs: Math.round(nowUs / 1000), flow: name, rateBitsPerSecond };
  }

  summary(nowUs: number): FlowSummary {
    const { name, arrivedBytes, lostCount, sentCount } = this.#flow;
    const elapsedUs = Math.min(nowUs, this.#stopUs) - this.#startUs;
    return {
      flow: name,
      rateBitsPerSecond: elapsedUs > 0 ? (arrivedBytes * 8e6) / elapsedUs : 0,
      lossRatio: sentCount === 0 ? 0 : lostCount / sentCount,
    };
  }
}

/** Turns the totals of a crowd's members into samples. */
export class CrowdSampler {
  readonly crowd: Crowd;
  readonly #descriptor: Descriptor;

  constructor(crowd: Crowd, descriptor: Descriptor) {
    this.crowd = crowd;
    this.#descriptor = descriptor;
  }

  sample(nowUs: number): ReceiverSample | undefined {
    const { plan, active, members } = this.crowd;
    const { sizeBytes } = this.#descriptor;
    const heard = this.crowd.takeHeard();
    const levels = active.map(({ channelMask }) => this.crowd.levelOf(channelMask));
    const statuses = active.map(({ policy }) => policy.status);
    const mean = (of: (status: PolicyStatus) => number) =>
      statuses.length === 0 ? 0 : statuses.reduce((sum, status) => sum + of(status), 0) / statuses.length;
    const capacities = statuses
      .flatMap(({ capacityBitsPerSecond }) => capacityBitsPerSecond ?? [])
      .filter(Number.isFinite);
    return {
      event: 'progress',
      atMs: Math.round(nowUs / 1000),
      receiver: plan.name,
      bytes: Math.round((members.reduce((sum, { totals }) => sum + totals.progress, 0) / members.length) * sizeBytes),
      totalBytes: sizeBytes,
      rateBitsPerSecond: heard.elapsedUs === 0 ? 0 : Math.round((heard.wireBytes * 8e6) / heard.elapsedUs),
      lossRatio: heard.lostCount === 0 ? 0 : heard.lostCount / (heard.lostCount + heard.receivedCount),
      level: medianOf(levels) ?? 0,
      levelCount: this.crowd.levelCount,
      levelRateBitsPerSecond: Math.round(mean(({ levelRateBitsPerSecond }) => levelRateBitsPerSecond)),
      queueMs: Math.round(mean(({ queueUs }) => queueUs) / 1000),
      capacityBitsPerSecond: medianOf(capacities.map(Math.round)) ?? null,
      listening: active.length,
      complete: members.filter(({ totals }) => totals.completedUs !== undefined).length,
      levelMin: levels.reduce((least, level) => Math.min(least, level), levels[0] ?? 0),
      levelMax: levels.reduce((most, level) => Math.max(most, level), 0),
    };
  }

  /** The events when a member is complete. With the last member the crowd is complete too. */
  completion({ index, totals }: CrowdMember, nowUs: number): readonly (MemberEnd | ReceiverEnd)[] {
    const { plan, members } = this.crowd;
    const since = (startUs: number) => Math.round((nowUs - startUs) / 1000);
    const stamp = { atMs: Math.round(nowUs / 1000), receiver: plan.name };
    const elapsedMs = since(totals.startedUs ?? 0);
    const member: MemberEnd = { event: 'memberComplete', ...stamp, member: index + 1, elapsedMs };
    if (members.some((other) => other.totals.completedUs === undefined)) return [member];
    const firstUs = plan.startsUs.reduce((first, startUs) => Math.min(first, startUs));
    const bytes = this.#descriptor.sizeBytes;
    return [member, { event: 'complete', ...stamp, elapsedMs: since(firstUs), bytes }];
  }
}
