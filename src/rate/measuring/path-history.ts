import { RULES, type Rules } from '../rules.js';
import { DelayFloor, epochOf, type FlooredServer } from './delay-floor.js';
import { type HeardServer, type LocalReading, type ReadingSums, serverIn } from './readings.js';

/** Readings kept: 3.2 s at 50 ms each, longer than any span that is asked for. */
const KEPT_READINGS = 64;

const FIELDS = 6;
const AT_US = 0;
const RECEIVED_COUNT = 1;
const LOST_COUNT = 2;
const WIRE_BYTES = 3;
const QUEUE_US = 4;
const MEAN_QUEUE_US = 5;

/** What arrived and was lost in some time. */
export interface PathSums {
  readonly receivedCount: number;
  readonly lostCount: number;
  readonly bitsPerSecond: number;
}

/**
 * The last seconds of one path: what arrived on all its streams together, reading by reading. The queue of a reading is its
 * least delay above the server's floor. The least counts because our own bursts wait briefly in queues that are otherwise
 * empty.
 */
export class PathHistory {
  /**
   * A ring of readings, with the fields declared above one after the other: each of 10,000 simulated receivers then touches
   * one or two cache lines a reading. It is a third of what a simulated receiver keeps.
   */
  readonly #kept = new Float64Array(KEPT_READINGS * FIELDS);
  /** Those that were heard. */
  #servers: FlooredServer | undefined;
  readonly #rules: Rules;
  #standingUs: number;
  #count = 0;
  /** Least delay above the floor in the last reading; negative if no delay was measured. */
  queueNowUs = -1;
  /** Longest mean delay of a stream above the floor in the last reading; negative if no delay was measured. */
  #meanQueueNowUs = -1;
  /** When something was last lost. */
  lostUs = Number.NEGATIVE_INFINITY;
  /** Datagrams that this host did not read in time and that the sequences have not missed yet. */
  #unreadCount = 0;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
    this.#standingUs = rules.history.standingUs;
  }

  add(nowUs: number, sums: ReadingSums, local: LocalReading): void {
    // Delays caused by this host itself say nothing about the path.
    const isDistorted = local.latenessUs > this.#rules.history.maxLatenessUs;
    const at = this.#count++ % KEPT_READINGS;
    const { receivedCount: received, wireBytes: bytes, servers } = sums;
    const lost = sums.lostCount - this.#excuse(received, sums.lostCount, local.unreadCount);
    this.queueNowUs = -1;
    this.#meanQueueNowUs = -1;
    if (!isDistorted) for (const heard of servers) this.#noteQueue(nowUs, heard);
    const queueUs = this.queueNowUs;
    const meanQueueUs = this.#meanQueueNowUs;
    if (lost > 0) this.lostUs = nowUs;
    this.#kept[at * FIELDS + AT_US] = nowUs;
    this.#kept[at * FIELDS + RECEIVED_COUNT] = received;
    this.#kept[at * FIELDS + LOST_COUNT] = lost;
    this.#kept[at * FIELDS + WIRE_BYTES] = bytes;
    // Without a datagram the values before still hold.
    const before = (at + KEPT_READINGS - 1) % KEPT_READINGS;
    this.#kept[at * FIELDS + QUEUE_US] = queueUs >= 0 ? queueUs : this.#kept[before * FIELDS + QUEUE_US]!;
    this.#kept[at * FIELDS + MEAN_QUEUE_US] =
      meanQueueUs >= 0 ? meanQueueUs : this.#kept[before * FIELDS + MEAN_QUEUE_US]!;
  }

  /** The least queue over this time is the standing queue. */
  get standingUs(): number {
    return this.#standingUs;
  }

  /** Sets the period in which the link serves in turns; 0 if it serves at once. */
  setPeriod(periodUs: number): void {
    this.#standingUs = Math.max(this.#rules.history.standingUs, this.#rules.history.standingPeriods * periodUs);
  }

  /** Datagrams received in the last reading. */
  get receivedCount(): number {
    return this.#kept[this.#last * FIELDS + RECEIVED_COUNT]!;
  }

  get lostCount(): number {
    return this.#kept[this.#last * FIELDS + LOST_COUNT]!;
  }

  /** Least delay above the floor in the last reading that measured one. */
  get latestQueueUs(): number {
    return this.#kept[this.#last * FIELDS + QUEUE_US]!;
  }

  /** Mean delay above the floor in the last reading. It includes the waiting time of bursts. */
  get meanQueueUs(): number {
    return this.#kept[this.#last * FIELDS + MEAN_QUEUE_US]!;
  }

  /** Mean of the queues of the readings after `sinceUs`. */
  queueSince(sinceUs: number): number {
    return this.#mean(QUEUE_US, sinceUs);
  }

  /** Mean delay above the floor of the readings after `sinceUs`. */
  meanQueueSince(sinceUs: number): number {
    return this.#mean(MEAN_QUEUE_US, sinceUs);
  }

  /** The standing queue as of the last reading. */
  get standingQueueUs(): number {
    return this.queueUs(this.#kept[this.#last * FIELDS + AT_US]! - this.#standingUs);
  }

  /** Least queue of the readings after `sinceUs`. */
  queueUs(sinceUs: number, untilUs = Number.POSITIVE_INFINITY): number {
    let least = Number.POSITIVE_INFINITY;
    for (let i = this.#count - 1; i >= this.#count - KEPT_READINGS && i >= 0; i--) {
      const at = (i % KEPT_READINGS) * FIELDS;
      const atUs = this.#kept[at + AT_US]!;
      if (atUs <= sinceUs) break;
      if (atUs <= untilUs) least = Math.min(least, this.#kept[at + QUEUE_US]!);
    }
    return least === Number.POSITIVE_INFINITY ? 0 : least;
  }

  /** Time of the first reading after `sinceUs` that reported a loss; undefined if none did. */
  firstLossUs(sinceUs: number): number | undefined {
    let firstUs: number | undefined;
    for (let i = this.#count - 1; i >= this.#count - KEPT_READINGS && i >= 0; i--) {
      const at = (i % KEPT_READINGS) * FIELDS;
      if (this.#kept[at + AT_US]! <= sinceUs) break;
      if (this.#kept[at + LOST_COUNT]! > 0) firstUs = this.#kept[at + AT_US]!;
    }
    return firstUs;
  }

  /** Totals of the readings after `sinceUs`. */
  sums(sinceUs: number): PathSums {
    let receivedCount = 0;
    let lostCount = 0;
    let bytes = 0;
    let first = this.#count;
    for (let i = this.#count - 1; i >= Math.max(0, this.#count - KEPT_READINGS + 1); i--) {
      const at = i % KEPT_READINGS;
      if (this.#kept[at * FIELDS + AT_US]! <= sinceUs) break;
      receivedCount += this.#kept[at * FIELDS + RECEIVED_COUNT]!;
      lostCount += this.#kept[at * FIELDS + LOST_COUNT]!;
      bytes += this.#kept[at * FIELDS + WIRE_BYTES]!;
      first = i;
    }
    if (first === this.#count || first === 0) return { receivedCount, lostCount, bitsPerSecond: 0 };
    // A reading holds what arrived since the one before it.
    const spanUs =
      this.#kept[this.#last * FIELDS + AT_US]! - this.#kept[((first - 1) % KEPT_READINGS) * FIELDS + AT_US]!;
    return { receivedCount, lostCount, bitsPerSecond: spanUs > 0 ? (bytes * 8e6) / spanUs : 0 };
  }

  get #last(): number {
    return (this.#count + KEPT_READINGS - 1) % KEPT_READINGS;
  }

  #mean(field: number, sinceUs: number): number {
    let sum = 0;
    let count = 0;
    for (let i = this.#count - 1; i >= this.#count - KEPT_READINGS && i >= 0; i--) {
      const at = (i % KEPT_READINGS) * FIELDS;
      if (this.#kept[at + AT_US]! <= sinceUs) break;
      sum += this.#kept[at + field]!;
      count++;
    }
    return count === 0 ? 0 : sum / count;
  }

  /** How many of the lost datagrams the network is not the cause of. */
  #excuse(receivedCount: number, lostCount: number, unreadCount: number): number {
    if (receivedCount === 0) return 0;
    this.#unreadCount = this.#rules.load.decay * this.#unreadCount + unreadCount;
    const excusedCount = Math.min(lostCount, Math.round(this.#unreadCount));
    this.#unreadCount -= excusedCount;
    return excusedCount;
  }

  /** Takes the delays of what a server brought. Servers may be behind different bottlenecks; the longest queue counts. */
  #noteQueue(nowUs: number, { serverIndex, streams, minDelayUs, slowest, isFirstEpoch }: HeardServer): void {
    let leastUs = Number.POSITIVE_INFINITY;
    let meanUs = 0;
    const server = this.#serverOf(serverIndex);
    const { floor } = server;
    if (!this.#rules.switches.delay) {
      leastUs = 0;
    } else if (isFirstEpoch && floor.holds(nowUs, minDelayUs, server.epoch)) {
      leastUs = floor.add(nowUs, minDelayUs, server.epoch);
      meanUs = leastUs + ((slowest.minDelayUs - minDelayUs) | 0) + slowest.meanExcessUs;
    } else {
      // The floor moves with the streams, so they are taken one by one.
      for (const reading of streams) {
        const aboveUs = floor.add(nowUs, reading.minDelayUs, epochOf(server, reading));
        leastUs = Math.min(leastUs, aboveUs);
        meanUs = Math.max(meanUs, aboveUs + reading.meanExcessUs);
      }
    }
    this.queueNowUs = Math.max(this.queueNowUs, leastUs);
    this.#meanQueueNowUs = Math.max(this.#meanQueueNowUs, meanUs);
  }

  #serverOf(serverIndex: number): FlooredServer {
    const known = serverIn(this.#servers, serverIndex);
    if (known !== undefined) return known;
    const next = this.#servers;
    this.#servers = { index: serverIndex, floor: new DelayFloor(), epochs: undefined, epoch: 0, next };
    return this.#servers;
  }
}

/** The share of some datagrams that was lost; 0 if there were none. */
export function lossRatioOf({ receivedCount, lostCount }: Pick<PathSums, 'receivedCount' | 'lostCount'>): number {
  return lostCount / Math.max(1, receivedCount + lostCount);
}
