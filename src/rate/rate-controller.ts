import { Breathing } from './breathing.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { compete, explore, hasPassed, type Step, stepOfStart } from './climbing.js';
import type { Congestion } from './congestion.js';
import { DeafPeriod } from './deaf-period.js';
import { Failures, type Suspect } from './failures.js';
import type { LadderLevels } from './ladder-levels.js';
import { isSilent, ownCongestion } from './leaving.js';
import { LocalLoad } from './local-load.js';
import { NO_OTHER_PATHS, type OtherPaths } from './other-paths.js';
import { lossRatioOf } from './path-history.js';
import { PathState } from './path-state.js';
import type { LocalReading, StreamReading } from './readings.js';
import { Retreats } from './retreats.js';
import { RULES, type Rules } from './rules.js';
import { type EndedSlot, SlotWatch } from './slot-watch.js';
import { SLOT_US } from './step-plan.js';

/** The level that a receiver is to be on from now on, and the reason. */
export interface Move {
  readonly level: number;
  readonly reason: string;
}

/**
 * `start` climbs quickly to the measured capacity. `steady` waits for permissions to step up. `trial` watches a level just
 * joined. `deaf` waits for a leave to work. `paused` has nothing joined.
 */
export type Phase = 'start' | 'steady' | 'trial' | 'deaf' | 'paused';

/**
 * Rate control of one ladder on one path: measures, and decides which level to be on. It has neither clock nor socket;
 * `tick` takes the readings since the last tick. docs/rate-control.md describes it.
 */
export class RateController {
  readonly levels: LadderLevels;
  readonly #path: PathState;
  readonly #failures: Failures;
  readonly #deafPeriod: DeafPeriod;
  readonly #slots = new SlotWatch();
  readonly #retreats: Retreats;
  readonly #breaker: CircuitBreaker;
  readonly #load: LocalLoad;
  readonly #breathing: Breathing;
  readonly #rules: Rules;
  #phase: Phase = 'start';
  #suspect: Suspect | undefined;
  #resumeUs = 0;

  constructor(levels: LadderLevels, rules: Rules = RULES) {
    this.levels = levels;
    this.#rules = rules;
    this.#path = new PathState(levels, rules);
    this.#failures = new Failures(this.#path);
    this.#deafPeriod = new DeafPeriod(rules);
    this.#retreats = new Retreats(rules);
    this.#breaker = new CircuitBreaker(rules);
    this.#load = new LocalLoad(rules);
    this.#breathing = new Breathing(rules);
  }

  get level(): number {
    return this.#path.level;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The standing queue: the least queue of the last fifth of a second. */
  get queueUs(): number {
    return this.#path.queueUs;
  }

  /** Whether there is a standing queue. */
  get isQueued(): boolean {
    return this.#path.queueUs >= this.#path.emptyUs;
  }

  /** Measured capacity, in bit/s; undefined before the first train. */
  get capacityBitsPerSecond(): number | undefined {
    return this.#path.link.capacityBitsPerSecond;
  }

  /** Whether the last step up is so new that its effect is not known yet. */
  get isTrying(): boolean {
    return this.#phase === 'trial' || this.#path.nowUs - this.#path.climbedUs < this.#rules.climb.startStepUs;
  }

  /** How long a channel keeps arriving after a leave, as learnt so far. */
  get leaveLatencyUs(): number {
    return this.#deafPeriod.latencyUs;
  }

  start(nowUs: number): Move {
    this.#phase = 'start';
    this.#path.change(1, nowUs);
    return { level: 1, reason: 'the lowest level first, to measure the path' };
  }

  /** Another path through the same bottleneck has just left a level: congestion seen now is older than that leave. */
  waitForOtherLeave(nowUs: number): void {
    if (this.#phase === 'paused' || this.#phase === 'deaf') return;
    this.#phase = 'deaf';
    this.#path.changedUs = nowUs;
    this.#deafPeriod.begin(undefined);
    this.#retreats.began(nowUs, 0);
  }

  /**
   * Whether trains and previews matter now: a higher level may be joined, or a queue asks whose it is. On the highest level without
   * a queue they change nothing, and where there is only one level they never do.
   */
  get isTimed(): boolean {
    const { max } = this.levels;
    if (max === 1) return false;
    const path = this.#path;
    return path.level < max || this.#phase !== 'steady' || path.isContended || this.isQueued;
  }

  /** @param readings of the streams of this path's joined channels. */
  tick(
    nowUs: number,
    readings: readonly StreamReading[],
    local: LocalReading,
    otherPaths: OtherPaths = NO_OTHER_PATHS,
  ): Move | undefined {
    if (this.#phase === 'paused') return nowUs >= this.#resumeUs ? this.start(nowUs) : undefined;
    const path = this.#path;
    path.link.setOthers(otherPaths.bitsPerSecond);
    path.add(nowUs, readings, local);
    this.#load.add(path.history.receivedCount, local.droppedCount + local.unreadCount);
    const ended = this.#slots.note(nowUs, readings);
    if (this.#phase === 'deaf') this.#checkDeafPeriod();
    if (this.#phase === 'deaf') return this.#leaveMore();
    path.judgeLosses();
    this.#judgeSuspect();
    if (ended !== undefined) this.#checkForOthers();
    return this.#leaveIfNeeded() ?? (otherPaths.areQuiet ? this.#joinIfPossible(ended, readings) : undefined);
  }

  /** Decides whether the level that was left for its losses had caused them. */
  #judgeSuspect(): void {
    const path = this.#path;
    const isWeather = path.ambient.judge(path.nowUs);
    if (isWeather === undefined || this.#suspect === undefined) return;
    if (isWeather) this.#phase = 'start';
    else this.#failures.record(this.#suspect);
    this.#suspect = undefined;
  }

  /** Looks for other traffic on the path, once a slot. */
  #checkForOthers(): void {
    const path = this.#path;
    if (path.nowUs - path.slotSinceUs < SLOT_US / 2) return;
    const queueUs = path.history.queueSince(path.slotSinceUs);
    if (queueUs < path.emptyUs) this.#retreats.drained();
    if (this.#retreats.isDraining(path.nowUs)) return;
    path.judgeOthers(queueUs, this.#retreats.keptRate(path.nowUs), this.#deafPeriod.latencyUs);
  }

  /** Leaves channels if more arrives than the path, the user's limit or this host allows. */
  #leaveIfNeeded(): Move | undefined {
    const { levels } = this;
    const path = this.#path;
    const { level } = path;
    const congestion = ownCongestion(path, this.#retreats, {
      leaveLatencyUs: this.#deafPeriod.latencyUs,
      isTrial: this.#phase === 'trial',
      isNew: this.#isNew,
    });
    if (congestion !== undefined) return this.#retreat(congestion);
    this.#breaker.rest(path.nowUs);
    if (level > levels.max) return this.#stepDown(levels.max, 'the joined channels exceed the rate limit');
    if (this.#load.isTooMuch && level > 1) {
      this.#load.clear();
      this.#failures.record({ isBucket: false });
      return this.#stepDown(level - 1, 'this host drops datagrams because it cannot keep up');
    }
    if (level <= 1 || !isSilent(path)) return undefined;
    this.#failures.record({ isBucket: false });
    return this.#stepDown(level - 1, 'the joined channel sends nothing');
  }

  /** Leaves more if the path becomes slower still while a leave is waited for. */
  #leaveMore(): Move | undefined {
    const { levels } = this;
    const path = this.#path;
    const { level } = path;
    if (level <= 1 || path.isContended) return undefined;
    const excess = this.#deafPeriod.excess(path, levels.rateOf(level));
    if (excess === undefined) return undefined;
    this.#recordRetreat();
    return this.#changeLevel({ level: levels.below(level, excess.rateBitsPerSecond), why: excess.what });
  }

  /** Retreats from congestion at once and far enough. */
  #retreat({ what, rateBitsPerSecond, isMild }: Congestion): Move | undefined {
    const path = this.#path;
    const { level, nowUs } = path;
    if (level <= 1) return this.#pause(what);
    const wasNew = this.#isNew;
    const isPoliced = path.isQueueless && !path.isContended;
    const latest = path.history.sums(
      nowUs - (isPoliced ? this.#rules.overload.policedUs : this.#rules.overload.carriedUs),
    );
    const suspect = isPoliced
      ? {
          level,
          lossRatio: lossRatioOf(latest),
          carriedBitsPerSecond: latest.bitsPerSecond,
          isBucket: path.link.passesTrains(this.levels.rateOf(level)),
        }
      : undefined;
    if (!isPoliced) this.#noteFull(latest.bitsPerSecond, isMild);
    this.#recordRetreat();
    // If the level is new, the level before it was right a moment ago.
    return this.#stepDown(wasNew && isMild ? level - 1 : this.levels.below(level, rateBitsPerSecond), what, suspect);
  }

  /** Takes note of what arrives while the path is full, and of the level if that may be the cause. */
  #noteFull(carriedBitsPerSecond: number, isMild: boolean): void {
    const path = this.#path;
    const { nowUs, level, link } = path;
    if (!path.isContended) this.#breathing.noteFull(nowUs, carriedBitsPerSecond);
    link.carried(carriedBitsPerSecond);
    const isCause = this.#isNew && !this.#breathing.isOn(nowUs);
    if (link.hasLied || (isCause && !(isMild && link.tryClear(nowUs, this.levels.rateOf(level)))))
      this.#failures.record();
  }

  #recordRetreat(): void {
    const { nowUs, level, link } = this.#path;
    link.forgetTrains();
    this.#retreats.began(nowUs, this.levels.rateOf(level));
  }

  /** Whether the level is so new that it may have caused the congestion. */
  get #isNew(): boolean {
    return this.#phase === 'trial' || this.#path.nowUs - this.#path.climbedUs < this.#failures.blameUs;
  }

  /** @param suspect what the level is left for, if that are losses without a queue. */
  #stepDown(level: number, why: string, suspect?: Suspect): Move {
    this.#phase = 'deaf';
    this.#suspect = suspect;
    this.#path.ambient.left(suspect?.lossRatio);
    this.#deafPeriod.begin(this.levels.rateOf(this.#path.level), suspect !== undefined);
    return this.#changeLevel({ level, why });
  }

  #changeLevel({ level, why }: Step): Move {
    const from = this.#path.level;
    this.#path.change(level, this.#path.nowUs);
    return { level, reason: `level ${from} → ${level}: ${why}` };
  }

  #pause(what: string): Move | undefined {
    const { history, nowUs, ambient } = this.#path;
    const pauseUs = this.#breaker.judge(nowUs, lossRatioOf(history.sums(nowUs - 1e6)), ambient.ratio);
    if (pauseUs === undefined) return undefined;
    this.#phase = 'paused';
    this.#resumeUs = nowUs + pauseUs;
    this.#path.change(0, nowUs);
    return { level: 0, reason: `even the lowest level is too much: ${what}; pausing ${pauseUs / 1e6} s` };
  }

  /** Ends the deaf period when the path is clear again, or when the leave must have worked. */
  #checkDeafPeriod(): void {
    const path = this.#path;
    this.#deafPeriod.measure(path);
    if (!this.#deafPeriod.checkEnd(path)) return;
    const carried = this.#deafPeriod.carriedBitsPerSecond;
    if (carried !== undefined && this.#suspect !== undefined)
      this.#suspect = { ...this.#suspect, carriedBitsPerSecond: carried };
    else if (carried !== undefined) path.link.carried(carried);
    this.#phase = path.link.hasLied || this.#breathing.isOn(path.nowUs) ? 'start' : 'steady';
    path.changedUs = path.nowUs;
  }

  /** Joins more if there may be room for it. */
  #joinIfPossible(ended: EndedSlot | undefined, readings: readonly StreamReading[]): Move | undefined {
    const path = this.#path;
    if (this.#phase === 'trial' && hasPassed(path)) this.#phase = 'steady';
    if (this.#phase !== 'trial') this.#failures.noteLasting();
    if (path.ambient.isJudging) return undefined;
    if (this.#phase === 'start') {
      const step = stepOfStart(path);
      if (step !== 'over') return step && this.#stepUp(step);
      this.#phase = 'steady';
      return undefined;
    }
    if (ended === undefined) return undefined;
    if (path.isContended) {
      const step = compete(path, ended, this.#failures.backOff);
      if (step !== undefined) this.#phase = 'steady';
      return step && this.#changeLevel(step);
    }
    if (this.#phase !== 'steady') return undefined;
    const step = explore(path, ended, this.#failures.backOff, readings, this.#breathing.isOn(path.nowUs));
    if (step !== undefined) this.#phase = step === 'start' ? 'start' : 'trial';
    return step === 'start' ? undefined : step && this.#stepUp(step);
  }

  #stepUp(step: Step): Move {
    const move = this.#changeLevel(step);
    this.#path.climbedUs = this.#path.nowUs;
    return move;
  }
}
