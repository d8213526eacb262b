import {
  ARRIVAL_US,
  arrivedRate,
  type Congestion,
  lowQueueUs,
  MIN_JUDGED,
  percent,
  rateThatDrains,
} from './congestion.js';
import type { PathState } from './path-state.js';

/**
 * Leave latency before any leave was measured: MLDv2's defaults are two queries for the last member, one second apart (RFC
 * 3810, section 9).
 */
const INITIAL_LATENCY_US = 2_200_000;
const MIN_LATENCY_US = 100_000;
const MAX_LATENCY_US = 5_000_000;
/** No sooner than this can be told whether a leave has worked. */
const MIN_DEAF_US = 150_000;
/** A queue that has fallen by this much since its peak is draining. Between two previews it may also fall, by less. */
const FALLEN_US = 20_000;
const FALLEN_RATIO = 0.5;
/** Losses up to this share, beyond ambient loss, do not prolong the deaf period. */
const LEAVE_WORKED_LOSS_RATIO = 0.02;
/** If less than this share of the kept channels arrives, even those are too much. Smaller differences happen by chance. */
const CARRIED_RATIO = 0.85;

/** While one channel is being left and another waits for that, nothing at all arrives, for at most this long. */
const MAX_SILENCE_US = 2 * MAX_LATENCY_US;
/** The leave latency is the longest of this many leaves, because a queue can also drain for reasons other than our leave. */
const KEPT_LEAVES = 4;

/** The part of a path's state that shows whether a leave has worked. */
export type PathAfterLeave = Pick<PathState, 'nowUs' | 'changedUs' | 'emptyUs' | 'serviceUs' | 'history'> & {
  readonly joinTimes: Pick<PathState['joinTimes'], 'roundTripUs'>;
  readonly ambient: Pick<PathState['ambient'], 'ratio'>;
  readonly link: Pick<PathState['link'], 'leastShareBitsPerSecond'>;
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
  #onWireBitsPerSecond: number | undefined;

  /** How long a channel keeps arriving after a leave, as learnt so far. */
  get latencyUs(): number {
    return this.#latencyUs;
  }

  /** @param onWireBitsPerSecond rate that keeps arriving until the leave has worked; undefined if another path has left. */
  begin(onWireBitsPerSecond: number | undefined): void {
    this.#peakUs = 0;
    this.#wasSilent = false;
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
    const { receivedCount, lostCount } = history.sums(nowUs - MIN_DEAF_US);
    const queueUs = history.queueUs(nowUs - 100_000);
    this.#peakUs = Math.max(this.#peakUs, queueUs);
    const falls = queueUs < this.#peakUs - Math.max(FALLEN_US, FALLEN_RATIO * this.#peakUs);
    const mayLose = (receivedCount + lostCount) * (LEAVE_WORKED_LOSS_RATIO + 1.5 * ambient.ratio);
    if (lostCount <= mayLose && (falls || queueUs < emptyUs)) {
      const sampleUs = Math.min(MAX_LATENCY_US, Math.max(MIN_LATENCY_US, 1.25 * passedUs));
      // If nothing arrived until now, the leave may have worked earlier; the sample cannot raise the latency.
      this.#learn(this.#wasSilent ? Math.min(sampleUs, this.#latencyUs) : sampleUs);
      return true;
    }
    // Datagrams that waited in the queue, and gaps of those lost there, arrive later by the length of the queue.
    if (passedUs < this.#latencyUs + joinTimes.roundTripUs + this.#peakUs) return false;
    this.#learn(Math.min(MAX_LATENCY_US, 1.5 * this.#latencyUs));
    return true;
  }

  /**
   * The overload if even the kept channels are too much because the path has become slower still; undefined otherwise. A
   * full queue serves all channels on the wire in proportion. So the share of the kept channels that arrives is the share of
   * everything that the path carries. The path carries at most the measured capacity.
   */
  excess(path: PathAfterLeave, keptBitsPerSecond: number): Omit<Congestion, 'isMild'> | undefined {
    const { nowUs, changedUs, history, serviceUs, ambient } = path;
    const onWire = this.#onWireBitsPerSecond;
    if (onWire === undefined || nowUs - changedUs < ARRIVAL_US) return undefined;
    const sinceUs = nowUs - ARRIVAL_US;
    const isQueued = history.queueUs(sinceUs) >= lowQueueUs(serviceUs);
    if (!isQueued || history.sums(sinceUs).receivedCount < MIN_JUDGED) return undefined;
    const share = arrivedRate(history, { nowUs, freshUs: changedUs }) / keptBitsPerSecond / (1 - ambient.ratio);
    const carried = Math.min(share * onWire, path.link.leastShareBitsPerSecond ?? Number.POSITIVE_INFINITY);
    if (Math.max(share, carried / keptBitsPerSecond) >= CARRIED_RATIO) return undefined;
    const wire = { levelBitsPerSecond: onWire, leaveLatencyUs: this.#latencyUs };
    return {
      what: `only ${percent(share)} of the kept channels arrives`,
      rateBitsPerSecond: rateThatDrains(history, { nowUs, freshUs: changedUs, ...wire }, carried),
    };
  }

  #learn(sampleUs: number): void {
    this.#samplesUs.push(sampleUs);
    if (this.#samplesUs.length > KEPT_LEAVES) this.#samplesUs.shift();
    this.#latencyUs = Math.max(...this.#samplesUs);
  }
}
