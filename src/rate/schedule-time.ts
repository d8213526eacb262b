import { PREVIEW_US, SLOT_NUMBERS, SLOT_US, type StepPlan, trainAtUs } from './step-plan.js';

/**
 * The wall clock may say that a slot begins this much sooner or later than the one before ends: clocks that are being set right
 * gradually (adjtime moves 0.25 ms a slot) and that count milliseconds. What differs by more has jumped.
 */
const CLOCK_TOLERANCE_US = 10_000;
/** Added to a schedule time before its moment is sought, so that rounding cannot make that moment a little too early. */
const ROUNDING_US = 0.01;

/** The part of a channel in its ladder's steps. */
export interface LadderChannel {
  readonly plan: StepPlan;
  readonly channel: number;
  readonly intervalUs: number;
  /** Servers send their trains at different times. @default 0 */
  readonly serverIndex?: number;
}

/**
 * Turns time into schedule time, on which a channel's datagrams are evenly spaced: it runs faster or slower in the preview at a
 * slot's end, jumps by the length of the train when that is due, and runs a little slower or faster in the rest of the slot,
 * so that both times agree at the end of every slot. Averages therefore stay exact, and no error adds up.
 *
 * Slots are of wall-clock time, and everything else of a clock that does not jump. The wall clock is read once a slot, at its
 * beginning; when it has jumped, time and schedule time are the same until it begins another slot.
 */
export class ScheduleTime {
  /** Number of the present slot. */
  slot = 0;
  /** Its step level; 0 without a ladder. */
  stepLevel = 0;
  /** Datagrams of a train on this channel; 0 where it has none. */
  readonly trainLength: number;
  /** The highest rate there can be, in nominal rates, but for trains. */
  readonly peakFactor: number;
  readonly #ladderChannel: LadderChannel | undefined;
  #startUs = 0;
  #endUs = Number.NEGATIVE_INFINITY;
  #trainAtUs = 0;
  /** By how much schedule time jumps then. */
  #jumpUs = 0;
  #awaitsTrain = false;
  /** When the preview begins: with the end of the slot in slots that have none. */
  #previewAtUs = 0;
  #previewFactor = 1;
  #restFactor = 1;

  /** @param part none for channels without a ladder: their schedule time is time. */
  constructor(part?: LadderChannel) {
    this.#ladderChannel = part;
    this.trainLength = part !== undefined && part.channel === part.plan.channelOrder[0] ? part.plan.trainLength : 0;
    this.peakFactor = Math.max(1, part?.plan.previewFactor(part.channel, Number.POSITIVE_INFINITY) ?? 1);
  }

  /** Goes on to the slot of `nowUs`; to be called before anything is asked about that moment. Time only grows. */
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
    else this.#planSlotWithoutMarks();
  }

  /** The schedule time of a moment in the present slot. */
  scheduleUs(nowUs: number): number {
    if (this.#ladderChannel === undefined) return nowUs;
    if (nowUs >= this.#previewAtUs) return this.#endUs - this.#previewFactor * (this.#endUs - nowUs);
    return this.#startUs + this.#restFactor * (nowUs - this.#startUs) + (nowUs < this.#trainAtUs ? 0 : this.#jumpUs);
  }

  /**
   * When to look again for what is due at a schedule time: at that time, or sooner, when a train is to leave or the slot ends
   * and with it what is known.
   */
  timeUs(scheduleUs: number): number {
    if (this.#ladderChannel === undefined || !Number.isFinite(this.#endUs)) return scheduleUs;
    const latestUs = this.#awaitsTrain ? this.#trainAtUs : this.#endUs;
    return Math.min(this.#timeOf(scheduleUs + ROUNDING_US), latestUs);
  }

  isPreview(nowUs: number): boolean {
    return this.#ladderChannel !== undefined && nowUs >= this.#previewAtUs;
  }

  /** Whether the slot's train is to leave now. Asked once its time has come, it is this train's only chance. */
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

  /** A slot with all that belongs into it. */
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
    this.#restFactor = (lengthUs - this.#jumpUs - previewUs * this.#previewFactor) / (lengthUs - previewUs);
  }

  /** A slot in which schedule time is time. */
  #planSlotWithoutMarks(): void {
    this.#previewFactor = 1;
    this.#previewAtUs = this.#endUs;
    this.#startUs = this.#endUs - SLOT_US;
    this.#trainAtUs = this.#endUs;
    this.#jumpUs = 0;
    this.#awaitsTrain = false;
    this.#restFactor = 1;
  }
}
