import type { ChannelLevels } from './channel-levels.js';
import { ThinnedPoints } from './thinned-points.js';
import type { Change, Sample } from './transfer-event.js';

/** Channels that were joined or left at one moment for one reason. */
export interface Step {
  readonly atMs: number;
  readonly reason: string;
  /** The numbers that were compared, by what they are. */
  readonly compared: Readonly<Record<string, number>> | undefined;
  /** The level after the step; 0 for none. */
  readonly level: number;
  readonly isUp: boolean;
  readonly joined: readonly number[];
  readonly left: readonly number[];
}

/** Most steps that are kept of one receiver: the marks of more would hide each other at any width. */
const MAX_STEPS = 1000;
/** Joins and leaves of one decision follow each other within this time. */
const MOMENT_MS = 100;

/** What one receiver did, as lines over time. */
export class ReceiverRecord {
  readonly name: string;
  /** The level over time: 1 is the lowest, 0 none. */
  readonly level = new ThinnedPoints();
  readonly rate = new ThinnedPoints();
  readonly levelRate = new ThinnedPoints();
  readonly capacity = new ThinnedPoints();
  readonly queue = new ThinnedPoints();
  readonly loss = new ThinnedPoints();
  readonly steps: Step[] = [];
  /** Steps beyond `MAX_STEPS`, which are not kept. */
  unmarkedCount = 0;
  /** When the object was complete; undefined until then. */
  completeMs: number | undefined;
  #moment: Moment | undefined;
  /** How often each channel is joined: once for each server, where servers are joined one by one. */
  readonly #joinCounts = new Map<number, number>();

  constructor(name: string) {
    this.name = name;
  }

  change(atMs: number, { event, channel, reason, compared }: Change, ladder: ChannelLevels): void {
    const count = (this.#joinCounts.get(channel) ?? 0) + (event === 'join' ? 1 : -1);
    if (count > 0) this.#joinCounts.set(channel, count);
    else this.#joinCounts.delete(channel);
    const level = Math.max(0, ...[...this.#joinCounts.keys()].map((joined) => ladder.levelOf(joined)));
    const moment = this.#momentOf(atMs, reason, compared);
    (event === 'join' ? moment.joined : moment.left).push(channel);
    moment.level = level;
    moment.isUp = level > moment.before || (level === moment.before && moment.left.length === 0);
    this.level.moveLast(level);
  }

  /** @param level of the sample: 1 is the lowest, 0 none. */
  sample(atMs: number, sample: Sample, level: number, ladder: ChannelLevels): void {
    this.#moment = undefined;
    if (level !== this.level.last) this.#believe(level, ladder);
    this.level.add(atMs, level);
    this.rate.add(atMs, sample.rateBitsPerSecond);
    this.loss.add(atMs, 100 * sample.lossRatio);
    if (sample.levelRateBitsPerSecond !== undefined) this.levelRate.add(atMs, sample.levelRateBitsPerSecond);
    if (sample.queueMs !== undefined) this.queue.add(atMs, sample.queueMs);
    // If the capacity is no longer known, the line has a gap.
    if (sample.capacityBitsPerSecond !== undefined) this.capacity.add(atMs, sample.capacityBitsPerSecond);
    else if (Number.isFinite(this.capacity.last)) this.capacity.add(atMs, Number.NaN);
  }

  /** Corrects the joined channels by the reported level: a log may begin after the joins, or may lack some of them. */
  #believe(level: number, ladder: ChannelLevels): void {
    for (const channel of this.#joinCounts.keys())
      if (ladder.levelOf(channel) > level) this.#joinCounts.delete(channel);
    const highest = ladder.channelOf(level);
    if (level > 0 && !this.#joinCounts.has(highest)) this.#joinCounts.set(highest, 1);
  }

  /** The step that this change belongs to: the last one, or a new one, which also gets a point on the line of levels. */
  #momentOf(atMs: number, reason: string, compared: Step['compared']): Moment {
    const last = this.#moment;
    if (last !== undefined && last.reason === reason && atMs - last.atMs <= MOMENT_MS) return last;
    const before = this.level.last ?? 0;
    const moment = { atMs, reason, compared, before, level: before, isUp: true, joined: [], left: [] };
    this.level.add(atMs, before);
    if (this.steps.length < MAX_STEPS) this.steps.push(moment);
    else this.unmarkedCount += 1;
    this.#moment = moment;
    return moment;
  }
}

/** A step to which more changes may be added. */
interface Moment extends Step {
  readonly before: number;
  level: number;
  isUp: boolean;
  readonly joined: number[];
  readonly left: number[];
}
