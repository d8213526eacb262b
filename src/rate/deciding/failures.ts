import { SLOT_US } from '../ladder/step-plan.js';
import { lossRatioOf } from '../measuring/path-history.js';
import type { Step } from '../policy.js';
import { RULES, type Rules } from '../rules.js';
import type { DeafPeriod } from './deaf-period.js';
import { percent } from './overload.js';
import type { PathState } from './path-state.js';
import { policedRate } from './sustainable-rate.js';

/** A level that was left for losses without a queue. Whether it caused them is known once the level below has been watched. */
export interface Suspect {
  readonly level: number;
  readonly lossRatio: number;
  /** What arrived on it. */
  readonly carriedBitsPerSecond: number;
  /** Whether trains passed at far more than its rate. */
  readonly isBucket: boolean;
}

/** Remembers which levels were too much, and how long a level must last until it is known that it is not. */
export class Failures {
  readonly backOff: BackOff;
  /** For this long after a step up, an overload is blamed on the step. */
  #blameUs: number;
  /** What was left for losses without a queue and is not judged yet. */
  #suspect: Suspect | undefined;
  /** Whether the other traffic that is there has been blamed for what failed before. */
  #hasForgiven = false;
  readonly #rules: Rules;
  readonly #path: PathState;
  readonly #leaves: Pick<DeafPeriod, 'latencyUs'>;

  /** @param leaves how long leaves take */
  constructor(path: PathState, leaves: Pick<DeafPeriod, 'latencyUs'>) {
    this.#path = path;
    this.#leaves = leaves;
    this.#rules = path.rules;
    this.backOff = new BackOff(this.#rules);
    this.#blameUs = this.#rules.failures.blameUs;
  }

  /** Whether the present level is so new that an overload is blamed on the step to it. */
  get isNew(): boolean {
    return this.#path.nowUs - this.#path.climbedUs < this.#blameUs;
  }

  /** A level is left; for losses without a queue if it is suspected. */
  left(suspect: Suspect | undefined): void {
    this.#suspect = suspect;
    this.#path.ambient.left(suspect?.lossRatio);
  }

  /** Takes note of what the path carried while the leave was waited for, in bit/s. */
  carried(bitsPerSecond: number): void {
    if (this.#path.isContended) return;
    if (this.#suspect === undefined) this.#path.link.carried(bitsPerSecond);
    else {
      // A bucket that fills up again once the leave has worked lets more pass than the policer's rate.
      const carriedBitsPerSecond = Math.min(this.#suspect.carriedBitsPerSecond, bitsPerSecond);
      this.#suspect = { ...this.#suspect, carriedBitsPerSecond };
    }
  }

  /**
   * Decides whether the level that was left for its losses had caused them; undefined if it did, or while that is not known. Returns the
   * step to a lower level if the present one loses so much, too, that only a lower one will tell.
   */
  judgeSuspect(): 'acquitted' | { readonly step: Step; readonly suspect: Suspect } | undefined {
    const { ambient, nowUs, level, levels, history } = this.#path;
    const suspect = this.#suspect;
    const isWeather = ambient.judge(nowUs, level <= 1);
    if (isWeather === undefined || suspect === undefined) return undefined;
    if (isWeather === 'lower') {
      const { bitsPerSecond } = history.sums(nowUs - this.#rules.overload.policedUs);
      const to = levels.below(level, (1 - this.#rules.overload.policedMargin) * bitsPerSecond);
      const compared = { lossRatio: ambient.presentRatio, ambientLossRatio: ambient.ratio };
      const step = { level: to, why: `${percent(ambient.presentRatio)} lost on this level, too`, compared };
      return { step, suspect: { ...suspect, carriedBitsPerSecond: bitsPerSecond } };
    }
    if (!isWeather) this.record(suspect);
    this.#suspect = undefined;
    return isWeather ? 'acquitted' : undefined;
  }

  /**
   * Takes note of an overload: of what arrives while the path is full, and of the present level if that may be the cause. Returns the level
   * as a suspect if it loses without a queue, because only the level below will tell whether it is the cause.
   */
  blame(isNew: boolean): Suspect | undefined {
    const { nowUs, level, link, levels, isContended, isQueueless, history } = this.#path;
    const isBucket = link.passesTrains(levels.rateOf(level));
    if (isQueueless && !isContended) {
      const sinceUs = nowUs - this.#rules.overload.policedUs;
      const carriedBitsPerSecond = policedRate(history, this.#rules, sinceUs);
      return { level, lossRatio: lossRatioOf(history.sums(sinceUs)), carriedBitsPerSecond, isBucket };
    }
    const { bitsPerSecond } = history.sums(nowUs - this.#rules.overload.carriedUs);
    // Beside other traffic that is only a share of what the path carries.
    if (!isContended) {
      link.noteFull(nowUs, bitsPerSecond);
      link.carried(bitsPerSecond);
    }
    const isCause = isNew && !link.isBreathing(nowUs);
    if (link.hasLied || isCause) this.record();
    return undefined;
  }

  /** Takes note that a level was too much: the present one, or one that was left and has been judged since. */
  record({ level = this.#path.level, carriedBitsPerSecond, isBucket }: Partial<Suspect> = {}): void {
    const { link, levels, nowUs, climbedUs } = this.#path;
    link.failed(nowUs, levels.rateOf(level), isBucket);
    if (carriedBitsPerSecond !== undefined) link.carried(carriedBitsPerSecond);
    if (link.hasLied) {
      const lowest = Math.min(level, levels.within(link.ceilingBitsPerSecond) + 1);
      for (let failed = lowest; failed <= level; failed++) this.backOff.failed(failed, this.#waitFor(failed));
      const lastedUs = Number.isFinite(climbedUs) ? nowUs - climbedUs : 0;
      this.#blameUs = Math.min(
        this.#rules.failures.maxBlameUs,
        Math.max(this.#blameUs, this.#rules.failures.lastedFactor * lastedUs),
      );
    } else {
      this.backOff.failed(level);
    }
    this.#path.forgetClimb();
  }

  /**
   * Failures for which a level must count where only trying shows whether it fits, so that tries that fail drop no more than `triedShare` of what
   * the link brings: what is too much of the level is dropped until the try is seen to fail and its leave has worked.
   */
  #waitFor(level: number): number {
    const { triedShare, roundSlots, maxWaitDoublings } = this.#rules.failures;
    const { link, levels } = this.#path;
    const excessRatio = Math.max(0, 1 - link.ceilingBitsPerSecond / levels.rateOf(level));
    const droppedUs = excessRatio * (this.#leaves.latencyUs + this.#rules.overload.policedUs);
    const rounds = droppedUs / triedShare / (roundSlots * SLOT_US);
    return Math.min(maxWaitDoublings, Math.ceil(Math.log2(Math.max(1, rounds))));
  }

  /**
   * Takes note of other traffic: its queue would keep a suspect from being judged, and levels that failed before failed because of it. Tries of
   * other receivers look like it for a while. Behind a bucket level after level fails before it is recognised, and only tries tell what fits.
   */
  noteOthers(): void {
    const { contention, nowUs, isContended, link } = this.#path;
    if (isContended && this.#suspect !== undefined) this.left(undefined);
    const isGuilty = link.hasLied ? isContended : contention.isSure(nowUs);
    if (isGuilty && !this.#hasForgiven) {
      link.forgive();
      this.backOff.clear();
    }
    this.#hasForgiven = isGuilty;
  }

  /** Takes note of how long the present level has lasted. */
  noteLasting(): void {
    const { link, levels, level, nowUs, heardUs } = this.#path;
    if (heardUs === undefined) return;
    const isOutlasted = nowUs - heardUs > this.#blameUs;
    if (isOutlasted) this.backOff.held(level);
    if (isOutlasted || (!link.hasLied && nowUs - heardUs > this.#rules.climb.trialUs)) link.held(levels.rateOf(level));
  }
}

/**
 * How long to avoid a level that failed. The wait is counted in slot numbers instead of seconds, so that receivers behind
 * one bottleneck that failed together try again together. Neighbouring levels are never tried in the same slot, because each
 * receiver would take the queue of the other's try for its own.
 */
export class BackOff {
  /** Failures in a row, by level. */
  readonly #failures = new Map<number, number>();
  readonly #rules: Rules;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  /** @param leastCount failures that this one counts for at least. */
  failed(level: number, leastCount = 1): void {
    if (!this.#rules.switches.backOff) return;
    this.#failures.set(
      level,
      Math.min(Math.max(this.failureCount(level) + 1, leastCount), this.#rules.failures.maxWaitDoublings),
    );
  }

  held(level: number): void {
    if (this.#failures.size > 0) this.#failures.delete(level);
  }

  clear(): void {
    this.#failures.clear();
  }

  failureCount(level: number): number {
    return this.#failures.get(level) ?? 0;
  }

  /**
   * Whether a level may be tried at the beginning of a slot.
   *
   * @param stepSlots slots between two permissions to step up to it. Where these are more than a round, they are the rounds: with rounds of 4 slots, a level that is permitted in every 8th
   * would have only even rounds, and levels of odd numbers would never be tried again.
   */
  permits(level: number, slot: number, stepSlots = 1): boolean {
    const failureCount = this.failureCount(level);
    if (failureCount === 0) return true;
    const roundSlots = Math.max(this.#rules.failures.roundSlots, stepSlots);
    const everySlots = Math.max(2 * roundSlots, this.#rules.failures.roundSlots * 2 ** failureCount);
    return slot % everySlots === (level % 2) * roundSlots;
  }
}
