import { AmbientLoss } from './ambient-loss.js';
import { type Congestion, type CongestionInput, congestionOf, emptyQueueUs } from './congestion.js';
import { Contention } from './contention.js';
import { JoinTimes } from './join-times.js';
import type { LadderLevels } from './ladder-levels.js';
import { LinkEstimate } from './link-estimate.js';
import { PathHistory, STANDING_US } from './path-history.js';
import type { LocalReading, StreamReading } from './readings.js';
import { SLOT_US } from './step-plan.js';

/** A queue that rises by fewer packets says nothing. */
const WAVE_PACKETS = 3;
/** What may be lost where nothing speaks against more, beyond what is lost anyway. */
const CLEAR_PATH_LOSS_RATIO = 0.03;

/** What a path does not know of the level it is seen from. */
export type LevelContext = Pick<CongestionInput, 'leaveLatencyUs' | 'isTrial' | 'isNew'>;

/** Everything that has been measured on one path, seen from the level that is joined on it now. */
export class PathState {
  readonly levels: LadderLevels;
  readonly history = new PathHistory();
  readonly contention = new Contention();
  readonly link = new LinkEstimate();
  readonly ambient = new AmbientLoss();
  readonly joinTimes = new JoinTimes();
  nowUs = 0;
  level = 0;
  /** When the level last changed; what came before says nothing about it. */
  changedUs = 0;
  /** When it last went up; since it is heard, when that was. */
  climbedUs = Number.NEGATIVE_INFINITY;
  /** When the newest channel of this level was first heard. */
  heardUs: number | undefined;

  constructor(levels: LadderLevels) {
    this.levels = levels;
  }

  change(level: number, nowUs: number): void {
    this.level = level;
    this.changedUs = nowUs;
    this.heardUs = undefined;
    this.contention.rateChanged();
  }

  add(nowUs: number, readings: readonly StreamReading[], local: LocalReading): void {
    this.nowUs = nowUs;
    this.history.add(nowUs, readings, local);
    this.link.note(nowUs, readings);
    this.#noteHeard(readings);
  }

  /** Takes the last reading's losses and queue for what they say about weather and others; not while a leave is waited for. */
  judgeLosses(): void {
    const { receivedCount, lostCount, meanQueueUs } = this.history;
    const { queueUs } = this;
    if (queueUs < this.emptyUs) this.ambient.add(receivedCount, lostCount);
    this.contention.add(this.nowUs, {
      queueUs,
      // What is lost without a queue is lost to the weather.
      lostCount: meanQueueUs >= this.emptyUs ? lostCount : 0,
      bitsPerSecond: this.levels.rateOf(this.level),
      roundTripUs: this.joinTimes.roundTripUs + meanQueueUs,
      packetsUs: WAVE_PACKETS * this.serviceUs,
    });
  }

  /** Looks for others on the path; to be called once a slot. */
  judgeOthers(queueUs: number, keptBitsPerSecond: number, leaveLatencyUs: number): void {
    const sinceUs = this.slotSinceUs;
    const wasOn = this.isContended;
    this.contention.judge(this.nowUs, {
      isQueued: queueUs >= this.emptyUs,
      arrivedBitsPerSecond: this.history.sums(sinceUs).bitsPerSecond,
      capacityBitsPerSecond: this.link.leastShareBitsPerSecond,
      bitsPerSecond: Math.max(this.levels.rateOf(this.level), keptBitsPerSecond),
      roundTripUs: this.roundTripUs(sinceUs),
      leaveLatencyUs,
    });
    // What failed before others were known was their doing.
    if (!wasOn && this.isContended) this.link.forgive();
  }

  /** The last half second, as far as it was at this level. */
  get slotSinceUs(): number {
    return Math.max(this.changedUs, this.nowUs - SLOT_US);
  }

  /** What stands in the path's queues. */
  get queueUs(): number {
    return this.history.standingQueueUs;
  }

  /** A queue below this is none. */
  get emptyUs(): number {
    return emptyQueueUs(this.serviceUs);
  }

  /** What a packet takes on the slowest link, as far as known: queues come in multiples of it. */
  get serviceUs(): number {
    const rate = Math.max(this.levels.rateOf(this.level), this.link.capacityBitsPerSecond ?? 0);
    return (this.levels.packetUs(1) * this.levels.rateOf(1)) / rate;
  }

  get isContended(): boolean {
    return this.contention.isOn(this.nowUs);
  }

  /** What stands for the round-trip time, with the queue in it. */
  roundTripUs(sinceUs: number): number {
    return this.joinTimes.roundTripUs + this.history.meanQueueSince(sinceUs);
  }

  /** Whether nothing has spoken against more for so long. */
  isClear(spanUs: number): boolean {
    const sinceUs = Math.max(this.changedUs, this.nowUs - spanUs);
    const { receivedCount, lostCount } = this.history.sums(sinceUs);
    const mayLose = (receivedCount + lostCount) * (CLEAR_PATH_LOSS_RATIO + 1.5 * this.ambient.ratio) + 1;
    return lostCount <= mayLose && this.history.queueUs(Math.max(sinceUs, this.nowUs - STANDING_US)) < this.emptyUs;
  }

  /** Whether more comes than the path carries. */
  congestion(now: LevelContext): Congestion | undefined {
    return congestionOf(this.history, {
      nowUs: this.nowUs,
      freshUs: this.changedUs,
      packetUs: this.levels.packetUs(this.level),
      serviceUs: this.serviceUs,
      levelBitsPerSecond: this.levels.rateOf(this.level),
      ambientLossRatio: this.ambient.ratio,
      isContended: this.isContended,
      ...now,
    });
  }

  #noteHeard(readings: readonly StreamReading[]): void {
    if (this.heardUs !== undefined) return;
    const newest = this.levels.newestChannel(this.level);
    for (const { channelIndex, receivedCount, sinceUs } of readings) {
      if (channelIndex !== newest || receivedCount === 0) continue;
      this.heardUs = this.nowUs;
      // What comes with a level comes when it is heard: one channel may have waited seconds for another to go.
      if (this.climbedUs === this.changedUs) this.climbedUs = this.nowUs;
      // Where it was already flowing for others, nothing can be learnt.
      if (sinceUs <= this.changedUs) continue;
      this.joinTimes.add(sinceUs - this.changedUs, {
        intervalUs: this.levels.newestIntervalUs(this.level),
        queueUs: this.history.meanQueueUs,
      });
    }
  }
}
