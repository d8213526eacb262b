import { PREVIEW_US, SLOT_NUMBERS, SLOT_US, type StepPlan, trainAtUs } from './step-plan.js';

/**
 * By the wall clock, a slot may begin this much sooner or later than the one before ended: clocks are set right gradually
 * (adjtime moves them by 0.25 ms a slot), and some count in milliseconds. A larger difference means that the clock has
 * jumped.
 */
const CLOCK_TOLERANCE_US = 10_000;
/** Added to a schedule time before its time is computed, so that rounding cannot make that time a little too early. */
const ROUNDING_US = 0.01;

/** A channel as a part of its ladder: what its trains and previews follow from. */
export interface LadderChannel {
  readonly plan: StepPlan;
  readonly channel: number;
  readonly intervalUs: number;
  /** Servers send their trains at different times. @default 0 */
  readonly serverIndex?: number;
}

/**
 * Maps time to schedule time, on which a channel's datagrams are evenly spaced. Schedule time runs faster or slower in the
 * preview at the end of a slot, jumps by the length of the train when that is due, and runs a little slower or faster in the
 * rest of the slot, so that both times agree at the end of every slot. Averages therefore stay exact, and no error adds up.
 *
 * Slots are of wall-clock time; all other times are of a clock that does not jump. The wall clock is read once a slot, at
 * its beginning. When it has jumped, schedule time equals time until the next slot begins.
 */
export class ScheduleTime {
  /** Number of the present slot. */
  slot = 0;
  /** Step level of the present slot; 0 without a ladder. */
  stepLevel = 0;
  /** Datagrams in a train of this channel; 0 if it has no trains. */
  readonly trainLength: number;
  /** The highest rate outside trains, as a multiple of the nominal rate. */
  readonly peakFactor: number;
  readonly #ladderChannel: LadderChannel | undefined;
  #startUs = 0;
  #endUs = Number.NEGATIVE_INFINITY;
  #trainAtUs = 0;
  /** By how much schedule time jumps at `#trainAtUs`. */
  #jumpUs = 0;
  #awaitsTrain = false;
  /** When the preview begins; in a slot without a preview, the end of the slot. */
  #previewAtUs = 0;
  #previewFactor = 1;
  #restFactor = 1;

  /** @param part none for channels without a ladder: their schedule time is time. */
  constructor(part?: LadderChannel) {
    this.#ladderChannel = part;
    this.trainLength = part !== undefined && part.channel === part.plan.channelOrder[0] ? part.plan.trainLength : 0;
    const previewFactor = part?.plan.previewFactor(part.channel, Number.POSITIVE_INFINITY) ?? 1;
    this.peakFactor = Math.max(previewFactor, restFactorOf(SLOT_US, PREVIEW_US, previewFactor));
  }

  /** Forgets all slots before, as after a pause: the rest of the present slot has neither train nor preview. */
  restart(): void {
    this.#endUs = Number.NEGATIVE_INFINITY;
  }

  /** Advances to the slot of `nowUs`; to be called before anything is asked about that time. Time only grows. */
  advance(nowUs: number, wallUs: number): void {
    if (nowUs < this.#endUs) return;
    const number = Math.floor((wallUs + CLOCK_TOLERANCE_US) / SLOT_US);
    const beganUs = nowUs - (wallUs - number * SLOT_US);
    const beforeUs = this.#endUs;
    this.#endUs = beganUs + SLOT_US;
    this.slot = number % SLOT_NUMBERS;
    if (this.#ladderChannel === undefined) return;
    const gapUs = beganUs - beforeUs;
    this.stepLevel = this.#ladderChannel.plan.stepLevel(this.slot);
    if (Math.abs(gapUs) <= CLOCK_TOLERANCE_US) this.#planSlot(this.#ladderChannel, beforeUs);
    else if (gapUs > 0 && gapUs < Number.POSITIVE_INFINITY)
      this.#planSlot(this.#ladderChannel, Math.min(beganUs, nowUs));
    else this.#planEvenSlot();
  }

  /** The schedule time of a time in the present slot. */
  scheduleUs(nowUs: number): number {
    if (this.#ladderChannel === undefined) return nowUs;
    if (nowUs >= this.#previewAtUs) return this.#endUs - this.#previewFactor * (this.#endUs - nowUs);
    return this.#startUs + this.#restFactor * (nowUs - this.#startUs) + (nowUs < this.#trainAtUs ? 0 : this.#jumpUs);
  }

  /**
   * When to look again for a datagram that is due at a schedule time: at the time of that schedule time, or sooner if a
   * train is to leave or the slot ends before, because the next slot is not known yet.
   */
  timeUs(scheduleUs: number): number {
    if (this.#ladderChannel === undefined || !Number.isFinite(this.#endUs)) return scheduleUs;
    const latestUs = this.#awaitsTrain ? this.#trainAtUs : this.#endUs;
    return Math.min(this.#timeOf(scheduleUs + ROUNDING_US), latestUs);
  }

  isPreview(nowUs: number): boolean {
    return this.#ladderChannel !== undefined && nowUs >= this.#previewAtUs;
  }

  /**
   * Takes the slot's train if its time has come. Returns whether it is to leave; the first call after its time is its only
   * chance.
   */
  takeTrain(nowUs: number): boolean {
    if (!this.#awaitsTrain || nowUs < this.#trainAtUs) return false;
    this.#awaitsTrain = false;
    return nowUs < this.#endUs - PREVIEW_US;
  }

  #timeOf(scheduleUs: number): number {
    const untilEndUs = this.#endUs - scheduleUs;
    const previewUs = this.#endUs - this.#previewAtUs;
    if (untilEndUs <= previewUs * this.#previewFactor) return this.#endUs - untilEndUs / this.#previewFactor;
    const beforeTrainUs = this.#startUs + (scheduleUs - this.#startUs) / this.#restFactor;
    if (beforeTrainUs < this.#trainAtUs) return beforeTrainUs;
    return Math.max(this.#trainAtUs, beforeTrainUs - this.#jumpUs / this.#restFactor);
  }

  /** Plans a slot with its train and preview. */
  #planSlot({ plan, channel, intervalUs, serverIndex = 0 }: LadderChannel, startUs: number): void {
    const previewFactor = plan.previewFactor(channel, this.stepLevel);
    const previewUs = previewFactor === undefined ? 0 : plan.previewUs(this.stepLevel);
    this.#previewFactor = previewFactor ?? 1;
    this.#previewAtUs = this.#endUs - previewUs;
    this.#startUs = startUs;
    this.#trainAtUs = this.#endUs - SLOT_US + trainAtUs(serverIndex);
    this.#jumpUs = this.trainLength * intervalUs;
    this.#awaitsTrain = this.trainLength > 0;
    const lengthUs = this.#endUs - startUs;
    this.#restFactor = restFactorOf(lengthUs, previewUs, this.#previewFactor, this.#jumpUs);
  }

  /** Plans a slot in which schedule time equals time. */
  #planEvenSlot(): void {
    this.#previewFactor = 1;
    this.#previewAtUs = this.#endUs;
    this.#startUs = this.#endUs - SLOT_US;
    this.#trainAtUs = this.#endUs;
    this.#jumpUs = 0;
    this.#awaitsTrain = false;
    this.#restFactor = 1;
  }
}

/** The rate outside of train and preview with which a slot's average is right; above 1 where the preview is slower than the rest. */
function restFactorOf(lengthUs: number, previewUs: number, previewFactor: number, jumpUs = 0): number {
  return (lengthUs - jumpUs - previewUs * previewFactor) / (lengthUs - previewUs);
}
