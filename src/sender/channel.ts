import { IP_AND_UDP_BYTES } from '../base/limits.js';
import type { SendBatch } from '../base/ports.js';
import { burstCount, DEFAULT_BURST_US, MAX_BURST_DATAGRAMS, Pacer } from '../rate/ladder/pacer.js';
import { type LadderChannel, ScheduleTime } from '../rate/ladder/schedule-time.js';
import { type DepartureMarks, Flag, stampHeader } from '../wire/header.js';
import type { RunSigner } from './run-signer.js';
import { type DatagramSource, type SendLimits, Slab } from './slab.js';

/** How long before it leaves a datagram is made. A disk read on a busy host takes less, and slabs stay small. */
const AHEAD_US = 20_000;
/** Fewest and most datagrams of a slab. 1024 datagrams of 1232 bytes are 1.3 MB: at full speed some 200 reads a second. */
const MIN_SLAB = 4;
const MAX_SLAB = 1024;

/** The multiples of this number, modulo 1, are as far apart as possible, for any count of them (Weyl; Swierczkowski 1958). */
const GOLDEN_RATIO = 0.618034;

const NOTHING: readonly SendBatch[] = [];
const NO_LIMITS: SendLimits = { maxBatchCount: Number.POSITIVE_INFINITY, maxBatchBytes: Number.POSITIVE_INFINITY };

export interface SenderChannelOptions {
  /** The channel's part in a ladder; a channel without a ladder has no step levels, previews or trains. */
  readonly part?: Omit<LadderChannel, 'intervalUs'> | undefined;
  /** Longest time of the channel's rate that leaves at once, but at least one datagram and at most 64. @default 500 */
  readonly burstUs?: number | undefined;
  /** How late the clock's timers are (`Clock.timerLatenessUs`). @default 0 */
  readonly timerLatenessUs?: number | undefined;
  /** Signs what leaves, for a source that makes run records. */
  readonly signer?: RunSigner | undefined;
}

/**
 * Decides how many datagrams of one channel of one server are due, and stamps them. It keeps two slabs: the datagrams of one leave
 * while the other is being filled. A train leaves in one departure, with no other datagram.
 */
export class SenderChannel {
  /** Number of datagrams that have left. The first sequence number plus this, modulo 2^32, is the next sequence number. */
  sentCount = 0;
  sentBytes = 0;
  /** The shortest time between two bursts of a channel that is not late. */
  readonly burstGapUs: number;
  readonly #pacer: Pacer;
  readonly #phaseUs: number;
  readonly #scheduleTime: ScheduleTime;
  readonly #source: DatagramSource;
  readonly #firstSequence: number;
  readonly #signer: RunSigner | undefined;
  #front: Slab;
  #back: Slab;
  /** The first entry of the front slab that has not left; below 0 while datagrams in front of entry 0 wait. */
  #leftCount = 0;
  #backReady = false;
  readonly #marks = { sequence: 0, sendTimeUs: 0, slot: 0, stepLevel: 0, flags: 0 } satisfies DepartureMarks;

  /**
   * @param firstSequence random, so that receivers notice a server that has restarted.
   */
  constructor(
    source: DatagramSource,
    intervalUs: number,
    startUs: number,
    firstSequence: number,
    { part, burstUs = DEFAULT_BURST_US, timerLatenessUs = 0, signer }: SenderChannelOptions = {},
  ) {
    // Rates of a ladder are simple fractions of each other. Channels that begin together would send together again and again.
    this.#phaseUs = (((part?.channel ?? 0) * GOLDEN_RATIO) % 1) * intervalUs;
    this.#scheduleTime = new ScheduleTime(part === undefined ? undefined : { ...part, intervalUs });
    this.#source = source;
    this.#firstSequence = firstSequence;
    this.#signer = signer;
    const { trainLength, peakFactor } = this.#scheduleTime;
    const together = burstCount(burstUs, intervalUs);
    // The pacer runs on schedule time, which passes faster than time in previews.
    this.#pacer = new Pacer(intervalUs, startUs, {
      burstCount: together,
      timerLatenessUs: timerLatenessUs * peakFactor,
    });
    this.burstGapUs = (together * intervalUs) / peakFactor;
    const aheadCount = Math.ceil((AHEAD_US * peakFactor) / intervalUs);
    // Whole bursts, so that the end of a slab cuts few of them.
    const capacity = Math.ceil(Math.max(MIN_SLAB, trainLength, Math.min(MAX_SLAB, aheadCount)) / together) * together;
    this.#front = new Slab(capacity, source.maxDatagramBytes, trainLength);
    this.#back = new Slab(capacity, source.maxDatagramBytes, trainLength);
  }

  /** Prepares the next slab. The caller reads the payloads into it and then calls `filled`. */
  refill(): Slab {
    this.#source.prepare(this.#back);
    return this.#back;
  }

  filled(): void {
    this.#backReady = true;
  }

  /** Whether a slab is empty and can be prepared. */
  get wantsRefill(): boolean {
    return !this.#backReady;
  }

  /** Whether datagrams are ready to leave. If not, the disk is late and the channel waits. */
  get hasDatagrams(): boolean {
    return this.#leftCount < this.#front.count || this.#backReady;
  }

  /** Begins to count at `nowUs`. The channel does not make up for time before that, such as the opening of a socket, or a pause. */
  begin(nowUs: number): void {
    this.#scheduleTime.restart();
    this.#pacer.begin(nowUs + this.#phaseUs);
  }

  /** Datagrams that have not left, because the host, the disk or the system was too late with them. */
  get skippedCount(): number {
    return this.#pacer.skippedCount;
  }

  /** When the next datagram is due. */
  get nextDueUs(): number {
    return this.#scheduleTime.timeUs(this.#pacer.nextDueUs);
  }

  /**
   * Takes the datagrams that are to be sent now, stamped; empty when none are due or ready. Their bytes are reused, so the caller
   * calls this again only after the network has taken them.
   *
   * @param limits of one batch; they change neither which datagrams are sent nor when.
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
    const count = Math.min(due, front.count - first, MAX_BURST_DATAGRAMS);
    this.#stamp(count, nowUs, train ? Flag.train : this.#scheduleTime.isPreview(nowUs) ? Flag.preview : 0);
    this.#leftCount += count;
    this.sentCount += count;
    this.sentBytes += front.startOf(first + count) - front.startOf(first);
    if (train) this.#pacer.sentTrain(count);
    else this.#pacer.sent(count, scheduleUs);
    this.#pacer.sent(this.#excessOf(first, count), scheduleUs);
    return front.batches(first, first + count, limits);
  }

  /** Writes the marks of the next `count` datagrams, and signs what they end. */
  #stamp(count: number, nowUs: number, flags: number): void {
    const front = this.#front;
    const marks = this.#marks;
    marks.sendTimeUs = nowUs % 2 ** 32;
    marks.slot = this.#scheduleTime.slot;
    marks.stepLevel = this.#scheduleTime.stepLevel;
    marks.flags = flags;
    for (let i = 0; i < count; i++) {
      marks.sequence = (this.#firstSequence + this.sentCount + i) % 2 ** 32;
      const entry = this.#leftCount + i;
      stampHeader(marks, front.bytes, front.startOf(entry));
      this.#signer?.take(front.bytes, front.startOf(entry), front.lengthOf(entry));
    }
  }

  /**
   * By how much entries are longer than the rate allows, in packets of the length that it is meant for: records are longer than small symbols.
   */
  #excessOf(first: number, count: number): number {
    const { ratedDatagramBytes, maxDatagramBytes } = this.#source;
    if (maxDatagramBytes === ratedDatagramBytes) return 0;
    let excessBytes = 0;
    for (let entry = first; entry < first + count; entry++) {
      excessBytes += Math.max(0, this.#front.lengthOf(entry) - ratedDatagramBytes);
    }
    return excessBytes / (ratedDatagramBytes + IP_AND_UDP_BYTES);
  }

  /** Makes sure that the front slab holds a whole train. False if the disk is late; the train is then left out. */
  #gatherTrain(): boolean {
    const restCount = this.#front.count - this.#leftCount;
    if (restCount >= this.#scheduleTime.trainLength) return true;
    if (!this.#backReady) return false;
    this.#back.putBefore(this.#front, this.#leftCount);
    this.#swap(-restCount);
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
