import { AmbientLoss } from './ambient-loss.js';
import { BackOff } from './back-off.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { type Congestion, congestionOf, emptyQueueUs } from './congestion.js';
import { Contention } from './contention.js';
import { Deafness } from './deafness.js';
import { JoinTimes } from './join-times.js';
import type { Levels } from './levels.js';
import { LocalLoad } from './local-load.js';
import { PathHistory } from './path-history.js';
import { previewVerdict } from './preview-verdict.js';
import { PromisedRate } from './promised-rate.js';
import type { LocalReading, StreamReading } from './readings.js';
import { Retreats } from './retreats.js';
import { type EndedSlot, SlotWatch } from './slot-watch.js';
import { SLOT_US } from './step-plan.js';

/** Where a receiver is to be from now on, and why. */
export interface Move {
  readonly level: number;
  readonly reason: string;
}

/** What other paths of the same receiver mean for one. */
export interface Neighbours {
  /** What comes on them through the same bottleneck. */
  readonly bitsPerSecond: number;
  /** Whether none of them is trying a level: experiments are made one at a time. */
  readonly areQuiet: boolean;
}

export const NO_NEIGHBOURS: Neighbours = { bitsPerSecond: 0, areQuiet: true };

/**
 * `start` climbs quickly as far as trains promise; `steady` waits for permissions; `trial` watches a level just joined; `deaf`
 * waits for a leave to work; `paused` has nothing joined.
 */
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
/** An overload this soon after a step is the step's fault, and only who outlasts it has held the level. */
const BLAME_US = 5_000_000;
/** A channel that brings nothing for so long, or so many of its intervals, is not to be had. */
const SILENCE_US = 5_000_000;
const SILENT_INTERVALS = 10;
/** Readings later than this say more about this host than about the network. */
const MAX_LATENESS_US = 25_000;

/**
 * One ladder on one path: measures, and says which level to be on. Knows neither clock nor socket; `tick` comes with what
 * has been read since the last. docs/rate-control.md describes it.
 */
export class RateController {
  readonly levels: Levels;
  readonly #history = new PathHistory();
  readonly #contention = new Contention();
  readonly #promised = new PromisedRate();
  readonly #ambient = new AmbientLoss();
  readonly #backOff = new BackOff();
  readonly #deafness = new Deafness();
  readonly #joinTimes = new JoinTimes();
  readonly #slots = new SlotWatch();
  readonly #retreats = new Retreats();
  readonly #breaker = new CircuitBreaker();
  readonly #load = new LocalLoad();
  #phase: Phase = 'start';
  #level = 0;
  #nowUs = 0;
  /** When the level last changed; what came before says nothing about it. */
  #changedUs = 0;
  #climbedUs = Number.NEGATIVE_INFINITY;
  /** When the newest channel of this level was first heard. */
  #heardUs: number | undefined;
  #resumeUs = 0;

  constructor(levels: Levels) {
    this.levels = levels;
  }

  get level(): number {
    return this.#level;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** What stands in the path's queues, as of the last fifth of a second. */
  get queueUs(): number {
    return this.#history.queueUs(this.#nowUs - 200_000);
  }

  /** What trains promise, in bit/s. */
  get capacityBitsPerSecond(): number | undefined {
    return this.#promised.measured;
  }

  /** Whether something stands in them now. */
  get isQueued(): boolean {
    return this.queueUs >= this.#emptyUs;
  }

  /** Whether a step up is so new that its effect is not known yet. */
  get isTrying(): boolean {
    return this.#phase === 'trial' || this.#nowUs - this.#climbedUs < START_STEP_US;
  }

  /** How long a leave takes to work, as far as learnt. */
  get leaveLatencyUs(): number {
    return this.#deafness.latencyUs;
  }

  start(nowUs: number): Move {
    this.#phase = 'start';
    this.#change(1, nowUs);
    return { level: 1, reason: 'the lowest level, to measure from' };
  }

  /** Another path of the same bottleneck has just given way: what is heard now was decided before. */
  hold(nowUs: number): void {
    if (this.#phase === 'paused' || this.#phase === 'deaf') return;
    this.#phase = 'deaf';
    this.#changedUs = nowUs;
    this.#deafness.begin();
    this.#retreats.began(nowUs, 0);
  }

  /** @param readings of the streams of this path's joined channels. */
  tick(
    nowUs: number,
    readings: readonly StreamReading[],
    local: LocalReading,
    neighbours: Neighbours = NO_NEIGHBOURS,
  ): Move | undefined {
    if (this.#phase === 'paused') return nowUs >= this.#resumeUs ? this.start(nowUs) : undefined;
    this.#nowUs = nowUs;
    this.#history.add(nowUs, readings, local.latenessUs > MAX_LATENESS_US);
    this.#load.add(this.#history.receivedCount, local.droppedCount);
    this.#promised.setOthers(neighbours.bitsPerSecond);
    this.#promised.note(nowUs, readings);
    this.#noteHeard(readings);
    const ended = this.#slots.note(nowUs, readings);
    if (this.#phase === 'deaf') this.#listenAgain();
    if (this.#phase === 'deaf') return undefined;
    this.#noteLosses();
    if (ended !== undefined) this.#lookAround();
    return this.#give() ?? (neighbours.areQuiet ? this.#take(ended, readings) : undefined);
  }

  /** What a packet takes on the slowest link, as far as known: queues come in multiples of it. */
  get #serviceUs(): number {
    const rate = Math.max(this.levels.rateOf(this.#level), this.#promised.measured ?? 0);
    return (this.levels.packetUs(1) * this.levels.rateOf(1)) / rate;
  }

  get #emptyUs(): number {
    return emptyQueueUs(this.#serviceUs);
  }

  #change(level: number, nowUs: number): void {
    this.#level = level;
    this.#changedUs = nowUs;
    this.#heardUs = undefined;
    this.#contention.disturb();
  }

  #noteHeard(readings: readonly StreamReading[]): void {
    if (this.#heardUs !== undefined) return;
    const newest = this.levels.newestChannel(this.#level);
    for (const { channelIndex, receivedCount, sinceUs } of readings) {
      if (channelIndex !== newest || receivedCount === 0) continue;
      this.#heardUs = this.#nowUs;
      // Where it was already flowing for others, nothing can be learnt.
      if (sinceUs <= this.#changedUs) continue;
      this.#joinTimes.add(sinceUs - this.#changedUs, this.levels.newestIntervalUs(this.#level));
    }
  }

  #noteLosses(): void {
    const { receivedCount, lostCount, meanQueueUs, smoothLostCount } = this.#history;
    const { queueUs } = this;
    if (queueUs < this.#emptyUs) this.#ambient.add(receivedCount, lostCount);
    this.#contention.add(this.#nowUs, {
      queueUs,
      // What is lost without a queue is lost to the weather.
      lostCount: meanQueueUs >= this.#emptyUs ? smoothLostCount : 0,
      datagramsPerSecond: 1e6 / this.levels.packetUs(this.#level),
      roundTripUs: this.#joinTimes.roundTripUs + meanQueueUs,
    });
  }

  /** Looks for others on the path, once a slot. */
  #lookAround(): void {
    const sinceUs = Math.max(this.#changedUs, this.#nowUs - SLOT_US);
    if (this.#nowUs - sinceUs < SLOT_US / 2) return;
    const queueUs = this.#history.queueSince(sinceUs);
    if (queueUs < this.#emptyUs) this.#retreats.drained();
    if (this.#retreats.isDraining(this.#nowUs)) return;
    const rate = Math.max(this.levels.rateOf(this.#level), this.#retreats.keptRate(this.#nowUs));
    const wasOn = this.#contention.isOn(this.#nowUs);
    this.#contention.judge(this.#nowUs, {
      isQueued: queueUs >= this.#emptyUs,
      arrivedBitsPerSecond: this.#history.sums(sinceUs).bitsPerSecond,
      capacityBitsPerSecond: this.#promised.share,
      datagramsPerSecond: this.levels.datagramsPerSecond(rate),
      roundTripUs: this.#roundTripUs(sinceUs),
    });
    if (!wasOn && this.#contention.isOn(this.#nowUs)) this.#promised.forgive();
  }

  #roundTripUs(sinceUs: number): number {
    return this.#joinTimes.roundTripUs + this.#history.meanQueueSince(sinceUs);
  }

  /** Leaves what is too much. */
  #give(): Move | undefined {
    const nowUs = this.#nowUs;
    const congestion = this.#congestion();
    if (congestion === undefined) this.#retreats.cleared();
    else if (this.#isOurs(congestion)) return this.#retreat(congestion);
    if (this.#load.isTooMuch && this.#level > 1) {
      this.#load.clear();
      this.#blame();
      return this.#leaveFor(this.#level - 1, 'this host drops what it cannot take');
    }
    const patienceUs = Math.max(SILENCE_US, SILENT_INTERVALS * this.levels.newestIntervalUs(this.#level));
    if (this.#level <= 1 || this.#heardUs !== undefined || nowUs - this.#changedUs < patienceUs) return undefined;
    this.#backOff.failed(this.#level);
    return this.#leaveFor(this.#level - 1, 'nothing comes of it');
  }

  #congestion(): Congestion | undefined {
    return congestionOf(this.#history, {
      nowUs: this.#nowUs,
      freshUs: this.#changedUs,
      packetUs: this.levels.packetUs(this.#level),
      serviceUs: this.#serviceUs,
      levelBitsPerSecond: this.levels.rateOf(this.#level),
      leaveLatencyUs: this.#deafness.latencyUs,
      ambientLossRatio: this.#ambient.ratio,
      isContended: this.#contention.isOn(this.#nowUs),
      isTrial: this.#phase === 'trial',
    });
  }

  #isOurs({ isQueueOnly }: Congestion): boolean {
    const { share } = this.#promised;
    if (!isQueueOnly || share === undefined || this.#phase === 'trial') return true;
    const { bitsPerSecond } = this.#history.sums(Math.max(this.#changedUs, this.#nowUs - SLOT_US));
    return this.#retreats.isOurs(this.#nowUs, bitsPerSecond, share, this.#deafness.latencyUs + SLOT_US);
  }

  /** At once, and far enough. */
  #retreat({ what, rateBitsPerSecond, isQueueOnly }: Congestion): Move | undefined {
    const wasTrial = this.#phase === 'trial' || this.#nowUs - this.#climbedUs < BLAME_US;
    if (this.#level <= 1) return this.#pause(what);
    if (wasTrial) this.#blame();
    this.#promised.forget();
    this.#retreats.began(this.#nowUs, this.levels.rateOf(this.#level));
    // The level before was right a moment ago.
    if (wasTrial && isQueueOnly) return this.#leaveFor(this.#level - 1, what);
    return this.#leaveFor(Math.max(1, Math.min(this.#level - 1, this.levels.within(rateBitsPerSecond))), what);
  }

  /** This level was too much. */
  #blame(): void {
    this.#backOff.failed(this.#level);
    this.#promised.failed(this.#nowUs, this.levels.rateOf(this.#level));
    this.#climbedUs = Number.NEGATIVE_INFINITY;
  }

  #leaveFor(level: number, why: string): Move {
    const from = this.#level;
    this.#change(level, this.#nowUs);
    this.#phase = 'deaf';
    this.#deafness.begin();
    return { level, reason: `level ${from} → ${level}: ${why}` };
  }

  #pause(what: string): Move | undefined {
    const { receivedCount, lostCount } = this.#history.sums(this.#nowUs - 1e6);
    const lossRatio = lostCount / Math.max(1, receivedCount + lostCount);
    const pauseUs = this.#breaker.judge(this.#nowUs, lossRatio, this.#ambient.ratio);
    if (pauseUs === undefined) return undefined;
    this.#phase = 'paused';
    this.#resumeUs = this.#nowUs + pauseUs;
    this.#change(0, this.#nowUs);
    return { level: 0, reason: `even the lowest level is too much: ${what}; pausing ${pauseUs / 1e6} s` };
  }

  /** Ends when the path is clear again, or when it should be. */
  #listenAgain(): void {
    const isOver = this.#deafness.isOver(this.#history, {
      nowUs: this.#nowUs,
      sinceUs: this.#changedUs,
      emptyUs: this.#emptyUs,
      roundTripUs: this.#joinTimes.roundTripUs,
      ambientLossRatio: this.#ambient.ratio,
    });
    if (!isOver) return;
    this.#phase = 'steady';
    this.#changedUs = this.#nowUs;
  }

  /** Joins what there may be room for. */
  #take(ended: EndedSlot | undefined, readings: readonly StreamReading[]): Move | undefined {
    if (this.#phase === 'trial') this.#endTrial();
    if (this.#nowUs - this.#climbedUs > BLAME_US) this.#backOff.held(this.#level);
    if (this.#phase === 'start') return this.#stepOfStart();
    if (ended === undefined) return undefined;
    return this.#contention.isOn(this.#nowUs) ? this.#compete() : this.#explore(ended, readings);
  }

  #endTrial(): void {
    if (this.#heardUs === undefined) return;
    const datagramsUs = TRIAL_DATAGRAMS * this.levels.packetUs(this.#level);
    const lastsUs = Math.max(TRIAL_US, 4 * this.#joinTimes.roundTripUs, datagramsUs);
    if (this.#nowUs - this.#heardUs >= lastsUs) this.#phase = 'steady';
  }

  /** Whether nothing speaks against more. */
  #isClear(spanUs: number): boolean {
    const sinceUs = Math.max(this.#changedUs, this.#nowUs - spanUs);
    const { receivedCount, lostCount } = this.#history.sums(sinceUs);
    return (
      this.#history.queueUs(Math.max(sinceUs, this.#nowUs - 200_000)) < this.#emptyUs &&
      lostCount <= (receivedCount + lostCount) * (0.03 + 1.5 * this.#ambient.ratio) + 1
    );
  }

  #stepOfStart(): Move | undefined {
    const { levels } = this;
    const measured = this.#promised.measured;
    const sinceUs = this.#nowUs - this.#changedUs;
    if (this.#heardUs === undefined) return undefined;
    if (measured === undefined && levels.plan.trainLength > 0 && sinceUs < TRAIN_WAIT_US) return undefined;
    if ((measured === undefined || this.#level > 1) && sinceUs < START_STEP_US) return undefined;
    const next = this.#level + 1;
    const promised = this.#promised.at(this.#nowUs);
    const jumpRate = Math.min(JUMP_RATIO * promised, MAX_JUMP * levels.rateOf(this.#level));
    const jump = measured === undefined ? 0 : Math.min(levels.max, levels.within(jumpRate));
    const hasRoom = jump > this.#level || levels.rateOf(next) <= PROMISED_RATIO * promised;
    if (!hasRoom || !this.#isClear(START_STEP_US) || next > levels.max || this.#contention.isOn(this.#nowUs)) {
      this.#phase = 'steady';
      return undefined;
    }
    return this.#climb(Math.max(next, jump), measured === undefined ? CLEAR : `trains pass at ${inWords(measured)}`);
  }

  #climb(level: number, why: string): Move {
    const from = this.#level;
    this.#change(level, this.#nowUs);
    this.#climbedUs = this.#nowUs;
    return { level, reason: `level ${from} → ${level}: ${why}` };
  }

  /** Uses a permission, if there is room. */
  #explore({ slot, stepLevel }: EndedSlot, readings: readonly StreamReading[]): Move | undefined {
    const { levels } = this;
    const next = this.#level + 1;
    if (next > levels.max || this.#phase !== 'steady') return undefined;
    const nextRate = levels.rateOf(next);
    if (nextRate > this.#promised.most || !this.#isClear(1_000_000)) return undefined;
    const promised = this.#promised.at(this.#nowUs);
    if (this.#promised.measured !== undefined && nextRate <= REENTRY_RATIO * promised) {
      this.#phase = 'start';
      return undefined;
    }
    const interval = levels.plan.stepSlots[this.#level - 1]!;
    const isPermitted = stepLevel >= next && (slot + 1) % interval === 0;
    if (!isPermitted || !this.#backOff.permits(next, (slot + 1) / interval)) return undefined;
    const verdict = previewVerdict(slot, readings);
    // Where another receiver has the next level already, its own preview fills the link; trains know better.
    if (verdict === 'no room' && nextRate > PROMISED_RATIO * promised) return undefined;
    this.#phase = 'trial';
    return this.#climb(next, REASONS[verdict]);
  }

  /** Goes where a TCP would be, a level a slot. */
  #compete(): Move | undefined {
    const { levels } = this;
    const from = this.#level;
    const fairDatagrams = this.#contention.fairDatagramsPerSecond(
      this.#nowUs,
      this.#roundTripUs(this.#nowUs - SLOT_US),
    );
    const fairRate = levels.bitsPerSecond(fairDatagrams);
    const isTooMuch = from > 1 && levels.rateOf(from) > fairRate;
    const limit = Math.min(fairRate, PROMISED_RATIO * this.#promised.at(this.#nowUs));
    if (!isTooMuch && (from >= levels.max || levels.rateOf(from + 1) > limit)) return undefined;
    const level = isTooMuch ? from - 1 : from + 1;
    this.#phase = 'steady';
    this.#change(level, this.#nowUs);
    return { level, reason: `level ${from} → ${level}: others on the path, fair are ${inWords(fairRate)}` };
  }
}

const CLEAR = 'nothing lost, no queue';

/** Why to try a level, by what its preview showed. */
const REASONS = { room: 'the preview found room', 'no room': 'trains find room', unknown: CLEAR } as const;

function inWords(bitsPerSecond: number): string {
  if (bitsPerSecond < 1e6) return `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
  return Number.isFinite(bitsPerSecond) ? `${Math.round(bitsPerSecond / 1e5) / 10} Mbit/s` : 'any rate';
}
