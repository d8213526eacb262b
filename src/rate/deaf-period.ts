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

/** MLDv2's defaults (RFC 3810, section 9): two queries for the last member, a second apart. */
const INITIAL_LATENCY_US = 2_200_000;
const MIN_LATENCY_US = 100_000;
const MAX_LATENCY_US = 5_000_000;
/** Whether a leave has worked cannot be told sooner. */
const MIN_DEAF_US = 150_000;
/** A queue that has fallen by this much since its peak is draining; by less it falls between two previews, too. */
const FALLEN_US = 20_000;
const FALLEN_RATIO = 0.5;
/** Losses up to this share do not keep a receiver deaf. */
const LEAVE_WORKED_LOSS_RATIO = 0.02;
/** When the path carries less than this share of what was kept, that is too much as well; by less, mixtures differ by chance. */
const CARRIED_RATIO = 0.85;

/** Nothing at all comes for this long at most while one channel goes and another one waits for that. */
const MAX_SILENCE_US = 2 * MAX_LATENCY_US;
/** The longest of so many leaves counts: a queue may fall for another reason than that one has worked. */
const KEPT_LEAVES = 4;

/** What of a path shows whether a leave has worked. */
export type PathAfterLeave = Pick<PathState, 'nowUs' | 'changedUs' | 'emptyUs' | 'serviceUs' | 'history'> & {
  readonly joinTimes: Pick<PathState['joinTimes'], 'roundTripUs'>;
  readonly ambient: Pick<PathState['ambient'], 'ratio'>;
  readonly link: Pick<PathState['link'], 'leastShareBitsPerSecond'>;
};

/**
 * The time after a leave in which the network goes on delivering what was left, so that a queue or loss is no reason for another.
 * It ends when the path is clear, or when leaves are known to have worked; how long they take is learnt.
 */
export class DeafPeriod {
  readonly #samplesUs = [INITIAL_LATENCY_US];
  #latencyUs = INITIAL_LATENCY_US;
  #peakUs = 0;
  #wasSilent = false;
  #onWireBitsPerSecond: number | undefined;

  /** How long leaves take to work. */
  get latencyUs(): number {
    return this.#latencyUs;
  }

  /** @param onWireBitsPerSecond what goes on coming until the leave has worked; undefined when another path leaves. */
  begin(onWireBitsPerSecond: number | undefined): void {
    this.#peakUs = 0;
    this.#wasSilent = false;
    this.#onWireBitsPerSecond = onWireBitsPerSecond;
  }

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
      // Who heard nothing until now does not know how much sooner the leave has worked.
      this.#learn(this.#wasSilent ? Math.min(sampleUs, this.#latencyUs) : sampleUs);
      return true;
    }
    // What the queue held or lost before the leave worked arrives that much later.
    if (passedUs < this.#latencyUs + joinTimes.roundTripUs + this.#peakUs) return false;
    this.#learn(Math.min(MAX_LATENCY_US, 1.5 * this.#latencyUs));
    return true;
  }

  /**
   * What is wrong where even what was kept is too much because the path has failed further; undefined otherwise. A full queue
   * serves whatever is on the wire in proportion: the share that comes of what was kept is the share that the path carries of
   * everything. It carries no more than trains promise.
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
      what: `only ${percent(share)} of it arrives`,
      rateBitsPerSecond: rateThatDrains(history, { nowUs, freshUs: changedUs, ...wire }, carried),
    };
  }

  #learn(sampleUs: number): void {
    this.#samplesUs.push(sampleUs);
    if (this.#samplesUs.length > KEPT_LEAVES) this.#samplesUs.shift();
    this.#latencyUs = Math.max(...this.#samplesUs);
  }
}
