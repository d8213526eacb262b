import { AmbientLoss } from './ambient-loss.js';
import { BackOff } from './back-off.js';
import { type Congestion, congestionOf, emptyQueueUs } from './congestion.js';
import { Contention } from './contention.js';
import { JoinTimes } from './join-times.js';
import { LeaveLatency } from './leave-latency.js';
import { PathHistory } from './path-history.js';
import { previewVerdict } from './preview-verdict.js';
import type { LocalReading, StreamReading } from './readings.js';
import { SlotWatch } from './slot-watch.js';
import { SLOT_US, type StepPlan } from './step-plan.js';
import { TrainCapacity } from './train-capacity.js';

export interface ControllerOptions {
  /** The ladder's levels, and when one may step up. */
  readonly plan: StepPlan;
  /** Bits of a full packet. */
  readonly packetBits: number;
  /** Most that may be joined at once, bit/s; the lowest level in any case. */
  readonly maxRateBitsPerSecond: number | undefined;
}

/** Where a receiver is to be from now on, and why. */
export interface Move {
  readonly level: number;
  readonly reason: string;
}

export type Phase = 'start' | 'steady' | 'trial' | 'deaf' | 'paused';

/** First steps go to this share of what trains promise, at most so many times the rate at once: shapers let trains pass. */
const JUMP_RATIO = 0.5;
const MAX_JUMP = 4;
/** Up to this share of what trains promise a step needs no preview. */
const PROMISED_RATIO = 0.97;
/** When trains promise that much more than the next level, the path has changed: time for another start. */
const REENTRY_RATIO = 0.9;
/** Steps of the start: one a slot. */
const START_STEP_US = 450_000;
/** Without any train by then, the start goes on without. */
const TRAIN_WAIT_US = 1_500_000;
const TRIAL_US = 1_000_000;
const TRIAL_DATAGRAMS = 64;
/** An overload this soon after a step is the step's fault. */
const BLAME_US = 5_000_000;
/** Retreats closer together than this are one, from where the first began. */
const RETREAT_US = 10_000_000;
/** Whoever gets this share of what trains promise is the one who has too much. */
const OWN_SHARE = 0.9;
/** A TCP would have kept this share of what we had (RFC 9438). */
const RETREAT_SHARE = 0.7;
/** What trains promise is not believed above a rate that failed, for this long. */
const DISBELIEF_US = 60_000_000;
/** Readings later than this say more about this host than about the network. */
const MAX_LATENESS_US = 25_000;
/** At the lowest level, with this much lost for this long: better nothing for a while. */
const BREAKER_LOSS_RATIO = 0.2;
const BREAKER_US = 10_000_000;
const BREAKER_PAUSE_US = 30_000_000;
const MAX_PAUSE_DOUBLINGS = 5;
/** A queue that is still there so long after a retreat is not our own: leave latency, and a second to drain. */
const DRAIN_US = 4_000_000;
/** More than this share dropped by this host itself in a second is too much for it. */
const LOCAL_DROP_RATIO = 0.01;

/**
 * One ladder on one path: measures, and says which level to be on. Knows neither clock nor socket; `tick` comes with what
 * has been read since the last. docs/rate-control.md describes it.
 */
export class RateController {
  readonly history = new PathHistory();
  readonly contention = new Contention();
  readonly #options: ControllerOptions;
  readonly #capacity = new TrainCapacity();
  readonly #ambient = new AmbientLoss();
  readonly #backOff = new BackOff();
  readonly #leaveLatency = new LeaveLatency();
  readonly #slots = new SlotWatch();
  #phase: Phase = 'start';
  #level = 0;
  /** When the level last changed; what came before says nothing about it. */
  #changedUs = 0;
  /** When the last channel of this level was first heard. */
  #heardUs: number | undefined;
  #deafPeakUs = 0;
  /** When the level last went up. */
  #climbedUs = Number.NEGATIVE_INFINITY;
  readonly #joinTimes = new JoinTimes();
  #failedRate = Number.POSITIVE_INFINITY;
  #failedUs = Number.NEGATIVE_INFINITY;
  #failedCapacity = 0;
  #retreatedUs = Number.NEGATIVE_INFINITY;
  #retreatedRate = 0;
  #hasDrained = true;
  /** Since when somebody else seems to be the cause of a queue. */
  #suspectedUs: number | undefined;
  #lossySinceUs: number | undefined;
  #pauseCount = 0;
  #resumeUs = 0;
  #localDrops = 0;
  #localCount = 0;
  #serverCount = 1;
  #tickUs = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  get level(): number {
    return this.#level;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** What stands in the path's queues, as of the last fifth of a second. */
  get queueUs(): number {
    return this.history.queueUs(this.#tickUs - 200_000);
  }

  /** What trains promise, in bit/s. */
  get capacityBitsPerSecond(): number | undefined {
    return this.#capacity.bitsPerSecond;
  }

  start(nowUs: number): Move {
    this.#phase = 'start';
    this.#change(1, nowUs);
    return { level: 1, reason: 'the lowest level, to measure from' };
  }

  /** @param readings of the streams of joined channels. */
  tick(nowUs: number, readings: readonly StreamReading[], local: LocalReading): Move | undefined {
    if (this.#phase === 'paused') return nowUs >= this.#resumeUs ? this.start(nowUs) : undefined;
    this.#tickUs = nowUs;
    this.history.add(nowUs, readings, local.latenessUs > MAX_LATENESS_US);
    this.#noteTrains(readings);
    this.#noteHeard(nowUs, readings);
    const ended = this.#slots.note(nowUs, readings);
    if (this.#phase === 'deaf') this.#listenAgain(nowUs);
    if (this.#phase === 'deaf') return undefined;
    this.#noteLosses(nowUs);
    if (ended !== undefined) this.#lookAround(nowUs);
    const congestion = this.#congestion(nowUs);
    if (congestion === undefined) this.#suspectedUs = undefined;
    else if (this.#isOurs(nowUs, congestion)) return this.#retreat(nowUs, congestion);
    const overtaxed = this.#overtaxed(nowUs, local);
    if (overtaxed !== undefined) return overtaxed;
    if (this.#phase === 'trial') this.#endTrial(nowUs);
    if (this.#phase === 'start') return this.#stepOfStart(nowUs);
    return ended === undefined ? undefined : this.#atSlotEnd(nowUs, ended.slot, ended.stepLevel, readings);
  }

  /** A channel brings what all servers send on it: so many times the ladder's rates come. */
  setServerCount(count: number): void {
    this.#serverCount = count;
  }

  /** Of a level, with all servers, in bit/s; infinite above the highest. */
  rateOf(level: number): number {
    if (level < 1) return 0;
    return (this.#options.plan.levelRates[level - 1] ?? Number.POSITIVE_INFINITY) * this.#serverCount;
  }

  /** The highest level within a rate; 0 for none. */
  #levelWithin(rateBitsPerSecond: number): number {
    let level = 0;
    while (this.rateOf(level + 1) <= rateBitsPerSecond && level < this.#options.plan.levelRates.length) level++;
    return level;
  }

  get #maxLevel(): number {
    return Math.max(1, this.#levelWithin(this.#options.maxRateBitsPerSecond ?? Number.MAX_VALUE));
  }

  get #packetUs(): number {
    return (this.#options.packetBits * 1e6) / this.rateOf(this.#level);
  }

  /** What the slowest link takes for a packet, as far as known: queues come in multiples of it. */
  get #serviceUs(): number {
    return (this.#options.packetBits * 1e6) / Math.max(this.rateOf(this.#level), this.#capacity.bitsPerSecond ?? 0);
  }

  /** Between two datagrams of the channel that a level adds. */
  #intervalUsOf(level: number): number {
    return (this.#options.packetBits * 1e6) / Math.max(1, this.rateOf(level) - this.rateOf(level - 1));
  }

  #change(level: number, nowUs: number): void {
    this.#level = level;
    this.#changedUs = nowUs;
    this.#heardUs = undefined;
    this.contention.disturb();
  }

  #noteTrains(readings: readonly StreamReading[]): void {
    for (const { slot, trainBitsPerSecond } of readings) {
      if (trainBitsPerSecond > 0) this.#capacity.add(slot, trainBitsPerSecond);
    }
  }

  #noteHeard(nowUs: number, readings: readonly StreamReading[]): void {
    if (this.#heardUs !== undefined) return;
    const newest = this.#options.plan.channelOrder[this.#level - 1];
    for (const { channelIndex, receivedCount, sinceUs } of readings) {
      if (channelIndex !== newest || receivedCount === 0) continue;
      this.#heardUs = nowUs;
      // Where it was already flowing for others, nothing can be learnt.
      if (sinceUs > this.#changedUs) this.#joinTimes.add(sinceUs - this.#changedUs, this.#intervalUsOf(this.#level));
    }
  }

  #noteLosses(nowUs: number): void {
    const { receivedCount, lostCount } = this.history;
    const queueUs = this.history.queueUs(nowUs - 200_000);
    if (queueUs < emptyQueueUs(this.#serviceUs)) this.#ambient.add(receivedCount, lostCount);
    const isQueued = this.history.meanQueueUs >= emptyQueueUs(this.#serviceUs);
    const congestedCount = isQueued ? this.history.smoothLostCount : 0;
    this.contention.add(
      nowUs,
      queueUs,
      congestedCount,
      1e6 / this.#packetUs,
      this.#joinTimes.roundTripUs + this.history.meanQueueUs,
    );
  }

  #congestion(nowUs: number): Congestion | undefined {
    return congestionOf(this.history, {
      nowUs,
      freshUs: this.#changedUs,
      packetUs: this.#packetUs,
      serviceUs: this.#serviceUs,
      packetBits: this.#options.packetBits,
      leaveLatencyUs: this.#leaveLatency.estimateUs,
      ambientLossRatio: this.#ambient.ratio,
      isContended: this.contention.isOn(nowUs),
      isTrial: this.#phase === 'trial',
    });
  }

  /** Leaves what is too much, at once and far enough. */
  #retreat(nowUs: number, { what, rateBitsPerSecond }: Congestion): Move | undefined {
    const from = this.#level;
    if (this.#phase === 'trial' || nowUs - this.#climbedUs < BLAME_US) {
      this.#backOff.failed(from);
      this.#failedRate = this.rateOf(from);
      this.#failedUs = nowUs;
      this.#failedCapacity = this.#capacity.bitsPerSecond ?? 0;
      this.#climbedUs = Number.NEGATIVE_INFINITY;
    }
    this.#capacity.clear();
    if (from <= 1) return this.#breaker(nowUs, what);
    if (nowUs - this.#retreatedUs > RETREAT_US) this.#retreatedRate = this.rateOf(from);
    this.#retreatedUs = nowUs;
    this.#hasDrained = false;
    const level = Math.max(1, Math.min(from - 1, this.#levelWithin(rateBitsPerSecond)));
    this.#change(level, nowUs);
    this.#beDeaf();
    return { level, reason: `level ${from} → ${level}: ${what}` };
  }

  #beDeaf(): void {
    this.#phase = 'deaf';
    this.#deafPeakUs = 0;
  }

  /** What was left still comes for a while: ends when the path is clear again, or when it should be. */
  #listenAgain(nowUs: number): void {
    const sinceUs = nowUs - this.#changedUs;
    if (sinceUs < 150_000) return;
    const { receivedCount, lostCount } = this.history.sums(nowUs - 150_000);
    const queueUs = this.history.queueUs(nowUs - 100_000);
    this.#deafPeakUs = Math.max(this.#deafPeakUs, queueUs);
    const falls = queueUs < this.#deafPeakUs - Math.max(10_000, 0.2 * this.#deafPeakUs);
    const isClear =
      lostCount <= (receivedCount + lostCount) * (0.02 + 1.5 * this.#ambient.ratio) &&
      (falls || queueUs < emptyQueueUs(this.#serviceUs));
    if (isClear) this.#leaveLatency.cleared(sinceUs);
    // What the queue held or lost before the leave worked arrives that much later.
    else if (sinceUs < this.#leaveLatency.estimateUs + this.#joinTimes.roundTripUs + this.#deafPeakUs) return;
    else this.#leaveLatency.outlived();
    this.#phase = 'steady';
    this.#changedUs = nowUs;
  }

  #endTrial(nowUs: number): void {
    if (this.#heardUs === undefined) return;
    const lastsUs = Math.max(TRIAL_US, 4 * this.#joinTimes.roundTripUs, TRIAL_DATAGRAMS * this.#packetUs);
    if (nowUs - this.#heardUs < lastsUs) return;
    this.#phase = 'steady';
    this.#backOff.held(this.#level);
  }

  #isClear(nowUs: number, spanUs: number): boolean {
    const sinceUs = Math.max(this.#changedUs, nowUs - spanUs);
    const { receivedCount, lostCount } = this.history.sums(sinceUs);
    const count = receivedCount + lostCount;
    return (
      this.history.queueUs(Math.max(sinceUs, nowUs - 200_000)) < emptyQueueUs(this.#serviceUs) &&
      lostCount <= count * (0.03 + 1.5 * this.#ambient.ratio) + 1
    );
  }

  /** What trains promise, as far as it is to be believed. */
  #promisedRate(nowUs: number): number {
    const promised = this.#capacity.bitsPerSecond ?? Number.POSITIVE_INFINITY;
    this.#failedCapacity = Math.min(this.#failedCapacity, promised);
    const isDisbelieved = nowUs - this.#failedUs < DISBELIEF_US && promised < 1.3 * this.#failedCapacity;
    return isDisbelieved ? Math.min(promised, 0.99 * this.#failedRate) : promised;
  }

  #stepOfStart(nowUs: number): Move | undefined {
    const hasTrains = this.#options.plan.trainLength > 0;
    const maxLevel = this.#maxLevel;
    const sinceUs = nowUs - this.#changedUs;
    if (this.#heardUs === undefined) return undefined;
    const measured = this.#capacity.bitsPerSecond;
    if (hasTrains && measured === undefined && sinceUs < TRAIN_WAIT_US) return undefined;
    if (measured === undefined ? sinceUs < START_STEP_US : this.#level > 1 && sinceUs < START_STEP_US) return undefined;
    if (!this.#isClear(nowUs, START_STEP_US) || this.#level >= maxLevel || this.contention.isOn(nowUs)) {
      this.#phase = 'steady';
      return undefined;
    }
    const promised = this.#promisedRate(nowUs);
    const next = this.#level + 1;
    const jump = Math.min(
      maxLevel,
      measured === undefined
        ? 0
        : this.#levelWithin(Math.min(JUMP_RATIO * promised, MAX_JUMP * this.rateOf(this.#level))),
    );
    if (jump <= this.#level && this.rateOf(next) > PROMISED_RATIO * promised) {
      this.#phase = 'steady';
      return undefined;
    }
    const level = Math.max(next, jump);
    const reason = measured === undefined ? 'nothing lost, no queue' : `trains pass at ${megabits(measured)}`;
    return this.#climb(level, nowUs, reason);
  }

  #climb(level: number, nowUs: number, why: string): Move {
    const from = this.#level;
    this.#change(level, nowUs);
    this.#climbedUs = nowUs;
    return { level, reason: `level ${from} → ${level}: ${why}` };
  }

  #atSlotEnd(nowUs: number, slot: number, stepLevel: number, readings: readonly StreamReading[]): Move | undefined {
    if (this.contention.isOn(nowUs)) return this.#compete(nowUs);
    const next = this.#level + 1;
    if (next > this.#maxLevel || this.#phase !== 'steady') return undefined;
    if (!this.#isClear(nowUs, 1_000_000) || this.rateOf(next) > this.#capacity.mostBitsPerSecond) return undefined;
    const promised = this.#promisedRate(nowUs);
    if (promised !== Number.POSITIVE_INFINITY && this.rateOf(next) <= REENTRY_RATIO * promised) {
      this.#phase = 'start';
      return undefined;
    }
    const interval = this.#options.plan.stepSlots[this.#level - 1]!;
    const mayStep = stepLevel >= next && (slot + 1) % interval === 0;
    if (!mayStep || !this.#backOff.permits(next, (slot + 1) / interval)) return undefined;
    const verdict = previewVerdict(slot, readings);
    // Where another receiver has the next level already, its own preview fills the link; trains know better.
    if (verdict === 'no room' && this.rateOf(next) > PROMISED_RATIO * promised) return undefined;
    this.#phase = 'trial';
    return this.#climb(next, nowUs, REASONS[verdict]);
  }

  /** Looks for others on the path, once a slot. */
  #lookAround(nowUs: number): void {
    const sinceUs = Math.max(this.#changedUs, nowUs - SLOT_US);
    if (nowUs - sinceUs < SLOT_US / 2) return;
    const queueUs = this.history.queueSince(sinceUs);
    // What we have left behind must have drained.
    if (queueUs < emptyQueueUs(this.#serviceUs)) this.#hasDrained = true;
    if (!this.#hasDrained && nowUs - this.#retreatedUs < DRAIN_US) return;
    this.contention.judge(nowUs, {
      queueUs,
      emptyUs: emptyQueueUs(this.#serviceUs),
      arrivedBitsPerSecond: this.history.sums(sinceUs).bitsPerSecond,
      capacityBitsPerSecond: this.#capacity.bitsPerSecond,
      datagramsPerSecond: Math.max(this.rateOf(this.#level), this.#retreatRate(nowUs)) / this.#options.packetBits,
      roundTripUs: this.#joinTimes.roundTripUs + this.history.meanQueueSince(sinceUs),
    });
  }

  /**
   * Whether a congestion is for us to end. A queue that grows although trains promise more than comes to us is somebody else's:
   * of another receiver, who tries a level and will leave it in time, or of others who fill it anyway.
   */
  #isOurs(nowUs: number, { isQueueOnly }: Congestion): boolean {
    const promised = this.#capacity.bitsPerSecond;
    if (!isQueueOnly || promised === undefined || this.#phase === 'trial') return true;
    const { bitsPerSecond } = this.history.sums(Math.max(this.#changedUs, nowUs - SLOT_US));
    if (nowUs - this.#retreatedUs < RETREAT_US && bitsPerSecond < 0.7 * promised) {
      this.#hasDrained = true;
      return false;
    }
    if (bitsPerSecond >= OWN_SHARE * promised) return true;
    this.#suspectedUs ??= nowUs;
    return nowUs - this.#suspectedUs > this.#leaveLatency.estimateUs + SLOT_US;
  }

  /** What we had before a retreat that may have been the first sign of others. */
  #retreatRate(nowUs: number): number {
    return nowUs - this.#retreatedUs < RETREAT_US ? RETREAT_SHARE * this.#retreatedRate : 0;
  }

  /** Goes where a TCP would be, a level a slot. */
  #compete(nowUs: number): Move | undefined {
    const roundTripUs = this.#joinTimes.roundTripUs + this.history.meanQueueSince(nowUs - SLOT_US);
    const fairRate = this.contention.fairDatagramsPerSecond(nowUs, roundTripUs) * this.#options.packetBits;
    const from = this.#level;
    const isTooMuch = from > 1 && this.rateOf(from) > fairRate;
    const isTooLittle =
      from < this.#maxLevel &&
      this.rateOf(from + 1) <= Math.min(fairRate, PROMISED_RATIO * this.#capacity.mostBitsPerSecond);
    if (!isTooMuch && !isTooLittle) return undefined;
    const level = isTooMuch ? from - 1 : from + 1;
    this.#phase = 'steady';
    this.#change(level, nowUs);
    return { level, reason: `level ${from} → ${level}: others on the path, fair are ${megabits(fairRate)}` };
  }

  #breaker(nowUs: number, what: string): Move | undefined {
    const { receivedCount, lostCount } = this.history.sums(nowUs - 1e6);
    const ratio = lostCount / Math.max(1, receivedCount + lostCount);
    if (ratio <= BREAKER_LOSS_RATIO + 1.5 * this.#ambient.ratio) {
      this.#lossySinceUs = undefined;
      return undefined;
    }
    this.#lossySinceUs ??= nowUs;
    if (nowUs - this.#lossySinceUs < BREAKER_US) return undefined;
    this.#lossySinceUs = undefined;
    this.#phase = 'paused';
    const pauseUs = BREAKER_PAUSE_US * 2 ** Math.min(this.#pauseCount++, MAX_PAUSE_DOUBLINGS);
    this.#resumeUs = nowUs + pauseUs;
    this.#change(0, nowUs);
    return { level: 0, reason: `even the lowest level is too much: ${what}; pausing ${pauseUs / 1e6} s` };
  }

  /** This host cannot keep up: fewer channels, without blaming the network. */
  #overtaxed(nowUs: number, { droppedCount }: LocalReading): Move | undefined {
    this.#localDrops = 0.95 * this.#localDrops + droppedCount;
    this.#localCount = 0.95 * this.#localCount + this.history.receivedCount + droppedCount;
    if (this.#localDrops <= LOCAL_DROP_RATIO * this.#localCount || this.#localDrops < 10 || this.#level <= 1)
      return undefined;
    const from = this.#level;
    this.#backOff.failed(from);
    this.#failedRate = this.rateOf(from);
    this.#failedUs = nowUs;
    this.#failedCapacity = this.#capacity.bitsPerSecond ?? 0;
    this.#localDrops = 0;
    this.#localCount = 0;
    this.#change(from - 1, nowUs);
    this.#beDeaf();
    return { level: from - 1, reason: `level ${from} → ${from - 1}: this host drops what it cannot take` };
  }
}

/** Why to try a level, by what its preview showed. */
const REASONS = {
  room: 'the preview found room',
  'no room': 'trains find room',
  unknown: 'nothing lost, no queue',
} as const;

function megabits(bitsPerSecond: number): string {
  if (bitsPerSecond === Number.POSITIVE_INFINITY) return 'any rate';
  return bitsPerSecond >= 1e6
    ? `${Math.round(bitsPerSecond / 1e5) / 10} Mbit/s`
    : `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}
