import { SLOT_US } from '../ladder/step-plan.js';
import { RULES, type Rules } from '../rules.js';
import { VirtualWindow } from './virtual-window.js';

/** TCP counts in full Ethernet packets. */
const SEGMENT_BITS = 1500 * 8;

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
  readonly #rules: Rules;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  isOn(nowUs: number): boolean {
    return this.#rules.switches.contention && nowUs < this.#untilUs;
  }

  /** Whether it has been there for so long that the tries of other receivers do not look like it. */
  isSure(nowUs: number): boolean {
    return this.isOn(nowUs) && nowUs - this.#sinceUs >= this.#rules.contention.sureUs;
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
   * @param slot.mostArrivedBitsPerSecond in a slot lately; the capacity is at least that. 0 if unknown.
   * @param slot.bitsPerSecond this receiver's rate before the other traffic came.
   */
  judge(
    nowUs: number,
    slot: {
      readonly isQueued: boolean;
      readonly arrivedBitsPerSecond: number;
      readonly capacityBitsPerSecond: number | undefined;
      readonly mostArrivedBitsPerSecond: number;
      readonly bitsPerSecond: number;
      readonly roundTripUs: number;
      /** How long another receiver's leave takes to work. */
      readonly leaveLatencyUs: number;
    },
  ): void {
    const { isQueued, arrivedBitsPerSecond, capacityBitsPerSecond } = slot;
    // What arrived once shows that others take a part now, but not that they do not.
    const leastCapacity = capacityBitsPerSecond ?? slot.mostArrivedBitsPerSecond;
    this.#minSigns = signsOf(
      this.#rules.contention.othersTrialUs + slot.leaveLatencyUs,
      this.#rules.contention.signDecay,
    );
    this.#signs *= this.#rules.contention.signDecay;
    this.#quietCount = isQueued ? 0 : this.#quietCount + 1;
    if (this.#quietCount >= this.#rules.contention.overSlots) this.#signs = 0;
    if (this.#quietCount >= this.#rules.contention.quietSlots) this.#untilUs = nowUs;
    if (!isQueued) return;
    const isOwn = arrivedBitsPerSecond >= this.#rules.contention.ownRatio * leastCapacity;
    if (isOwn && capacityBitsPerSecond !== undefined) this.#untilUs = nowUs;
    if (arrivedBitsPerSecond >= this.#rules.contention.othersRatio * leastCapacity) return;
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
    const isWave = this.#takeWave(queueUs, now.packetsUs);
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
    this.#eventEndUs = nowUs + Math.max(this.#rules.contention.minEventUs, roundTripUs);
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
    return this.isSure(nowUs)
      ? Math.min(tcpRate, this.#rules.contention.mostRatio * path.capacityBitsPerSecond)
      : tcpRate;
  }

  #believe(nowUs: number, segments: number): void {
    if (!this.isOn(nowUs)) {
      this.#sinceUs = nowUs;
      this.#window.begin(segments, nowUs);
    }
    this.#untilUs = nowUs + this.#rules.contention.memoryUs;
  }

  /** Takes a queue. Returns whether it has risen and fallen again. */
  #takeWave(queueUs: number, packetsUs: number): boolean {
    if (queueUs < this.#troughUs) {
      this.#troughUs = queueUs;
      this.#peakUs = queueUs;
    }
    this.#peakUs = Math.max(this.#peakUs, queueUs);
    const hasRisen = this.#peakUs - this.#troughUs >= Math.max(this.#rules.contention.minWaveUs, packetsUs);
    if (!hasRisen || queueUs >= (1 - this.#rules.contention.fallRatio) * this.#peakUs) return false;
    this.#troughUs = queueUs;
    this.#peakUs = queueUs;
    return true;
  }
}

/** Segments under way at a rate. */
function segmentsOf(at: { readonly bitsPerSecond: number; readonly roundTripUs: number }): number {
  return (at.bitsPerSecond * at.roundTripUs) / 1e6 / SEGMENT_BITS;
}

/** Sum of signs after a time with one sign in each slot: the geometric series of `decay`. */
function signsOf(spanUs: number, decay: number): number {
  return (1 - decay ** (spanUs / SLOT_US)) / (1 - decay);
}
