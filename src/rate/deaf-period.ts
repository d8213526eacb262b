import { arrivedRate, type Congestion, lowQueueUs, MIN_JUDGED, percent, rateThatDrains } from './congestion.js';
import { lossRatioOf } from './path-history.js';
import type { PathState } from './path-state.js';

/**
 * Leave latency before any leave was measured: MLDv2's defaults are two queries for the last member, one second apart (RFC
 * 3810, section 9).
 */
const INITIAL_LATENCY_US = 2_200_000;
const MIN_LATENCY_US = 100_000;
const MAX_LATENCY_US = 5_000_000;
/** What arrives of the kept channels is averaged over this time. */
const ARRIVAL_US = 300_000;
/** No sooner than this can be told whether a leave has worked. */
const MIN_DEAF_US = 150_000;
/** A queue that has fallen by this much since its peak is draining. Between two previews it may also fall, by less. */
const FALLEN_US = 20_000;
const FALLEN_RATIO = 0.5;
/** Losses up to this share, beyond ambient loss, do not prolong the deaf period. */
const LEAVE_WORKED_LOSS_RATIO = 0.02;
/** If less than this share of the kept channels arrives, even those are too much. Smaller differences happen by chance. */
const CARRIED_RATIO = 0.85;

/** Where a leave drains no queue, nothing may be lost for this long. */
const QUEUELESS_US = 1_000_000;
/** Datagrams of the kept channels, arrived and lost, that tell what the path carries. */
const MIN_MEASURED = 40;
/** With less loss than this beyond ambient loss, the channels left are no longer on the wire. */
const MEASURED_LOSS_RATIO = 0.03;
/** While one channel is being left and another waits for that, nothing at all arrives, for at most this long. */
const MAX_SILENCE_US = 2 * MAX_LATENCY_US;
/** The leave latency is the longest of this many leaves, because a queue can also drain for reasons other than our leave. */
const KEPT_LEAVES = 4;

/** The part of a path's state that shows whether a leave has worked. */
export type PathAfterLeave = Pick<PathState, 'nowUs' | 'changedUs' | 'emptyUs' | 'serviceUs' | 'history'> & {
  readonly joinTimes: Pick<PathState['joinTimes'], 'roundTripUs'>;
  readonly ambient: Pick<PathState['ambient'], 'ratio'>;
  readonly link: Pick<PathState['link'], 'leastShareBitsPerSecond' | 'hasLied'>;
  readonly rhythm: Pick<PathState['rhythm'], 'periodUs'>;
};

/**
 * The time after a leave in which the network still delivers the channel that was left. A queue or loss in this time causes
 * no further leave. The period ends when the path is clear, or when leaves are known to have worked; it learns how long
 * leaves take.
 */
export class DeafPeriod {
  readonly #samplesUs = [INITIAL_LATENCY_US];
  #latencyUs = INITIAL_LATENCY_US;
  #peakUs = 0;
  #wasSilent = false;
  /** Whether the leave was for losses without a queue. */
  #isPoliced = false;
  /** When something was last lost. */
  #lostUs: number | undefined;
  #onWireBitsPerSecond: number | undefined;
  /** What the path carried while the leave was waited for, in bit/s; undefined if it was not too little. */
  carriedBitsPerSecond: number | undefined;

  /** How long a channel keeps arriving after a leave, as learnt so far. */
  get latencyUs(): number {
    return this.#latencyUs;
  }

  /** @param onWireBitsPerSecond rate that keeps arriving until the leave has worked; undefined if another path has left. */
  begin(onWireBitsPerSecond: number | undefined, isPoliced = false): void {
    this.#isPoliced = isPoliced;
    this.#lostUs = undefined;
    this.#peakUs = 0;
    this.#wasSilent = false;
    this.carriedBitsPerSecond = undefined;
    this.#onWireBitsPerSecond = onWireBitsPerSecond;
  }

  /** Takes the state after a reading; learns the leave latency when the period ends. Returns whether it has ended. */
  checkEnd({ nowUs, changedUs, emptyUs, history, joinTimes, ambient }: PathAfterLeave): boolean {
    const passedUs = nowUs - changedUs;
    if (passedUs < MIN_DEAF_US) return false;
    if (history.sums(changedUs).receivedCount === 0 && passedUs < MAX_SILENCE_US) {
      this.#wasSilent = true;
      return false;
    }
    const { receivedCount, lostCount } = this.#latest(history, nowUs, changedUs);
    const queueUs = history.queueUs(nowUs - 100_000);
    this.#peakUs = Math.max(this.#peakUs, queueUs);
    const falls = queueUs < this.#peakUs - Math.max(FALLEN_US, FALLEN_RATIO * this.#peakUs);
    if (history.lostCount > 0) this.#lostUs = nowUs;
    const mayLose = (receivedCount + lostCount) * (LEAVE_WORKED_LOSS_RATIO + 1.5 * ambient.ratio);
    const isSure = this.#peakUs >= emptyUs || !this.#isPoliced || passedUs >= QUEUELESS_US;
    if (lostCount <= mayLose && (falls || (queueUs < emptyUs && isSure))) {
      const sampleUs = Math.min(
        MAX_LATENCY_US,
        Math.max(MIN_LATENCY_US, 1.25 * (this.#isPoliced ? (this.#lostUs ?? changedUs) - changedUs : passedUs)),
      );
      // If nothing arrived until now, the leave may have worked earlier; the sample cannot raise the latency.
      this.#learn(this.#wasSilent ? Math.min(sampleUs, this.#latencyUs) : sampleUs);
      return true;
    }
    // Datagrams that waited in the queue, and gaps of those lost there, arrive later by the length of the queue.
    const longestUs = this.#latencyUs + joinTimes.roundTripUs + this.#peakUs;
    if (passedUs < longestUs + (this.#isPoliced ? QUEUELESS_US : 0)) return false;
    this.#learn(Math.min(MAX_LATENCY_US, 1.5 * this.#latencyUs));
    return true;
  }

  /**
   * Estimates what the path carries from what arrives of the kept channels, as long as something is lost: a full queue and a policer
   * drop from all channels on the wire alike.
   */
  measure({ nowUs, changedUs, history, ambient }: PathAfterLeave): void {
    const onWire = this.#onWireBitsPerSecond;
    if (onWire === undefined || nowUs - changedUs < ARRIVAL_US) return;
    if (lossRatioOf(history.sums(nowUs - ARRIVAL_US)) < MEASURED_LOSS_RATIO + 1.5 * ambient.ratio) return;
    const { receivedCount, lostCount } = history.sums(changedUs + MIN_DEAF_US);
    const count = receivedCount + lostCount;
    if (count < MIN_MEASURED) return;
    this.carriedBitsPerSecond = (onWire * receivedCount) / count / (1 - ambient.ratio);
  }

  /**
   * The overload if even the kept channels are too much because the path has become slower still; undefined otherwise. A
   * full queue serves all channels on the wire in proportion. So the share of the kept channels that arrives is the share of
   * everything that the path carries. The path carries at most the measured capacity.
   */
  excess(path: PathAfterLeave, keptBitsPerSecond: number): Omit<Congestion, 'isMild'> | undefined {
    const { nowUs, changedUs, history, serviceUs, ambient, link } = path;
    const onWire = this.#onWireBitsPerSecond;
    if (onWire === undefined || nowUs - changedUs < ARRIVAL_US) return undefined;
    const sinceUs = nowUs - ARRIVAL_US;
    const isQueued = history.queueUs(sinceUs) >= lowQueueUs(serviceUs, path.rhythm.periodUs);
    if (!isQueued || history.sums(sinceUs).receivedCount < MIN_JUDGED) return undefined;
    const share = arrivedRate(history, { nowUs, freshUs: changedUs }) / keptBitsPerSecond / (1 - ambient.ratio);
    const carried = Math.min(share * onWire, link.leastShareBitsPerSecond ?? Number.POSITIVE_INFINITY);
    if (Math.max(share, carried / keptBitsPerSecond) >= CARRIED_RATIO) return undefined;
    const wire = { levelBitsPerSecond: onWire, leaveLatencyUs: this.#latencyUs };
    return {
      what: `only ${percent(share)} of the kept channels arrives`,
      rateBitsPerSecond: rateThatDrains(
        history,
        { nowUs, freshUs: changedUs, isBucket: link.hasLied, ...wire },
        carried,
      ),
    };
  }

  /** What happened lately. Where there is no queue, only losses tell that the leave has not worked, and these may come in turns. */
  #latest(history: PathAfterLeave['history'], nowUs: number, changedUs: number) {
    return history.sums(this.#isPoliced ? Math.max(changedUs, nowUs - QUEUELESS_US) : nowUs - MIN_DEAF_US);
  }

  #learn(sampleUs: number): void {
    this.#samplesUs.push(sampleUs);
    if (this.#samplesUs.length > KEPT_LEAVES) this.#samplesUs.shift();
    this.#latencyUs = Math.max(...this.#samplesUs);
  }
}
