import { LONGEST_LEAVE_US } from './measuring-rules.js';
import { OutageWatch } from './outage-watch.js';
import { PreviewMeter } from './preview.js';
import type { StreamReading } from './readings.js';
import { SequenceWindow } from './sequence-window.js';
import { TrainMeter } from './train-meter.js';

/** The header fields that measurement needs (docs/wire-format.md, marks). */
export interface DatagramMarks {
  readonly sequence: number;
  readonly sendTimeUs: number;
  readonly slot: number;
  readonly stepLevel: number;
}

/** Of the time by which two datagrams were sent apart, more than this share is missing between their arrivals. */
const BUNCHED_RATIO = 0.5;

/** Measures one stream: takes its datagrams one by one, and is read several times in each slot. */
export class StreamMeter {
  readonly window = new SequenceWindow();
  readonly #preview = new PreviewMeter();
  readonly #train = new TrainMeter();
  readonly #reading: Mutable<StreamReading>;
  readonly #outages: OutageWatch;
  #epoch = 0;
  #heardUs = Number.NEGATIVE_INFINITY;
  /** When the channel was joined again, while datagrams sent before that may still arrive. */
  #resumedUs: number | undefined;
  #receivedCount = 0;
  /** Those of the received whose delay was measured. */
  #delayCount = 0;
  #duplicateCount = 0;
  #wireBytes = 0;
  #lostSeen = 0;
  #lostReported = 0;
  /** Delays are kept relative to the first one, so that they neither wrap nor lose precision. */
  #originUs = 0;
  #hasOrigin = false;
  #leastDelayUs = 0;
  #minDelayUs = 0;
  #delaySumUs = 0;
  /** Datagrams outside of trains and previews, and their delays. */
  #calmCount = 0;
  #calmSumUs = 0;
  /** Those that arrived nearly together with the one before, although they were sent apart. */
  #bunchedCount = 0;
  #lastSentUs = 0;
  #lastDelayUs = Number.NEGATIVE_INFINITY;
  #slot = 0;
  #stepLevel = 0;
  #burstLost = 0;

  /** @param outages of the server: what this stream misses in them says nothing about the path. */
  constructor(serverIndex: number, channelIndex: number, outages = new OutageWatch()) {
    this.#outages = outages;
    this.#reading = {
      serverIndex,
      channelIndex,
      receivedCount: 0,
      lostCount: 0,
      burstLostCount: 0,
      duplicateCount: 0,
      wireBytes: 0,
      epoch: 0,
      sinceUs: Number.POSITIVE_INFINITY,
      minDelayUs: 0,
      meanExcessUs: 0,
      calmCount: 0,
      bunchedCount: 0,
      meanCalmExcessUs: 0,
      trainBitsPerSecond: 0,
      slot: 0,
      stepLevel: 0,
      preview: this.#preview.reading,
    };
  }

  /**
   * The channel was joined again. Datagrams missed meanwhile do not count as lost, and leftovers from before tell nothing
   * about the join.
   */
  resume(nowUs: number): void {
    this.window.interrupt();
    const isBrief = nowUs - this.#heardUs < LONGEST_LEAVE_US;
    this.#resumedUs = isBrief ? nowUs : undefined;
    this.#reading.sinceUs = isBrief ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    this.#lostSeen = this.window.lostCount;
    this.#lostReported = this.#lostSeen;
    this.#burstLost = 0;
    this.#clear();
    this.#train.abandon();
  }

  /**
   * Takes a datagram that arrived at `nowUs`, in µs on any time scale that does not jump; fractions are allowed.
   * @param isTrain whether it was sent in a train.
   * @param isPreview whether it was sent in a preview.
   * @param hasOwnArrival whether `nowUs` is its own time of arrival. Datagrams that the system put together have the time of the
   *   first, so the others tell nothing of delay, and their trains nothing of the capacity.
   */
  observe(
    marks: DatagramMarks,
    isTrain: boolean,
    isPreview: boolean,
    wireBytes: number,
    nowUs: number,
    hasOwnArrival = true,
  ): void {
    if (this.#resumedUs !== undefined) this.#passLeftovers(this.#resumedUs, marks.sendTimeUs, nowUs);
    const lostBefore = this.window.lostCount;
    const arrival = this.window.observe(marks.sequence);
    if (arrival === 'duplicate') return;
    if (arrival === 'restart') this.#restart();
    const missedCount = Math.max(0, this.window.lostCount - lostBefore);
    if (this.#outages.excuses(nowUs, this.#heardUs)) this.#excuse(missedCount);
    else if (isTrain || isPreview) this.#burstLost += missedCount;
    if (this.#reading.sinceUs === Number.POSITIVE_INFINITY) this.#reading.sinceUs = nowUs;
    this.#heardUs = nowUs;
    this.#wireBytes += wireBytes;
    this.#receivedCount++;
    this.#slot = marks.slot;
    this.#stepLevel = marks.stepLevel;
    if (!hasOwnArrival && this.#delayCount > 0) {
      this.#train.abandon();
      return;
    }
    const rawUs = (nowUs - marks.sendTimeUs) >>> 0;
    if (!this.#hasOrigin) {
      this.#originUs = rawUs;
      this.#leastDelayUs = 0;
      this.#hasOrigin = true;
    }
    const delayUs = (rawUs - this.#originUs) | 0;
    this.#leastDelayUs = Math.min(this.#leastDelayUs, delayUs);
    this.#minDelayUs = this.#delayCount === 0 ? delayUs : Math.min(this.#minDelayUs, delayUs);
    this.#delaySumUs += delayUs;
    this.#delayCount++;
    if (!isTrain && !isPreview) {
      this.#calmSumUs += delayUs;
      this.#calmCount++;
      const apartUs = (marks.sendTimeUs - this.#lastSentUs) | 0;
      if (apartUs > 0 && this.#lastDelayUs - delayUs > BUNCHED_RATIO * apartUs) this.#bunchedCount++;
      this.#lastSentUs = marks.sendTimeUs;
      this.#lastDelayUs = delayUs;
    }
    if (isTrain) this.#train.add(marks.sequence, wireBytes, nowUs);
    else this.#train.end();
    if (isPreview) this.#preview.add(marks.slot, marks.sendTimeUs, delayUs);
  }

  /** The symbol of the datagram observed last was a duplicate. */
  noteDuplicate(): void {
    this.#duplicateCount++;
  }

  /** What arrived since the last reading. Returns the same object each time; it is valid until the next reading. */
  read(): StreamReading {
    const reading = this.#reading;
    const count = this.#receivedCount;
    const lost = this.window.lostCount;
    // A gap may be a datagram that was overtaken. It counts as lost once it has stayed open from one reading to the next.
    const settled = Math.min(lost, this.#lostSeen);
    reading.lostCount = Math.max(0, settled - this.#lostReported);
    this.#lostReported = Math.max(this.#lostReported, settled);
    reading.burstLostCount = Math.min(reading.lostCount, this.#burstLost);
    this.#burstLost = Math.max(0, lost - settled > 0 ? this.#burstLost - reading.burstLostCount : 0);
    this.#lostSeen = lost;
    reading.receivedCount = count;
    reading.duplicateCount = this.#duplicateCount;
    reading.wireBytes = this.#wireBytes;
    reading.epoch = this.#epoch;
    reading.minDelayUs = (this.#originUs + this.#minDelayUs) >>> 0;
    reading.meanExcessUs = count === 0 ? 0 : this.#delaySumUs / this.#delayCount - this.#minDelayUs;
    reading.calmCount = this.#calmCount;
    reading.bunchedCount = this.#bunchedCount;
    reading.meanCalmExcessUs = this.#calmCount === 0 ? 0 : this.#calmSumUs / this.#calmCount - this.#minDelayUs;
    reading.trainBitsPerSecond = this.#train.bitsPerSecond;
    reading.slot = this.#slot;
    reading.stepLevel = this.#stepLevel;
    this.#preview.settle();
    this.#clear();
    return reading;
  }

  /**
   * Until a datagram arrives that was sent after the join, gaps are no losses, because queues may still hold datagrams from
   * before the leave. A datagram's delay above the least delay ever is its time in queues.
   */
  #passLeftovers(resumedUs: number, sendTimeUs: number, nowUs: number): void {
    this.window.interrupt();
    const delayUs = (((nowUs - sendTimeUs) >>> 0) - this.#originUs) | 0;
    const isNewer = nowUs - Math.max(0, delayUs - this.#leastDelayUs) >= resumedUs;
    if (isNewer || nowUs - resumedUs >= LONGEST_LEAVE_US) this.#resumedUs = undefined;
  }

  /** Missing datagrams of an outage count as lost, but are not reported. */
  #excuse(count: number): void {
    this.#lostSeen += count;
    this.#lostReported += count;
  }

  #clear(): void {
    this.#duplicateCount = 0;
    this.#receivedCount = 0;
    this.#delayCount = 0;
    this.#wireBytes = 0;
    this.#delaySumUs = 0;
    this.#calmCount = 0;
    this.#calmSumUs = 0;
    this.#bunchedCount = 0;
    this.#train.clear();
  }

  #restart(): void {
    this.#epoch++;
    this.#hasOrigin = false;
    this.#lastDelayUs = Number.NEGATIVE_INFINITY;
    this.#clear();
    this.#train.abandon();
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
