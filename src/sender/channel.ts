import type { SendBatch } from '../base/ports.js';
import { Pacer } from '../rate/pacer.js';
import { type LadderChannel, ScheduleTime } from '../rate/schedule-time.js';
import { type DepartureMarks, Flag, stampHeader } from '../wire/header.js';
import { type DatagramSource, type SendLimits, Slab } from './slab.js';

/** How far ahead datagrams are made: long enough for a disk read on a busy host, short enough to keep slabs small. */
const AHEAD_US = 20_000;
/** One slab's bounds in datagrams. 1024 of 1232 bytes are 1.3 MB: at full speed some 200 reads a second. */
const MIN_SLAB = 4;
const MAX_SLAB = 1024;

/** Multiples of it, modulo 1, are as far from each other as can be, however many there are (Weyl; Swierczkowski 1958). */
const GOLDEN_RATIO = 0.618034;

/** How many datagrams leave in one go at most; a burst this long (79 kB) is 6 ms at 100 Mbit/s, and one system call. */
const MAX_BURST = 64;

const NOTHING: readonly SendBatch[] = [];
const NO_LIMITS: SendLimits = { maxBatchCount: Number.POSITIVE_INFINITY, maxBatchBytes: Number.POSITIVE_INFINITY };

/**
 * One channel of one server: says how many datagrams are due, stamps them, and keeps two slabs, one leaving while the other
 * is being filled. A train leaves in one go, with nothing else.
 */
export class SenderChannel {
  /** Datagrams that left; modulo 2^32 and from the random first number, the sequence. */
  sentCount = 0;
  sentBytes = 0;
  readonly #pacer: Pacer;
  readonly #phaseUs: number;
  readonly #scheduleTime: ScheduleTime;
  readonly #source: DatagramSource;
  readonly #firstSequence: number;
  #front: Slab;
  #back: Slab;
  /** The front's entries that have left; below 0 when there are datagrams before entry 0. */
  #leftCount = 0;
  #backReady = false;
  readonly #marks = { sequence: 0, sendTimeUs: 0, slot: 0, stepLevel: 0, flags: 0 } satisfies DepartureMarks;

  /**
   * @param firstSequence random, so that receivers notice a server that started anew.
   * @param part what it is in a ladder; without one it has no step levels, previews and trains.
   */
  constructor(
    source: DatagramSource,
    intervalUs: number,
    startUs: number,
    firstSequence: number,
    part?: Omit<LadderChannel, 'intervalUs'>,
  ) {
    this.#pacer = new Pacer(intervalUs, startUs);
    // Rates of a ladder are simple fractions of each other: channels that began together would meet again and again.
    this.#phaseUs = (((part?.channel ?? 0) * GOLDEN_RATIO) % 1) * intervalUs;
    this.#scheduleTime = new ScheduleTime(part === undefined ? undefined : { ...part, intervalUs });
    this.#source = source;
    this.#firstSequence = firstSequence;
    const { trainLength, peakFactor } = this.#scheduleTime;
    const aheadCount = Math.ceil((AHEAD_US * peakFactor) / intervalUs);
    const capacity = Math.min(MAX_SLAB, Math.max(MIN_SLAB, trainLength, aheadCount));
    this.#front = new Slab(capacity, source.maxDatagramBytes, trainLength);
    this.#back = new Slab(capacity, source.maxDatagramBytes, trainLength);
  }

  /** Prepares the next slab; its payloads are to be read into it, then `filled` to be called. */
  refill(): Slab {
    this.#source.prepare(this.#back);
    return this.#back;
  }

  filled(): void {
    this.#backReady = true;
  }

  /** Whether a slab waits to be prepared. */
  get wantsRefill(): boolean {
    return !this.#backReady;
  }

  /** Whether datagrams are at hand; if not, the disk is late and the channel waits for it. */
  get hasDatagrams(): boolean {
    return this.#leftCount < this.#front.count || this.#backReady;
  }

  /** Counts from `nowUs` on: what came before, such as opening a socket, is not made up for. */
  begin(nowUs: number): void {
    this.#pacer.begin(nowUs + this.#phaseUs);
  }

  /** When to ask for datagrams next. */
  get nextDueUs(): number {
    return this.#scheduleTime.timeUs(this.#pacer.nextDueUs);
  }

  /**
   * The datagrams to send now, stamped; none when none are due or at hand. Their bytes are reused: the next call comes after the
   * network has taken them.
   *
   * @param limits of one batch; they change neither what is sent nor when.
   */
  take(nowUs: number, wallUs: number, limits: SendLimits = NO_LIMITS): readonly SendBatch[] {
    this.#scheduleTime.advance(nowUs, wallUs);
    const train = this.#scheduleTime.takeTrain(nowUs) && this.#gatherTrain();
    const scheduleUs = this.#scheduleTime.scheduleUs(nowUs);
    const due = train ? this.#scheduleTime.trainLength : this.#pacer.due(scheduleUs);
    if (due === 0 || !this.hasDatagrams) return NOTHING;
    if (this.#leftCount === this.#front.count) this.#swap(0);
    const front = this.#front;
    const first = this.#leftCount;
    const count = Math.min(due, front.count - first, MAX_BURST);
    this.#stamp(count, nowUs, train ? Flag.train : this.#scheduleTime.isPreview(nowUs) ? Flag.preview : 0);
    this.#leftCount += count;
    this.sentCount += count;
    this.sentBytes += front.startOf(first + count) - front.startOf(first);
    if (train) this.#pacer.sentTrain(count);
    else this.#pacer.sent(count, scheduleUs);
    return front.batches(first, first + count, limits);
  }

  /** Marks the next `count` datagrams. */
  #stamp(count: number, nowUs: number, flags: number): void {
    const front = this.#front;
    const marks = this.#marks;
    marks.sendTimeUs = nowUs % 2 ** 32;
    marks.slot = this.#scheduleTime.slot;
    marks.stepLevel = this.#scheduleTime.stepLevel;
    marks.flags = flags;
    for (let i = 0; i < count; i++) {
      marks.sequence = (this.#firstSequence + this.sentCount + i) % 2 ** 32;
      stampHeader(marks, front.bytes, front.startOf(this.#leftCount + i));
    }
  }

  /** Sees to it that a train lies in one piece at the front. False when the disk is late: there is no train then. */
  #gatherTrain(): boolean {
    const left = this.#front.count - this.#leftCount;
    if (left >= this.#scheduleTime.trainLength) return true;
    if (!this.#backReady) return false;
    this.#back.putBefore(this.#front, this.#leftCount);
    this.#swap(-left);
    return true;
  }

  #swap(firstEntry: number): void {
    const empty = this.#front;
    this.#front = this.#back;
    this.#back = empty;
    this.#leftCount = firstEntry;
    this.#backReady = false;
  }
}
