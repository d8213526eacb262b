import { lossRatioOf } from '../measuring/path-history.js';
import { RULES, type Rules } from '../rules.js';
import { type Congestion, percent } from './overload.js';
import type { PathState } from './path-state.js';
import { lowQueueUs } from './retreats.js';
import { arrivedRate, rateThatDrains } from './sustainable-rate.js';

/** The part of a path's state that shows whether a leave has worked. */
export type PathAfterLeave = Pick<PathState, 'nowUs' | 'changedUs' | 'emptyUs' | 'serviceUs' | 'history' | 'level'> & {
  readonly levels: Pick<PathState['levels'], 'packetUs'>;
  readonly joinTimes: Pick<PathState['joinTimes'], 'roundTripUs'>;
  readonly ambient: Pick<PathState['ambient'], 'ratio'>;
  readonly link: Pick<PathState['link'], 'leastShareBitsPerSecond' | 'hasLied' | 'isBreathing'>;
  readonly rhythm: Pick<PathState['rhythm'], 'periodUs'>;
};

/**
 * The time after a leave in which the network still delivers the channel that was left. A queue or loss in this time causes
 * no further leave. The period ends when the path is clear, or when leaves are known to have worked; it learns how long
 * leaves take.
 */
export class DeafPeriod {
  readonly #rules: Rules;
  readonly #samplesUs: number[];
  #latencyUs: number;
  #peakUs = 0;
  #wasSilent = false;
  /** Whether the leave was for losses without a queue. */
  #isPoliced = false;
  /** When something was last lost. */
  #lostUs: number | undefined;
  #onWireBitsPerSecond: number | undefined;
  /** What the path carried while the leave was waited for, in bit/s; undefined if it was not too little. */
  carriedBitsPerSecond: number | undefined;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
    this.#latencyUs = rules.deaf.initialLatencyUs;
    this.#samplesUs = [this.#latencyUs];
  }

  /** How long a channel keeps arriving after a leave, as learnt so far. */
  get latencyUs(): number {
    return this.#latencyUs;
  }

  /**
   * @param onWireBitsPerSecond rate that keeps arriving until the leave has worked; undefined if nothing here will show that: another path has
   *   left, or no overload of this path was the reason.
   */
  begin(onWireBitsPerSecond: number | undefined, isPoliced = false): void {
    this.#isPoliced = isPoliced;
    this.#lostUs = undefined;
    this.#peakUs = 0;
    this.#wasSilent = false;
    this.carriedBitsPerSecond = undefined;
    this.#onWireBitsPerSecond = onWireBitsPerSecond;
  }

  /** Takes the state after a reading; learns the leave latency when the period ends. Returns whether it has ended. */
  checkEnd(path: PathAfterLeave): boolean {
    if (!this.#rules.switches.deafPeriods) return true;
    const { nowUs, changedUs, emptyUs, history, joinTimes, ambient } = path;
    const passedUs = nowUs - changedUs;
    if (passedUs < this.#rules.deaf.minDeafUs) return false;
    if (history.sums(changedUs).receivedCount === 0 && passedUs < 2 * this.#rules.deaf.maxLatencyUs) {
      this.#wasSilent = true;
      return false;
    }
    const { receivedCount, lostCount } = this.#latest(history, nowUs, changedUs);
    const queueUs = history.queueUs(nowUs - 100_000);
    this.#peakUs = Math.max(this.#peakUs, queueUs);
    const falls =
      queueUs < this.#peakUs - Math.max(this.#rules.overload.lowQueueUs, this.#rules.deaf.fallenRatio * this.#peakUs);
    if (history.lostCount > 0) this.#lostUs = nowUs;
    const mayLose =
      (receivedCount + lostCount) *
      (this.#rules.deaf.leaveWorkedLossRatio + this.#rules.ambient.factor * ambient.ratio);
    const isSure = this.#peakUs >= emptyUs || !this.#isPoliced || this.#isHeard(path, receivedCount);
    if (lostCount <= mayLose && (falls || (queueUs < emptyUs && isSure))) {
      const sampleUs = Math.min(
        this.#rules.deaf.maxLatencyUs,
        Math.max(
          this.#rules.deaf.minLatencyUs,
          1.25 * (this.#isPoliced ? (this.#lostUs ?? changedUs) - changedUs : passedUs),
        ),
      );
      // If nothing arrived until now, the leave may have worked earlier; the sample cannot raise the latency.
      this.#learn(this.#wasSilent ? Math.min(sampleUs, this.#latencyUs) : sampleUs);
      return true;
    }
    // Datagrams that waited in the queue, and gaps of those lost there, arrive later by the length of the queue.
    const longestUs = this.#latencyUs + joinTimes.roundTripUs + this.#peakUs;
    if (passedUs < longestUs + (this.#isPoliced ? this.#rules.deaf.queuelessUs : 0)) return false;
    this.#learn(Math.min(this.#rules.deaf.maxLatencyUs, 1.5 * this.#latencyUs));
    return true;
  }

  /**
   * Estimates what the path carries from what arrives of the kept channels, as long as something is lost: a full queue and a policer
   * drop from all channels on the wire alike.
   */
  measure({ nowUs, changedUs, history, ambient }: PathAfterLeave): void {
    const onWire = this.#onWireBitsPerSecond;
    if (onWire === undefined || nowUs - changedUs < this.#rules.overload.carriedUs) return;
    if (
      lossRatioOf(history.sums(nowUs - this.#rules.overload.carriedUs)) <
      this.#rules.overload.mildLossRatio + this.#rules.ambient.factor * ambient.ratio
    )
      return;
    const { receivedCount, lostCount } = history.sums(changedUs + this.#rules.deaf.minDeafUs);
    const count = receivedCount + lostCount;
    if (count < this.#rules.deaf.minMeasured) return;
    this.carriedBitsPerSecond = (onWire * receivedCount) / count / (1 - ambient.ratio);
  }

  /**
   * The overload if even the kept channels are too much because the path has become slower still; undefined otherwise. A
   * full queue serves all channels on the wire in proportion. So the share of the kept channels that arrives is the share of
   * everything that the path carries. The path carries at most the measured capacity; trains that show a tenth less than what arrives are
   * wrong.
   */
  excess(path: PathAfterLeave, keptBitsPerSecond: number): Omit<Congestion, 'isMild'> | undefined {
    const { nowUs, changedUs, history, serviceUs, ambient, link } = path;
    const onWire = this.#onWireBitsPerSecond;
    if (onWire === undefined || nowUs - changedUs < this.#rules.overload.carriedUs) return undefined;
    const sinceUs = nowUs - this.#rules.overload.carriedUs;
    const isQueued = history.queueUs(sinceUs) >= lowQueueUs(this.#rules, serviceUs, path.rhythm.periodUs);
    if (!isQueued || history.sums(sinceUs).receivedCount < this.#rules.overload.minJudged) return undefined;
    const share =
      arrivedRate(history, { rules: this.#rules, nowUs, freshUs: changedUs }) / keptBitsPerSecond / (1 - ambient.ratio);
    const { leastShareBitsPerSecond = Number.POSITIVE_INFINITY } = link;
    const isShown = leastShareBitsPerSecond >= (1 - this.#rules.overload.margin) * share * keptBitsPerSecond;
    const carried = Math.min(share * onWire, isShown ? leastShareBitsPerSecond : Number.POSITIVE_INFINITY);
    if (Math.max(share, carried / keptBitsPerSecond) >= this.#rules.deaf.carriedRatio) return undefined;
    const wire = { levelBitsPerSecond: onWire, leaveLatencyUs: this.#latencyUs };
    const kind = { isBucket: link.hasLied, isBreathing: link.isBreathing(nowUs) };
    return {
      what: `only ${percent(share)} of the kept channels arrives`,
      compared: { arrivedRatio: share, leastArrivedRatio: this.#rules.deaf.carriedRatio },
      rateBitsPerSecond: rateThatDrains(
        history,
        { rules: this.#rules, nowUs, freshUs: changedUs, ...kind, ...wire },
        carried,
      ),
    };
  }

  /**
   * Whether most of what the kept channels send in `queuelessUs` has arrived. Losses show only when something arrives after them, so silence
   * does not prove that nothing is lost.
   */
  #isHeard({ nowUs, changedUs, level, levels }: PathAfterLeave, receivedCount: number): boolean {
    const { queuelessUs, heardRatio } = this.#rules.deaf;
    return nowUs - changedUs >= queuelessUs && receivedCount * levels.packetUs(level) >= heardRatio * queuelessUs;
  }

  /** What happened lately. Where there is no queue, only losses tell that the leave has not worked, and these may come in turns. */
  #latest(history: PathAfterLeave['history'], nowUs: number, changedUs: number) {
    return history.sums(
      this.#isPoliced ? Math.max(changedUs, nowUs - this.#rules.deaf.queuelessUs) : nowUs - this.#rules.deaf.minDeafUs,
    );
  }

  #learn(sampleUs: number): void {
    // A path that was clear before the leave is clear at once after it.
    if (this.#onWireBitsPerSecond === undefined) return;
    this.#samplesUs.push(sampleUs);
    if (this.#samplesUs.length > this.#rules.deaf.keptLeaves) this.#samplesUs.shift();
    this.#latencyUs = Math.max(...this.#samplesUs);
  }
}
