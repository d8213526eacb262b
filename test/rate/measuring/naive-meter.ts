import type { StreamReading } from '../../../dist/rate/measuring/readings.js';
import type { DatagramMarks } from '../../../dist/rate/measuring/stream-meter.js';
import { NaiveWindow, shortWay } from './naive-window.js';

export interface Observation {
  readonly marks: DatagramMarks;
  readonly isTrain: boolean;
  readonly isPreview: boolean;
  readonly wireBytes: number;
  readonly nowUs: number;
}

interface Kept extends Observation {
  readonly isBunched: boolean;
  readonly delayUs: number;
}

/** What a stream meter should read, by keeping everything it was told. */
export class NaiveMeter {
  readonly #window = new NaiveWindow();
  #epoch = 0;
  #heardUs = Number.NEGATIVE_INFINITY;
  #resumedUs = Number.NEGATIVE_INFINITY;
  #delaysUs: number[] = [];
  #sinceUs = Number.POSITIVE_INFINITY;
  /** Since the last reading. */
  #items: Kept[] = [];
  #originUs: number | undefined;
  #last: DatagramMarks | undefined;
  #lastCalm: Kept | undefined;
  #lostSeen = 0;
  #lostReported = 0;
  #train: Observation[] = [];
  #trainBitsPerSecond = 0;
  #preview: Kept[] = [];

  observe(observation: Observation): void {
    const { marks, isTrain, isPreview, nowUs } = observation;
    if (Number.isFinite(this.#resumedUs)) {
      this.#window.interrupt();
      const delayUs = shortWay(Math.trunc(nowUs - marks.sendTimeUs) - Math.trunc(this.#originUs!));
      const sentUs = nowUs - Math.max(0, delayUs - Math.min(...this.#delaysUs));
      if (sentUs >= this.#resumedUs || nowUs >= this.#resumedUs + 5e6) this.#resumedUs = Number.NEGATIVE_INFINITY;
    }
    const arrival = this.#window.observe(marks.sequence);
    if (arrival === 'duplicate') return;
    if (arrival === 'restart') {
      this.#epoch++;
      this.#originUs = undefined;
      this.#delaysUs = [];
      this.#items = [];
      this.#lastCalm = undefined;
      this.#train = [];
      this.#trainBitsPerSecond = 0;
    }
    if (this.#sinceUs === Number.POSITIVE_INFINITY) this.#sinceUs = nowUs;
    this.#originUs ??= nowUs - marks.sendTimeUs;
    const delayUs = shortWay(Math.trunc(nowUs - marks.sendTimeUs) - Math.trunc(this.#originUs));
    this.#delaysUs.push(delayUs);
    this.#heardUs = nowUs;
    const isCalm = !isTrain && !isPreview;
    const apartUs = this.#lastCalm === undefined ? 0 : shortWay(marks.sendTimeUs - this.#lastCalm.marks.sendTimeUs);
    const isBunched = isCalm && apartUs > 0 && this.#lastCalm!.delayUs - delayUs > apartUs / 2;
    const kept = { ...observation, delayUs, isBunched };
    if (isCalm) this.#lastCalm = kept;
    this.#items.push(kept);
    this.#last = marks;
    const gap = this.#train.length === 0 ? 1 : shortWay(marks.sequence - this.#train.at(-1)!.marks.sequence);
    if (!isTrain || gap < 1 || gap > 16) this.#endTrain();
    if (isTrain) this.#train.push(observation);
    if (isPreview) this.#preview = [...this.#preview.filter((one) => one.marks.slot === marks.slot), kept];
  }

  resume(nowUs: number): void {
    const isBrief = nowUs < this.#heardUs + 5e6;
    this.#window.interrupt();
    this.#sinceUs = isBrief ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    this.#resumedUs = isBrief ? nowUs : Number.NEGATIVE_INFINITY;
    this.#lostSeen = this.#window.lostCount;
    this.#lostReported = this.#lostSeen;
    this.#items = [];
    this.#train = [];
    this.#trainBitsPerSecond = 0;
  }

  read(): Omit<StreamReading, 'burstLostCount' | 'duplicateCount' | 'serverIndex' | 'channelIndex'> {
    // What was open at the last reading and still is has settled; what had settled and came after all is set against the
    // next.
    const settled = Math.min(this.#window.lostCount, this.#lostSeen);
    const lostCount = Math.max(0, settled - this.#lostReported);
    this.#lostReported += lostCount;
    this.#lostSeen = this.#window.lostCount;
    const delays = this.#items.map(({ delayUs }) => delayUs);
    const least = Math.min(...delays);
    const calm = this.#items.filter(({ isTrain, isPreview }) => !isTrain && !isPreview).map(({ delayUs }) => delayUs);
    const told = {
      receivedCount: delays.length,
      lostCount,
      wireBytes: sum(this.#items.map(({ wireBytes }) => wireBytes)),
      epoch: this.#epoch,
      sinceUs: this.#sinceUs,
      minDelayUs: delays.length === 0 ? 0 : shortWay(Math.trunc(this.#originUs!) + least),
      meanExcessUs: delays.length === 0 ? 0 : sum(delays) / delays.length - least,
      calmCount: calm.length,
      bunchedCount: this.#items.filter(({ isBunched }) => isBunched).length,
      meanCalmExcessUs: calm.length === 0 ? 0 : sum(calm) / calm.length - least,
      trainBitsPerSecond: this.#trainBitsPerSecond,
      slot: this.#last?.slot ?? 0,
      stepLevel: this.#last?.stepLevel ?? 0,
      preview: this.#leastSquares(),
    };
    this.#items = [];
    this.#trainBitsPerSecond = 0;
    return told;
  }

  #endTrain(): void {
    if (this.#train.length >= 4) {
      const [whole, tail] = [rateOf(this.#train), rateOf(this.#train.slice(-4))];
      const times = this.#train.slice(-4).map(({ nowUs }) => nowUs);
      const gaps = times.slice(1).map((nowUs, i) => nowUs - times[i]!);
      const isEven = Math.min(...gaps) >= 0.5 * Math.max(...gaps);
      this.#trainBitsPerSecond = tail < 0.7 * whole && isEven ? tail : whole;
    }
    this.#train = [];
  }

  /** Two passes, as in every textbook. */
  #leastSquares(): StreamReading['preview'] {
    const items = this.#preview;
    const [first] = items;
    if (first === undefined) return { slot: -1, count: 0, spread: 0, covariance: 0, scatter: 0 };
    const xs = items.map(({ marks }) => shortWay(marks.sendTimeUs - first.marks.sendTimeUs));
    const ys = items.map(({ delayUs }) => delayUs);
    const [meanX, meanY] = [sum(xs) / xs.length, sum(ys) / ys.length];
    return {
      slot: first.marks.slot,
      count: items.length,
      spread: sum(xs.map((x) => (x - meanX) ** 2)),
      covariance: sum(xs.map((x, i) => (x - meanX) * (ys[i]! - meanY))),
      scatter: sum(ys.map((y) => (y - meanY) ** 2)),
    };
  }
}

/** Rate of datagrams one after another: all but the first took the time. */
function rateOf(train: readonly Observation[]): number {
  const bytes = sum(train.slice(1).map(({ wireBytes }) => wireBytes));
  return (bytes * 8e6) / Math.max(1, train.at(-1)!.nowUs - train[0]!.nowUs);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
