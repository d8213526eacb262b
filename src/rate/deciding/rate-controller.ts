import type { LadderLevels } from '../ladder/ladder-levels.js';
import { lossRatioOf } from '../measuring/path-history.js';
import type { LocalReading, OtherPaths, ReadingSums, StreamReading } from '../measuring/readings.js';
import { type EndedSlot, SlotWatch } from '../measuring/slot-watch.js';
import type { Compared, Move, Step } from '../policy.js';
import { RULES, type Rules } from '../rules.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { compete, explore, hasPassed, stepOfStart } from './climbing.js';
import { DeafPeriod } from './deaf-period.js';
import { Failures, type Suspect } from './failures.js';
import { stepBelow, stepDownFor } from './leaving.js';
import { type Congestion, ownCongestion } from './overload.js';
import { PathState } from './path-state.js';
import { type Phase, PhaseMachine } from './phase.js';
import { Retreats } from './retreats.js';

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
  readonly #phases = new PhaseMachine();
  readonly #retreats: Retreats;
  readonly #breaker: CircuitBreaker;
  #resumeUs = 0;

  constructor(levels: LadderLevels, rules: Rules = RULES) {
    this.levels = levels;
    this.#path = new PathState(levels, rules);
    this.#deafPeriod = new DeafPeriod(rules);
    this.#failures = new Failures(this.#path, this.#deafPeriod);
    this.#retreats = new Retreats(rules);
    this.#breaker = new CircuitBreaker(rules);
  }

  get level(): number {
    return this.#path.level;
  }

  get phase(): Phase {
    return this.#phases.phase;
  }

  /** The standing queue: the least queue of the last fifth of a second. */
  get queueUs(): number {
    return this.#path.queueUs;
  }

  /** Whether there is a standing queue. */
  get isQueued(): boolean {
    return this.#path.queueUs >= this.#path.emptyUs;
  }

  /** The capacity that this path is taken to have now, in bit/s; undefined before the first train. */
  get estimateBitsPerSecond(): number | undefined {
    return this.#path.link.estimate(this.#path.nowUs);
  }

  /** Capacity as trains show it, in bit/s; undefined before the first train. */
  get capacityBitsPerSecond(): number | undefined {
    return this.#path.link.capacityBitsPerSecond;
  }

  /** Whether the last step up is so new that its effect is not known yet. */
  get isTrying(): boolean {
    return this.phase === 'trial' || this.#path.nowUs - this.#path.climbedUs < this.#path.rules.climb.startStepUs;
  }

  /** How long a channel keeps arriving after a leave, as learnt so far. */
  get leaveLatencyUs(): number {
    return this.#deafPeriod.latencyUs;
  }

  start(nowUs: number): Move {
    this.#phases.transition('begun');
    this.#path.change(1, nowUs);
    return { level: 1, reason: 'the lowest level first, to measure the path' };
  }

  /** Another path through the same bottleneck has just left a level: congestion seen now is older than that leave. */
  waitForOtherLeave(nowUs: number): void {
    if (!this.#phases.transition('left')) return;
    this.#path.lookAnew(nowUs);
    this.#deafPeriod.begin(undefined);
    this.#retreats.began(nowUs, 0);
  }

  /**
   * Whether trains and previews matter now: a higher level may be joined, or a queue asks whose it is. On the highest level without
   * a queue they change nothing, and where there is only one level they never do.
   */
  get isTimed(): boolean {
    const path = this.#path;
    if (this.levels.max === 1) return false;
    return path.level < this.levels.max || this.phase !== 'steady' || path.isContended || this.isQueued;
  }

  /** @param readings of the streams of this path's joined channels; `sums` are theirs. */
  tick(
    nowUs: number,
    readings: readonly StreamReading[],
    local: LocalReading,
    otherPaths: OtherPaths,
    sums: ReadingSums,
  ): Move | undefined {
    if (this.phase === 'paused') return nowUs >= this.#resumeUs ? this.start(nowUs) : undefined;
    const path = this.#path;
    path.link.setOthers(otherPaths.bitsPerSecond);
    path.add(nowUs, readings, local, sums);
    const ended = this.#slots.note(nowUs, sums);
    if (this.phase === 'deaf') this.#checkDeafPeriod();
    if (this.phase === 'deaf') return this.#leaveMore();
    path.judgeLosses();
    if (ended !== undefined) path.judgeOthers(this.#retreats, this.#deafPeriod.latencyUs);
    this.#failures.noteOthers();
    const verdict = this.#failures.judgeSuspect();
    if (verdict === 'acquitted') this.#phases.transition('acquitted');
    else if (verdict !== undefined) return this.#stepDown(verdict.step, verdict.suspect);
    return this.#leaveIfNeeded() ?? (otherPaths.areQuiet ? this.#joinIfPossible(ended, readings) : undefined);
  }

  /** Leaves channels if more arrives than the path, the user's limit or this host allows. */
  #leaveIfNeeded(): Move | undefined {
    const path = this.#path;
    const congestion = ownCongestion(path, this.#retreats, {
      leaveLatencyUs: this.#deafPeriod.latencyUs,
      isTrial: this.phase === 'trial',
      isNew: this.#isNew,
    });
    if (congestion !== undefined) return this.#retreat(congestion);
    this.#breaker.rest(path.nowUs);
    const down = stepDownFor(path, this.#deafPeriod.latencyUs);
    if (down === undefined) return undefined;
    if (down.cause === 'silence') this.#failures.record({ isBucket: false });
    if (down.cause === 'host') {
      path.load.failed(path.nowUs, path.level, this.#deafPeriod.latencyUs);
      path.forgetClimb();
    }
    return this.#stepDown(down.step, undefined, false);
  }

  /** Leaves more if the path becomes slower still while a leave is waited for. */
  #leaveMore(): Move | undefined {
    const path = this.#path;
    const { level, levels } = path;
    if (level <= 1 || path.isContended) return undefined;
    const excess = this.#deafPeriod.excess(path, levels.rateOf(level));
    if (excess === undefined) return undefined;
    this.#recordRetreat();
    return this.#changeLevel(stepBelow(path, excess.rateBitsPerSecond, excess.what, excess.compared));
  }

  /** Retreats from congestion at once and far enough. */
  #retreat({ what, compared, rateBitsPerSecond, isMild }: Congestion): Move | undefined {
    const path = this.#path;
    const { level } = path;
    if (level <= 1) return this.#pause(what, compared);
    const wasNew = this.#isNew;
    const suspect = this.#failures.blame(wasNew);
    this.#recordRetreat();
    // If the level is new, the level before it was right a moment ago.
    if (wasNew && isMild) return this.#stepDown({ level: level - 1, why: what, compared }, suspect);
    return this.#stepDown(stepBelow(path, rateBitsPerSecond, what, compared), suspect);
  }

  #recordRetreat(): void {
    this.#path.link.forgetTrains();
    this.#retreats.began(this.#path.nowUs, this.levels.rateOf(this.level));
  }

  /** Whether the level is so new that it may have caused the congestion. */
  get #isNew(): boolean {
    return this.phase === 'trial' || this.#failures.isNew;
  }

  /** @param suspect what the level is left for, if that are losses without a queue. */
  #stepDown(step: Step, suspect?: Suspect, isOverload = true): Move {
    this.#phases.transition('left');
    this.#failures.left(suspect);
    this.#deafPeriod.begin(isOverload ? this.levels.rateOf(this.#path.level) : undefined, suspect !== undefined);
    return this.#changeLevel(step);
  }

  #changeLevel({ level, why, compared }: Step): Move {
    const from = this.#path.level;
    this.#path.change(level, this.#path.nowUs);
    return { level, reason: `level ${from} → ${level}: ${why}`, compared };
  }

  #pause(what: string, compared: Compared): Move | undefined {
    const { history, nowUs, ambient } = this.#path;
    const pauseUs = this.#breaker.judge(nowUs, lossRatioOf(history.sums(nowUs - 1e6)), ambient.ratio);
    if (pauseUs === undefined) return undefined;
    this.#phases.transition('gaveUp');
    this.#resumeUs = nowUs + pauseUs;
    this.#path.change(0, nowUs);
    return { level: 0, reason: `even the lowest level is too much: ${what}; pausing ${pauseUs / 1e6} s`, compared };
  }

  /** Ends the deaf period when the path is clear again, or when the leave must have worked. */
  #checkDeafPeriod(): void {
    const path = this.#path;
    this.#deafPeriod.measure(path);
    if (!this.#deafPeriod.checkEnd(path)) return;
    const carried = this.#deafPeriod.carriedBitsPerSecond;
    if (carried !== undefined) this.#failures.carried(carried);
    this.#phases.transition(path.link.hasLied || path.link.isBreathing(path.nowUs) ? 'clearedToClimb' : 'cleared');
    path.lookAnew(path.nowUs);
  }

  /** Joins more if there may be room for it. */
  #joinIfPossible(ended: EndedSlot | undefined, readings: readonly StreamReading[]): Move | undefined {
    const path = this.#path;
    if (this.phase === 'trial' && hasPassed(path)) this.#phases.transition('passed');
    if (this.phase !== 'trial') this.#failures.noteLasting();
    if (path.ambient.isJudging) return undefined;
    if (this.phase === 'start') {
      const step = stepOfStart(path);
      if (step !== 'over') return step && this.#stepUp(step);
      this.#phases.transition('climbed');
      return undefined;
    }
    if (ended === undefined) return undefined;
    if (path.isContended) {
      const step = compete(path, ended, this.#failures.backOff);
      if (step !== undefined) this.#phases.transition('competed');
      return step && this.#changeLevel(step);
    }
    if (this.phase !== 'steady') return undefined;
    const step = explore(path, ended, this.#failures.backOff, readings);
    if (step !== undefined) this.#phases.transition(step === 'start' ? 'roomSeen' : 'tried');
    return step === 'start' ? undefined : step && this.#stepUp(step);
  }

  #stepUp(step: Step): Move {
    const move = this.#changeLevel(step);
    this.#path.climbed();
    return move;
  }
}
