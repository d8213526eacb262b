import type { LadderLevels } from '../ladder/ladder-levels.js';
import { SLOT_US } from '../ladder/step-plan.js';
import { AmbientLoss } from '../measuring/ambient-loss.js';
import { Contention } from '../measuring/contention.js';
import { JoinTimes } from '../measuring/join-times.js';
import { LinkEstimate } from '../measuring/link-estimate.js';
import { LinkRhythm } from '../measuring/link-rhythm.js';
import { LocalLoad } from '../measuring/local-load.js';
import { PathHistory } from '../measuring/path-history.js';
import type { LocalReading, ReadingSums, StreamReading } from '../measuring/readings.js';
import { RULES, type Rules } from '../rules.js';
import { type Congestion, congestionOf, type LevelContext } from './overload.js';
import { emptyQueueUs, lowQueueUs, type Retreats } from './retreats.js';

/** Everything measured on one path, and the level that is joined on it now. */
export class PathState {
  readonly levels: LadderLevels;
  readonly rules: Rules;
  readonly history: PathHistory;
  readonly contention: Contention;
  readonly link: LinkEstimate;
  readonly ambient: AmbientLoss;
  readonly joinTimes = new JoinTimes();
  readonly rhythm: LinkRhythm;
  readonly load: LocalLoad;
  hasClimbed = false;
  nowUs = 0;
  level = 0;
  /** When the level last changed. Earlier readings say nothing about it. */
  changedUs = 0;
  /** When the level last went up; once its newest channel has been heard, when that was. */
  climbedUs = Number.NEGATIVE_INFINITY;
  /** When the newest channel of this level was first heard. */
  heardUs: number | undefined;
  /** Computed once a reading, because every rule asks for them. */
  #serviceUs = 0;
  #emptyUs = 0;

  constructor(levels: LadderLevels, rules: Rules = RULES) {
    this.levels = levels;
    this.rules = rules;
    this.history = new PathHistory(rules);
    this.contention = new Contention(rules);
    this.link = new LinkEstimate(rules);
    this.ambient = new AmbientLoss(rules);
    this.rhythm = new LinkRhythm(rules);
    this.load = new LocalLoad(rules);
    this.#computeLimits();
  }

  change(level: number, nowUs: number): void {
    if (level > this.level) this.ambient.climbed();
    if (level > 1) this.hasClimbed = true;
    this.level = level;
    this.changedUs = nowUs;
    this.heardUs = undefined;
    this.contention.rateChanged();
    this.#computeLimits();
  }

  /** The level is a step up, and what comes may be its effect. */
  climbed(): void {
    this.climbedUs = this.nowUs;
  }

  /** What comes is no effect of the last step up. */
  forgetClimb(): void {
    this.climbedUs = Number.NEGATIVE_INFINITY;
  }

  /** Earlier readings say nothing about the path as it is now. */
  lookAnew(nowUs: number): void {
    this.changedUs = nowUs;
  }

  add(nowUs: number, readings: readonly StreamReading[], local: LocalReading, sums: ReadingSums): void {
    this.nowUs = nowUs;
    this.history.add(nowUs, sums, local);
    this.load.add(nowUs, this.history.receivedCount, local.droppedCount + local.unreadCount);
    if (this.level === 1 && readings.length === 1 && !this.hasClimbed) this.#noteRhythm(readings[0]!);
    this.#computeLimits();
    const { capacityBitsPerSecond } = this.link;
    this.link.note(nowUs, sums, this.history.meanQueueUs >= this.emptyUs);
    if (this.link.capacityBitsPerSecond !== capacityBitsPerSecond) this.#computeLimits();
    this.#noteHeard(readings);
  }

  #computeLimits(): void {
    const rate = Math.max(this.levels.rateOf(this.level), this.link.capacityBitsPerSecond ?? 0);
    this.#serviceUs = (this.levels.packetUs(1) * this.levels.rateOf(1)) / rate;
    this.#emptyUs = emptyQueueUs(this.rules, this.#serviceUs, this.rhythm.periodUs);
  }

  #noteRhythm({ calmCount, bunchedCount, meanCalmExcessUs, trainBitsPerSecond }: StreamReading): void {
    const { queueNowUs } = this.history;
    this.rhythm.add(queueNowUs < 0 ? 0 : calmCount, bunchedCount, queueNowUs, queueNowUs + meanCalmExcessUs);
    if (trainBitsPerSecond > 0) this.rhythm.noteTrains(trainBitsPerSecond >= this.levels.rateOf(this.levels.count));
    this.history.setPeriod(this.rhythm.periodUs);
  }

  /**
   * Uses the last reading's losses and queue to estimate ambient loss and to recognise other traffic; not to be called in a
   * deaf period.
   */
  judgeLosses(): void {
    const { receivedCount, lostCount, meanQueueUs } = this.history;
    const { queueUs, emptyUs } = this;
    if (queueUs < emptyUs) this.ambient.add(this.nowUs, receivedCount, lostCount);
    if (this.level <= 1 && !this.ambient.isJudging) this.ambient.settle();
    this.contention.add(this.nowUs, {
      queueUs,
      // Losses without a queue are ambient.
      lostCount: meanQueueUs >= emptyUs ? lostCount : 0,
      bitsPerSecond: this.levels.rateOf(this.level),
      roundTripUs: this.joinTimes.roundTripUs + meanQueueUs,
      packetsUs: this.rules.path.wavePackets * this.serviceUs,
    });
  }

  /** Looks for other traffic on the path; to be called once a slot. */
  judgeOthers(retreats: Retreats, leaveLatencyUs: number): void {
    const sinceUs = this.slotSinceUs;
    if (this.nowUs - sinceUs < SLOT_US / 2) return;
    const arrivedSinceUs = this.nowUs - Math.max(SLOT_US, this.rules.path.arrivalPeriods * this.rhythm.periodUs);
    const arrivedBitsPerSecond = this.history.sums(Math.max(this.changedUs, arrivedSinceUs)).bitsPerSecond;
    this.link.arrived(this.nowUs, arrivedBitsPerSecond);
    const queueUs = this.history.queueSince(sinceUs);
    if (queueUs < this.emptyUs) retreats.drained();
    if (retreats.isDraining(this.nowUs)) return;
    const { standingUs } = this.history;
    // Where the link serves in turns, a slot holds one turn more or less than the next, so its means say little.
    const leastUs = standingUs > SLOT_US / 2 ? Math.min(queueUs, this.queueUs) : queueUs;
    this.contention.judge(this.nowUs, {
      isQueued: leastUs >= this.emptyUs,
      arrivedBitsPerSecond,
      capacityBitsPerSecond: this.link.leastShareBitsPerSecond,
      mostArrivedBitsPerSecond: this.link.arrivedBitsPerSecond,
      bitsPerSecond: Math.max(this.levels.rateOf(this.level), retreats.keptRate(this.nowUs)),
      roundTripUs: this.roundTripUs(sinceUs),
      leaveLatencyUs,
    });
  }

  /** Beginning of the last half second, or of the present level if that is later. */
  get slotSinceUs(): number {
    return Math.max(this.changedUs, this.nowUs - SLOT_US);
  }

  /** The standing queue. */
  get queueUs(): number {
    return this.history.standingQueueUs;
  }

  /** The highest level that the user and this host allow now. */
  get mostLevel(): number {
    return Math.min(this.levels.max, this.load.mostLevel(this.nowUs));
  }

  /** Whether there has been no queue lately. */
  get isQueueless(): boolean {
    return this.history.meanQueueSince(this.nowUs - 1e6) < this.emptyUs;
  }

  /** A queue below this counts as empty. */
  get emptyUs(): number {
    return this.#emptyUs;
  }

  /** Time that the slowest link needs for one packet, as far as known. Queues are multiples of it. */
  get serviceUs(): number {
    return this.#serviceUs;
  }

  /** How long the newest channel may be silent after its join. */
  get patienceUs(): number {
    const { silenceUs, silentIntervals } = this.rules.overload;
    return Math.max(silenceUs, silentIntervals * this.levels.newestIntervalUs(this.level));
  }

  get isContended(): boolean {
    return this.contention.isOn(this.nowUs);
  }

  /** The substitute for the round-trip time, including the mean queue since `sinceUs`. */
  roundTripUs(sinceUs: number): number {
    return this.joinTimes.roundTripUs + this.history.meanQueueSince(sinceUs);
  }

  /** Judges whether more arrives than the path carries; undefined if not. */
  congestion(now: LevelContext): Congestion | undefined {
    const excessLoss = this.#mayBePoliced ? this.ambient.excess : undefined;
    // Nearly always; all that follows would find nothing.
    if (excessLoss === undefined && this.#isAtRest) return undefined;
    return congestionOf(this.history, {
      rules: this.rules,
      nowUs: this.nowUs,
      freshUs: this.changedUs,
      packetUs: this.levels.packetUs(this.level),
      serviceUs: this.serviceUs,
      periodUs: this.rhythm.periodUs,
      levelBitsPerSecond: this.levels.rateOf(this.level),
      ambientLossRatio: this.ambient.ratio,
      isBreathing: this.link.isBreathing(this.nowUs),
      isBucket: this.link.hasLied || this.link.passesTrains(this.levels.rateOf(this.level)),
      lossLimit: (leastRatio, count, isQueued) => this.ambient.limit(leastRatio, count, isQueued),
      excessLoss,
      isContended: this.isContended,
      ...now,
    });
  }

  /** Whether nothing was lost in the last second, the longest time in which losses are judged, and nothing queues now. */
  get #isAtRest(): boolean {
    const { history, rules, nowUs } = this;
    if (history.lostUs > nowUs - 1e6) return false;
    const low = lowQueueUs(rules, this.serviceUs, this.rhythm.periodUs);
    return history.latestQueueUs < Math.min(low, this.emptyUs);
  }

  /**
   * Whether losses without a queue may come from a policer. It lets trains pass; trains that show little more than the level's rate prove
   * that a queue would be seen.
   */
  get #mayBePoliced(): boolean {
    if (!this.rules.switches.weather || this.level <= 1 || this.ambient.isJudging) return false;
    const { capacityBitsPerSecond = Number.POSITIVE_INFINITY } = this.link;
    const rate = this.levels.rateOf(this.level);
    return rate > capacityBitsPerSecond || capacityBitsPerSecond > this.rules.path.shownFactor * rate;
  }

  #noteHeard(readings: readonly StreamReading[]): void {
    if (this.heardUs !== undefined) return;
    const newest = this.levels.newestChannel(this.level);
    for (const { channelIndex, receivedCount, sinceUs } of readings) {
      if (channelIndex !== newest || receivedCount === 0) continue;
      this.heardUs = this.nowUs;
      // The effects of a level begin when its newest channel is heard, which may be seconds after the decision if it waited
      // for another to be left.
      if (this.climbedUs === this.changedUs) this.climbedUs = this.nowUs;
      // A channel that was already arriving tells nothing about the time of a join.
      if (sinceUs <= this.changedUs) continue;
      this.joinTimes.add(sinceUs - this.changedUs, {
        intervalUs: this.levels.newestIntervalUs(this.level),
        queueUs: this.history.meanQueueUs,
      });
    }
  }
}
