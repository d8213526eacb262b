import { ChannelLevels } from './channel-levels.js';
import { ReceiverRecord } from './receiver-record.js';
import { ratioBuckets, Spread, WHOLE_BUCKETS } from './spread.js';
import { ThinnedPoints } from './thinned-points.js';
import type { Described, FlowSample, LinkSample, Sample, TransferEvent } from './transfer-event.js';

/** Up to this many receivers are drawn one by one; of more, the spread is drawn. */
export const MAX_NAMED = 8;
/** Most names of receivers that are remembered, to count receivers. */
const MAX_RECEIVERS = 100_000;
/** Most links and flows that are kept: the first ones of the log, which are those of the backbone. */
const MAX_LINKS = 64;
const MAX_FLOWS = 4;

/** The distribution of each quantity over all receivers. */
export interface Crowd {
  readonly level: Spread;
  readonly rate: Spread;
  readonly levelRate: Spread;
  readonly queue: Spread;
  readonly loss: Spread;
}

export interface LinkRecord {
  readonly capacity: ThinnedPoints;
  readonly queue: ThinnedPoints;
  readonly loss: ThinnedPoints;
  /** What of the loss the link dropped itself. */
  readonly drops: ThinnedPoints;
  /** Whether it also lost what it did not drop. */
  hasOtherLoss: boolean;
  /**
   * Sum over all samples of the queue delay, and of a second for all that is dropped, because a policer has no queue. Bottlenecks are the
   * links with the largest sums.
   */
  harmSumMs: number;
}

/** What is kept of a log while it is read: lines, spreads and counts, in memory that does not grow with the log. */
export class TransferRecord {
  /** The first receivers of the log, by name; at most `MAX_NAMED`. */
  readonly receivers = new Map<string, ReceiverRecord>();
  readonly crowd: Crowd = {
    level: new Spread(WHOLE_BUCKETS),
    rate: new Spread(ratioBuckets(1e2, 1e11)),
    levelRate: new Spread(ratioBuckets(1e2, 1e11)),
    queue: new Spread(ratioBuckets(1e-2, 1e5)),
    loss: new Spread(ratioBuckets(1e-3, 1e2)),
  };
  readonly links = new Map<string, LinkRecord>();
  readonly flows = new Map<string, ThinnedPoints>();
  described: Described | undefined;
  /** Receivers that are complete. */
  completeCount = 0;
  firstMs: number | undefined;
  lastMs = 0;
  readonly #only: string | undefined;
  readonly #names = new Set<string>();
  readonly #ladder = new ChannelLevels();

  /** @param only the one receiver to keep; undefined for all. */
  constructor(only: string | undefined) {
    this.#only = only;
  }

  /** Names of all receivers in the log, whether they are kept or not; at most 100,000. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** Number of receivers in the log; if only one receiver is kept, 1 as soon as the log has it. */
  get receiverCount(): number {
    return this.#only === undefined ? this.#names.size : this.receivers.size;
  }

  /** Takes an event. @returns what is wrong with the event, if it cannot be kept. */
  add(event: TransferEvent): string | undefined {
    const { atMs } = event;
    if (atMs < this.lastMs) return `${event.event}: goes back in time, from ${this.lastMs} to ${atMs} ms`;
    if ('receiver' in event && !this.#isKept(event.receiver)) return undefined;
    this.firstMs ??= atMs;
    this.lastMs = atMs;
    switch (event.event) {
      case 'descriptor':
        this.#describe(event);
        break;
      case 'join':
      case 'leave':
        this.#receiver(event.receiver)?.change(atMs, event, this.#ladder);
        break;
      case 'progress':
        this.#receiver(event.receiver)?.sample(atMs, event, this.#levelIn(event), this.#ladder);
        this.#spread(atMs, event, this.#levelIn(event));
        break;
      case 'complete': {
        const receiver = this.#receiver(event.receiver);
        if (receiver !== undefined) receiver.completeMs = atMs;
        this.completeCount += 1;
        break;
      }
      case 'link':
        this.#addLink(atMs, event);
        break;
      case 'flow':
        this.#addFlow(atMs, event);
        break;
    }
    return undefined;
  }

  #isKept(name: string): boolean {
    if (this.#names.size < MAX_RECEIVERS) this.#names.add(name);
    return this.#only === undefined || this.#only === name;
  }

  #receiver(name: string): ReceiverRecord | undefined {
    const known = this.receivers.get(name);
    if (known !== undefined || this.receivers.size >= MAX_NAMED) return known;
    const receiver = new ReceiverRecord(name);
    this.receivers.set(name, receiver);
    return receiver;
  }

  #describe(event: Described): void {
    this.described ??= event;
    this.#ladder.describe(event);
  }

  /**
   * The level of a sample. Lines of older versions have no `levelCount`; their `level` is the index of the highest joined
   * channel, −1 for none.
   */
  #levelIn({ level, levelCount }: Sample): number {
    if (level < 0) return 0;
    return levelCount === undefined ? this.#ladder.levelOf(level) : level;
  }

  #spread(atMs: number, sample: Sample, sampledLevel: number): void {
    const { level, rate, levelRate, queue, loss } = this.crowd;
    level.add(atMs, sampledLevel);
    rate.add(atMs, sample.rateBitsPerSecond);
    loss.add(atMs, 100 * sample.lossRatio);
    if (sample.levelRateBitsPerSecond !== undefined) levelRate.add(atMs, sample.levelRateBitsPerSecond);
    if (sample.queueMs !== undefined) queue.add(atMs, sample.queueMs);
  }

  #addLink(atMs: number, { link: name, capacityBitsPerSecond, queueMs, lossRatio, dropRatio }: LinkSample): void {
    let link = this.links.get(name);
    if (link === undefined) {
      if (this.links.size >= MAX_LINKS) return;
      link = {
        capacity: new ThinnedPoints(),
        queue: new ThinnedPoints(),
        loss: new ThinnedPoints(),
        drops: new ThinnedPoints(),
        hasOtherLoss: false,
        harmSumMs: 0,
      };
      this.links.set(name, link);
    }
    if (capacityBitsPerSecond !== undefined) link.capacity.add(atMs, capacityBitsPerSecond);
    link.queue.add(atMs, queueMs);
    link.loss.add(atMs, 100 * lossRatio);
    if (dropRatio !== undefined) {
      link.drops.add(atMs, 100 * dropRatio);
      link.hasOtherLoss ||= lossRatio > dropRatio;
    }
    link.harmSumMs += queueMs + 1000 * (dropRatio ?? 0);
  }

  #addFlow(atMs: number, { flow: name, rateBitsPerSecond }: FlowSample): void {
    let flow = this.flows.get(name);
    if (flow === undefined) {
      if (this.flows.size >= MAX_FLOWS) return;
      flow = new ThinnedPoints();
      this.flows.set(name, flow);
    }
    flow.add(atMs, rateBitsPerSecond);
  }
}
