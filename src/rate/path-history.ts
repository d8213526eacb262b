import { MAX_CHANNELS } from '../base/limits.js';
import { DelayFloor } from './delay-floor.js';
import type { LocalReading, StreamReading } from './readings.js';

/** Readings kept: 3.2 s at 50 ms, longer than any question asked of them. */
const KEPT_READINGS = 64;

const FIELDS = 8;
const AT_US = 0;
const RECEIVED_COUNT = 1;
const LOST_COUNT = 2;
const WIRE_BYTES = 3;
const QUEUE_US = 4;
const MEAN_QUEUE_US = 5;

/** Over this time the least queue is one that stands. */
export const STANDING_US = 200_000;

/** Readings later than this say more about this host than about the network. */
const MAX_LATENESS_US = 25_000;
/** Nothing on any stream for so long is an outage: of an interface, a switch, or a host that slept. */
const OUTAGE_US = 1_000_000;
/** Slow channels are silent for longer between any two datagrams. */
const OUTAGE_GAPS = 4;
/** Its gap shows in the sequences with the first datagrams after it, and counts when it has stayed open for a reading. */
const SETTLING_US = 150_000;
/** What remains of unread datagrams at each reading that does not miss them: half after 0.7 s. */
const UNREAD_DECAY = 0.95;

/**
 * The last seconds of one path: what came on all its streams together, reading by reading. The queue is the least delay of a
 * reading above the server's floor; the least, because bursts of our own pass through queues that are otherwise empty.
 */
export class PathHistory {
  /** Readings one after the other, fields as below: of 10,000 simulated receivers each touches one line of the cache. */
  readonly #kept = new Float64Array(KEPT_READINGS * FIELDS);
  /** By server; one byte names one, so there are 256 at most. */
  readonly #servers = new Map<number, Server>();
  #count = 0;
  #heardUs: number | undefined;
  /** Between two readings that brought something, in the mean. */
  #gapUs = 0;
  #outageUs = Number.NEGATIVE_INFINITY;
  /** What this host did not read, and that has not been missed in the sequences yet. */
  #unreadCount = 0;

  add(nowUs: number, readings: readonly StreamReading[], local: LocalReading): void {
    // Delays that this host itself has made say nothing about the path.
    const isDistorted = local.latenessUs > MAX_LATENESS_US;
    const at = this.#count++ % KEPT_READINGS;
    let received = 0;
    let lost = 0;
    let bytes = 0;
    for (const server of this.#servers.values()) server.queueUs = -1;
    let meanQueueUs = -1;
    for (const reading of readings) {
      // What our own bursts lose says nothing about a rate that has none.
      lost += reading.lostCount - reading.burstLostCount;
      if (reading.receivedCount === 0) continue;
      received += reading.receivedCount;
      bytes += reading.wireBytes;
      if (isDistorted) continue;
      const server = this.#serverOf(reading);
      const aboveUs = server.floor.above(nowUs, reading.minDelayUs, epochOf(server, reading));
      server.queueUs = server.queueUs < 0 ? aboveUs : Math.min(server.queueUs, aboveUs);
      meanQueueUs = Math.max(meanQueueUs, aboveUs + reading.meanExcessUs);
    }
    lost -= this.#excused(nowUs, received, lost, local.unreadCount);
    // Servers may be behind different bottlenecks: the fullest counts.
    let queueUs = -1;
    for (const server of this.#servers.values()) queueUs = Math.max(queueUs, server.queueUs);
    this.#kept[at * FIELDS + AT_US] = nowUs;
    this.#kept[at * FIELDS + RECEIVED_COUNT] = received;
    this.#kept[at * FIELDS + LOST_COUNT] = lost;
    this.#kept[at * FIELDS + WIRE_BYTES] = bytes;
    // Without a datagram nothing has been learnt: what was known holds.
    const before = (at + KEPT_READINGS - 1) % KEPT_READINGS;
    this.#kept[at * FIELDS + QUEUE_US] = queueUs >= 0 ? queueUs : this.#kept[before * FIELDS + QUEUE_US]!;
    this.#kept[at * FIELDS + MEAN_QUEUE_US] =
      meanQueueUs >= 0 ? meanQueueUs : this.#kept[before * FIELDS + MEAN_QUEUE_US]!;
  }

  /** Datagrams received in the last reading. */
  get receivedCount(): number {
    return this.#kept[this.#last * FIELDS + RECEIVED_COUNT]!;
  }

  get lostCount(): number {
    return this.#kept[this.#last * FIELDS + LOST_COUNT]!;
  }

  /** Mean delay above the floor in the last reading: where bursts stand, too. */
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

  /** What stands in the path's queues, as of the last reading. */
  get standingQueueUs(): number {
    return this.queueUs(this.#kept[this.#last * FIELDS + AT_US]! - STANDING_US);
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

  /** Totals of the readings after `sinceUs`. */
  sums(sinceUs: number): {
    readonly receivedCount: number;
    readonly lostCount: number;
    readonly bitsPerSecond: number;
  } {
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
    // A reading holds what came since the one before.
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

  /** How much of what is missing the network is not to blame for. */
  #excused(nowUs: number, receivedCount: number, lostCount: number, unreadCount: number): number {
    if (receivedCount === 0) return 0;
    // Whoever was cut off for a while missed everything; that is no measure of what the path carries.
    const gapUs = nowUs - (this.#heardUs ?? nowUs);
    if (gapUs > Math.max(OUTAGE_US, OUTAGE_GAPS * this.#gapUs)) this.#outageUs = nowUs;
    else this.#gapUs += (gapUs - this.#gapUs) / 8;
    this.#heardUs = nowUs;
    if (nowUs - this.#outageUs <= SETTLING_US) return lostCount;
    this.#unreadCount = UNREAD_DECAY * this.#unreadCount + unreadCount;
    const excusedCount = Math.min(lostCount, Math.round(this.#unreadCount));
    this.#unreadCount -= excusedCount;
    return excusedCount;
  }

  #serverOf({ serverIndex }: StreamReading): Server {
    let server = this.#servers.get(serverIndex);
    if (server === undefined) {
      server = { floor: new DelayFloor(), queueUs: -1, epochs: new Uint32Array(MAX_CHANNELS), epoch: 0 };
      this.#servers.set(serverIndex, server);
    }
    return server;
  }
}

interface Server {
  readonly floor: DelayFloor;
  queueUs: number;
  /** By channel. */
  readonly epochs: Uint32Array;
  /** Changes when any of its channels begins anew. */
  epoch: number;
}

/** Channels count their beginnings each for itself: those heard later have seen fewer, and yet it is the same clock. */
function epochOf(server: Server, { channelIndex, epoch }: StreamReading): number {
  server.epoch += epoch - server.epochs[channelIndex]!;
  server.epochs[channelIndex] = epoch;
  return server.epoch;
}
