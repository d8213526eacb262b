import { SLOT_US } from './step-plan.js';
import { VirtualWindow } from './virtual-window.js';

/** For how long others are believed to be there since the last sign of them. */
const MEMORY_US = 10_000_000;
/** What remains of a sign of them after a slot. */
const SIGN_DECAY = 0.9;
/** A trial of another receiver behind the same bottleneck is over after so long and the time that a leave takes. */
export const OTHERS_TRIAL_US = 3_000_000;
/** So many slots in a row without a queue, and it was a trial. */
const OVER_SLOTS = 3;
/** So many, and they are gone. */
const QUIET_SLOTS = 6;
/** Less than this share of what trains promise comes to us, and yet there is a queue: others fill it. */
const OTHERS_RATIO = 0.92;
/** With this share of what trains promise, a queue is our own. */
const OWN_RATIO = 0.95;
/** A queue that rises and falls by less says nothing. */
const MIN_WAVE_US = 25_000;
/** TCP takes its window to one half (RFC 5681) or 0.7 (RFC 9438), and a queue that it has filled falls by as much or less. */
const FALL_RATIO = 0.2;
/** What TCP counts in: the full packets of an Ethernet. */
const SEGMENT_BITS = 1500 * 8;
/**
 * Whoever else fills the path is one at least, and has the same right to half of it; a little more, as levels are steps of a third
 * and rounded down: of a half alone 0.43 would come in the mean.
 */
const MOST_RATIO = 0.57;
/** What has been taken for others for less than this may turn out to be other receivers' trials, one after the other. */
const SURE_US = 8_000_000;
/** Losses closer together are one event, even where round trips are shorter: readings are not finer than this. */
const MIN_EVENT_US = 50_000;

/**
 * Others on the same path who fill its queue until they lose, as TCP does. While they are there our delay says nothing about
 * us: we take what TCP would have in our place.
 */
export class Contention {
  readonly #window = new VirtualWindow();
  #signs = 0;
  #minSigns = Number.POSITIVE_INFINITY;
  #quietCount = 0;
  #untilUs = Number.NEGATIVE_INFINITY;
  #sinceUs = 0;
  #eventEndUs = Number.NEGATIVE_INFINITY;
  #troughUs = Number.POSITIVE_INFINITY;
  #peakUs = 0;

  isOn(nowUs: number): boolean {
    return nowUs < this.#untilUs;
  }

  /** Our own rate has changed: what the queue does now is our doing. */
  rateChanged(): void {
    this.#troughUs = Number.POSITIVE_INFINITY;
    this.#peakUs = 0;
  }

  /**
   * Takes a slot's means.
   *
   * @param slot.capacityBitsPerSecond by the latest trains; undefined if unknown.
   * @param slot.bitsPerSecond what we had before others came.
   */
  judge(
    nowUs: number,
    slot: {
      readonly isQueued: boolean;
      readonly arrivedBitsPerSecond: number;
      readonly capacityBitsPerSecond: number | undefined;
      readonly bitsPerSecond: number;
      readonly roundTripUs: number;
      /** In which another receiver's leave works. */
      readonly leaveLatencyUs: number;
    },
  ): void {
    const { isQueued, arrivedBitsPerSecond, capacityBitsPerSecond = 0 } = slot;
    this.#minSigns = signsOf(OTHERS_TRIAL_US + slot.leaveLatencyUs);
    this.#signs *= SIGN_DECAY;
    this.#quietCount = isQueued ? 0 : this.#quietCount + 1;
    if (this.#quietCount >= OVER_SLOTS) this.#signs = 0;
    if (this.#quietCount >= QUIET_SLOTS) this.#untilUs = nowUs;
    if (!isQueued) return;
    if (arrivedBitsPerSecond >= OWN_RATIO * capacityBitsPerSecond) this.#untilUs = nowUs;
    if (arrivedBitsPerSecond >= OTHERS_RATIO * capacityBitsPerSecond) return;
    this.#signs++;
    if (this.#signs < this.#minSigns && !this.isOn(nowUs)) return;
    this.#believe(nowUs, segmentsOf(slot));
  }

  /**
   * Takes a reading: losses in a queue, and waves of the queue at a steady rate of ours, are events.
   *
   * @param now.bitsPerSecond of our level.
   */
  add(
    nowUs: number,
    now: {
      readonly queueUs: number;
      readonly lostCount: number;
      readonly bitsPerSecond: number;
      readonly roundTripUs: number;
      /** A queue that rises by less than these few packets says nothing. */
      readonly packetsUs: number;
    },
  ): void {
    const { queueUs, lostCount, roundTripUs } = now;
    const inFlight = segmentsOf(now);
    const isWave = this.#isWave(queueUs, now.packetsUs);
    if (!this.isOn(nowUs)) {
      if (!isWave) return;
      this.#signs++;
      if (this.#signs < this.#minSigns) return;
      this.#believe(nowUs, inFlight);
    }
    // What we do not use does not grow.
    this.#window.grow(nowUs, roundTripUs, 1.5 * inFlight + 2);
    if (lostCount === 0 && !isWave) return;
    if (nowUs < this.#eventEndUs) return;
    // TCP knows of a loss after a round trip, and what it has sent until then belongs to it.
    this.#eventEndUs = nowUs + Math.max(MIN_EVENT_US, roundTripUs);
    this.#window.shrink(nowUs);
  }

  /**
   * What TCP would send here, in bit/s; infinite while nobody else is.
   *
   * @param path.capacityBitsPerSecond that trains promise; infinite if unknown.
   */
  fairBitsPerSecond(
    nowUs: number,
    path: { readonly roundTripUs: number; readonly capacityBitsPerSecond: number },
  ): number {
    if (!this.isOn(nowUs)) return Number.POSITIVE_INFINITY;
    const tcpRate = (this.#window.segments * SEGMENT_BITS * 1e6) / path.roundTripUs;
    return nowUs - this.#sinceUs < SURE_US ? tcpRate : Math.min(tcpRate, MOST_RATIO * path.capacityBitsPerSecond);
  }

  #believe(nowUs: number, segments: number): void {
    if (!this.isOn(nowUs)) {
      this.#sinceUs = nowUs;
      this.#window.begin(segments, nowUs);
    }
    this.#untilUs = nowUs + MEMORY_US;
  }

  /** Whether the queue has risen and fallen again. */
  #isWave(queueUs: number, packetsUs: number): boolean {
    if (queueUs < this.#troughUs) {
      this.#troughUs = queueUs;
      this.#peakUs = queueUs;
    }
    this.#peakUs = Math.max(this.#peakUs, queueUs);
    const hasRisen = this.#peakUs - this.#troughUs >= Math.max(MIN_WAVE_US, packetsUs);
    if (!hasRisen || queueUs >= (1 - FALL_RATIO) * this.#peakUs) return false;
    this.#troughUs = queueUs;
    this.#peakUs = queueUs;
    return true;
  }
}

/** What is under way at a rate. */
function segmentsOf(at: { readonly bitsPerSecond: number; readonly roundTripUs: number }): number {
  return (at.bitsPerSecond * at.roundTripUs) / 1e6 / SEGMENT_BITS;
}

/** What remains of signs in each slot of such a time. */
function signsOf(spanUs: number): number {
  return (1 - SIGN_DECAY ** (spanUs / SLOT_US)) / (1 - SIGN_DECAY);
}
