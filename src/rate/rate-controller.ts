import { BackOff } from './back-off.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { compete, explore, hasPassed, START_STEP_US, type Step, stepOfStart } from './climbing.js';
import type { Congestion } from './congestion.js';
import { Deafness } from './deafness.js';
import { isSilent, ownCongestion } from './giving-way.js';
import type { Levels } from './levels.js';
import { LocalLoad } from './local-load.js';
import { type Neighbours, NO_NEIGHBOURS } from './neighbours.js';
import { PathState } from './path-state.js';
import type { LocalReading, StreamReading } from './readings.js';
import { Retreats } from './retreats.js';
import { type EndedSlot, SlotWatch } from './slot-watch.js';
import { SLOT_US } from './step-plan.js';

/** Where a receiver is to be from now on, and why. */
export interface Move {
  readonly level: number;
  readonly reason: string;
}

/**
 * `start` climbs quickly as far as trains promise; `steady` waits for permissions; `trial` watches a level just joined; `deaf`
 * waits for a leave to work; `paused` has nothing joined.
 */
export type Phase = 'start' | 'steady' | 'trial' | 'deaf' | 'paused';

/** An overload this soon after a step is the step's fault, and only who outlasts it has held the level. */
const BLAME_US = 5_000_000;

/**
 * One ladder on one path: measures, and says which level to be on. Knows neither clock nor socket; `tick` comes with what
 * has been read since the last. docs/rate-control.md describes it.
 */
export class RateController {
  readonly levels: Levels;
  readonly #path: PathState;
  readonly #backOff = new BackOff();
  readonly #deafness = new Deafness();
  readonly #slots = new SlotWatch();
  readonly #retreats = new Retreats();
  readonly #breaker = new CircuitBreaker();
  readonly #load = new LocalLoad();
  #phase: Phase = 'start';
  #resumeUs = 0;

  constructor(levels: Levels) {
    this.levels = levels;
    this.#path = new PathState(levels);
  }

  get level(): number {
    return this.#path.level;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** What stands in the path's queues, as of the last fifth of a second. */
  get queueUs(): number {
    return this.#path.queueUs;
  }

  /** Whether something stands in them now. */
  get isQueued(): boolean {
    return this.#path.queueUs >= this.#path.emptyUs;
  }

  /** What trains promise, in bit/s. */
  get capacityBitsPerSecond(): number | undefined {
    return this.#path.promised.measured;
  }

  /** Whether a step up is so new that its effect is not known yet. */
  get isTrying(): boolean {
    return this.#phase === 'trial' || this.#path.nowUs - this.#path.climbedUs < START_STEP_US;
  }

  /** How long a leave takes to work, as far as learnt. */
  get leaveLatencyUs(): number {
    return this.#deafness.latencyUs;
  }

  start(nowUs: number): Move {
    this.#phase = 'start';
    this.#path.change(1, nowUs);
    return { level: 1, reason: 'the lowest level, to measure from' };
  }

  /** Another path of the same bottleneck has just given way: what is heard now was decided before. */
  hold(nowUs: number): void {
    if (this.#phase === 'paused' || this.#phase === 'deaf') return;
    this.#phase = 'deaf';
    this.#path.changedUs = nowUs;
    this.#deafness.begin(undefined);
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
    const path = this.#path;
    path.promised.setOthers(neighbours.bitsPerSecond);
    path.add(nowUs, readings, local);
    this.#load.add(path.history.receivedCount, local.droppedCount + local.unreadCount);
    const ended = this.#slots.note(nowUs, readings);
    if (this.#phase === 'deaf') this.#listenAgain();
    if (this.#phase === 'deaf') return this.#leaveMore();
    path.judgeLosses();
    if (ended !== undefined) this.#lookAround();
    return this.#give() ?? (neighbours.areQuiet ? this.#take(ended, readings) : undefined);
  }

  /** Looks for others on the path, once a slot. */
  #lookAround(): void {
    const path = this.#path;
    if (path.nowUs - path.slotSinceUs < SLOT_US / 2) return;
    const queueUs = path.history.queueSince(path.slotSinceUs);
    if (queueUs < path.emptyUs) this.#retreats.drained();
    if (this.#retreats.isDraining(path.nowUs)) return;
    path.judgeOthers(queueUs, this.#retreats.keptRate(path.nowUs), this.#deafness.latencyUs);
  }

  /** Leaves what is too much. */
  #give(): Move | undefined {
    const { levels } = this;
    const path = this.#path;
    const { level } = path;
    const congestion = ownCongestion(path, this.#retreats, {
      leaveLatencyUs: this.#deafness.latencyUs,
      isTrial: this.#phase === 'trial',
      isNew: this.#isNew,
    });
    if (congestion !== undefined) return this.#retreat(congestion);
    this.#breaker.rest(path.nowUs);
    if (level > levels.max) return this.#leaveFor(levels.max, 'more comes than is allowed');
    if (this.#load.isTooMuch && level > 1) {
      this.#load.clear();
      this.#blame();
      return this.#leaveFor(level - 1, 'this host drops what it cannot take');
    }
    if (level <= 1 || !isSilent(path)) return undefined;
    this.#blame();
    return this.#leaveFor(level - 1, 'nothing comes of it');
  }

  /** A path that fails further while a leave is waited for. */
  #leaveMore(): Move | undefined {
    const { levels } = this;
    const path = this.#path;
    const { level } = path;
    if (level <= 1 || path.isContended) return undefined;
    const excess = this.#deafness.excess(path, levels.rateOf(level));
    if (excess === undefined) return undefined;
    this.#noteRetreat();
    return this.#go({ level: levels.below(level, excess.rateBitsPerSecond), why: excess.what });
  }

  /** At once, and far enough. */
  #retreat({ what, rateBitsPerSecond, isMild }: Congestion): Move | undefined {
    const path = this.#path;
    const { level, nowUs } = path;
    if (level <= 1) return this.#pause(what);
    const wasNew = this.#isNew;
    if (wasNew && !(isMild && path.promised.clears(nowUs, this.levels.rateOf(level)))) this.#blame();
    this.#noteRetreat();
    // The level before was right a moment ago.
    return this.#leaveFor(wasNew && isMild ? level - 1 : this.levels.below(level, rateBitsPerSecond), what);
  }

  #noteRetreat(): void {
    const { nowUs, level, promised } = this.#path;
    promised.forget();
    this.#retreats.began(nowUs, this.levels.rateOf(level));
  }

  /** Whether what is wrong now may have come with the level. */
  get #isNew(): boolean {
    return this.#phase === 'trial' || this.#path.nowUs - this.#path.climbedUs < BLAME_US;
  }

  /** This level was too much. */
  #blame(): void {
    const path = this.#path;
    this.#backOff.failed(path.level);
    path.promised.failed(path.nowUs, this.levels.rateOf(path.level));
    path.climbedUs = Number.NEGATIVE_INFINITY;
  }

  #leaveFor(level: number, why: string): Move {
    this.#phase = 'deaf';
    this.#deafness.begin(this.levels.rateOf(this.#path.level));
    return this.#go({ level, why });
  }

  #go({ level, why }: Step): Move {
    const from = this.#path.level;
    this.#path.change(level, this.#path.nowUs);
    return { level, reason: `level ${from} → ${level}: ${why}` };
  }

  #pause(what: string): Move | undefined {
    const { history, nowUs, ambient } = this.#path;
    const { receivedCount, lostCount } = history.sums(nowUs - 1e6);
    const lossRatio = lostCount / Math.max(1, receivedCount + lostCount);
    const pauseUs = this.#breaker.judge(nowUs, lossRatio, ambient.ratio);
    if (pauseUs === undefined) return undefined;
    this.#phase = 'paused';
    this.#resumeUs = nowUs + pauseUs;
    this.#path.change(0, nowUs);
    return { level: 0, reason: `even the lowest level is too much: ${what}; pausing ${pauseUs / 1e6} s` };
  }

  /** Ends when the path is clear again, or when it should be. */
  #listenAgain(): void {
    const path = this.#path;
    if (!this.#deafness.isOver(path)) return;
    this.#phase = 'steady';
    path.changedUs = path.nowUs;
  }

  /** Joins what there may be room for. */
  #take(ended: EndedSlot | undefined, readings: readonly StreamReading[]): Move | undefined {
    const path = this.#path;
    if (this.#phase === 'trial' && hasPassed(path)) {
      this.#phase = 'steady';
      path.promised.held(this.levels.rateOf(path.level));
    }
    if (path.heardUs !== undefined && path.nowUs - path.heardUs > BLAME_US) this.#backOff.held(path.level);
    if (this.#phase === 'start') {
      const step = stepOfStart(path);
      if (step !== 'over') return step && this.#climb(step);
      this.#phase = 'steady';
      return undefined;
    }
    if (ended === undefined) return undefined;
    if (path.isContended) {
      const step = compete(path, ended, this.#backOff);
      if (step !== undefined) this.#phase = 'steady';
      return step && this.#go(step);
    }
    if (this.#phase !== 'steady') return undefined;
    const step = explore(path, ended, this.#backOff, readings);
    if (step !== undefined) this.#phase = step === 'start' ? 'start' : 'trial';
    return step === 'start' ? undefined : step && this.#climb(step);
  }

  #climb(step: Step): Move {
    const move = this.#go(step);
    this.#path.climbedUs = this.#path.nowUs;
    return move;
  }
}
