import { SLOT_US } from './step-plan.js';
import { VirtualWindow } from './virtual-window.js';

/** After the last sign of other traffic it is assumed to be there for this long. */
const MEMORY_US = 10_000_000;
/** Each slot, the sum of signs is multiplied by this. */
const SIGN_DECAY = 0.9;
/** The trial of another receiver behind the same bottleneck is over after this time and the time that its leave takes. */
export const OTHERS_TRIAL_US = 3_000_000;
/** After this many slots in a row without a queue, the signs are taken to have come from another receiver's trial. */
const OVER_SLOTS = 3;
/** After this many slots in a row without a queue, the other traffic is taken to have left. */
const QUIET_SLOTS = 6;
/** If less than this share of the measured capacity arrives here and there is still a queue, others fill it. */
const OTHERS_RATIO = 0.92;
/** If at least this share of the measured capacity arrives here, the queue is our own. */
const OWN_RATIO = 0.95;
/** A rise and fall of the queue by less than this is no sign of other traffic. */
const MIN_WAVE_US = 25_000;
/**
 * A queue that has fallen by this share of its peak has fallen. TCP multiplies its window by 0.5 (RFC 5681) or 0.7 (RFC
 * 9438), and its queue falls by as much or less.
 */
const FALL_RATIO = 0.2;
/** TCP counts in full Ethernet packets. */
const SEGMENT_BITS = 1500 * 8;
/**
 * Take at most 57 % of the measured capacity, because at least one other flow has the same right to half of it. The share is
 * a little more than half because levels are steps of a third and are rounded down: with 0.5 the mean would be 0.43.
 */
const MOST_RATIO = 0.57;
/**
 * Until other traffic has been there for this long, the signs may still come from other receivers' trials, one after the
 * other.
 */
const SURE_US = 8_000_000;
/** Losses closer together than this are one event even if the round trip is shorter, because readings are 50 ms apart. */
const MIN_EVENT_US = 50_000;

/**
 * Recognises other traffic on the path that fills its queue until packets are lost, as TCP does. While it is there, delay
 * says nothing about this receiver's rate; the receiver takes the rate that a TCP connection would have here.
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

  /** This receiver's own rate has changed: the next movement of the queue is its own doing. */
  rateChanged(): void {
    this.#troughUs = Number.POSITIVE_INFINITY;
    this.#peakUs = 0;
  }

  /**
   * Takes the means of one slot.
   *
   * @param slot.capacityBitsPerSecond as measured by the latest trains; undefined if unknown.
   * @param slot.bitsPerSecond this receiver's rate before the other traffic came.
   */
  judge(
    nowUs: number,
    slot: {
      readonly isQueued: boolean;
      readonly arrivedBitsPerSecond: number;
      readonly capacityBitsPerSecond: number | undefined;
      readonly bitsPerSecond: number;
      readonly roundTripUs: number;
      /** How long another receiver's leave takes to work. */
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
   * Takes one reading. Losses while there is a queue are events, and so are waves of the queue while this receiver's rate is
   * steady.
   *
   * @param now.bitsPerSecond of the present level.
   */
  add(
    nowUs: number,
    now: {
      readonly queueUs: number;
      readonly lostCount: number;
      readonly bitsPerSecond: number;
      readonly roundTripUs: number;
      /** Time that the slowest link needs for a few packets. A queue that rises by less is no wave. */
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
    // A window grows only while it is used.
    this.#window.grow(nowUs, roundTripUs, 1.5 * inFlight + 2);
    if (lostCount === 0 && !isWave) return;
    if (nowUs < this.#eventEndUs) return;
    // TCP learns of a loss after one round trip; losses until then belong to the same event.
    this.#eventEndUs = nowUs + Math.max(MIN_EVENT_US, roundTripUs);
    this.#window.shrink(nowUs);
  }

  /**
   * The rate that TCP would send at here, in bit/s; infinite while there is no other traffic.
   *
   * @param path.capacityBitsPerSecond as measured by trains; infinite if unknown.
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

/** Segments under way at a rate. */
function segmentsOf(at: { readonly bitsPerSecond: number; readonly roundTripUs: number }): number {
  return (at.bitsPerSecond * at.roundTripUs) / 1e6 / SEGMENT_BITS;
}

/** Sum of signs after a time with one sign in each slot: the geometric series of `SIGN_DECAY`. */
function signsOf(spanUs: number): number {
  return (1 - SIGN_DECAY ** (spanUs / SLOT_US)) / (1 - SIGN_DECAY);
}
