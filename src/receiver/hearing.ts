import { IP_AND_UDP_BYTES } from '../base/limits.js';
import type { OutageWatch } from '../rate/measuring/outage-watch.js';
import type { StreamReading } from '../rate/measuring/readings.js';
import { StreamMeter } from '../rate/measuring/stream-meter.js';
import { Flag, type Header } from '../wire/header.js';
import type { StreamRuns } from './runs/stream-runs.js';
import type { WaitingRing } from './runs/waiting-ring.js';

/** What the receiver has heard of one channel of one server. */
export class Hearing {
  readonly serverIndex: number;
  readonly channelIndex: number;
  /** That of the server: all its hearings share it. */
  readonly outages: OutageWatch;
  /** What its run records prove; undefined for a server without a key. */
  runs: StreamRuns | undefined;
  lastHeardUs: number;
  #meter: StreamMeter;
  /** Counts of meters before this one, and how often the meter was replaced. */
  #earlierReceived = 0;
  #earlierLost = 0;
  #replacedCount = 0;
  #replacedUs = Number.NEGATIVE_INFINITY;

  constructor(serverIndex: number, channelIndex: number, nowUs: number, outages: OutageWatch) {
    this.serverIndex = serverIndex;
    this.channelIndex = channelIndex;
    this.lastHeardUs = nowUs;
    this.outages = outages;
    this.#meter = new StreamMeter(serverIndex, channelIndex, outages);
  }

  get receivedCount(): number {
    return this.#earlierReceived + this.#meter.window.receivedCount;
  }

  get lostCount(): number {
    return this.#earlierLost + this.#meter.window.lostCount;
  }

  /** As `StreamMeter.resume`. */
  resume(nowUs: number): void {
    this.#meter.resume(nowUs);
    this.runs?.resume();
  }

  /** As `StreamMeter.noteDuplicate`. */
  noteDuplicate(): void {
    this.#meter.noteDuplicate();
  }

  /** As `StreamMeter.read`. A meter that was replaced counts as a restart of the server: delays from before mean nothing. */
  read(): StreamReading {
    const reading = this.#meter.read();
    return this.#replacedCount === 0 ? reading : { ...reading, epoch: reading.epoch + this.#replacedCount };
  }

  /** Measures a datagram of so many bytes that has just arrived. */
  measure(header: Readonly<Header>, length: number, arrivalUs: number, hasOwnArrival: boolean): void {
    const { flags } = header;
    const [isTrain, isPreview] = [(flags & Flag.train) !== 0, (flags & Flag.preview) !== 0];
    this.#meter.observe(header, isTrain, isPreview, length + IP_AND_UDP_BYTES, arrivalUs, hasOwnArrival);
  }

  /** Measures a datagram that has waited for its proof. */
  measureWaiting(ring: WaitingRing, entry: number, hasOwnArrival: boolean): void {
    const wireBytes = ring.lengths[entry]! + IP_AND_UDP_BYTES;
    const [isTrain, isPreview] = [ring.isTrain(entry), ring.isPreview(entry)];
    const arrivalUs = ring.arrivalsUs[entry]!;
    this.#meter.observe(ring.marksOf(entry), isTrain, isPreview, wireBytes, arrivalUs, hasOwnArrival);
  }

  /** Begins to measure anew, because a datagram that was measured at `arrivalUs` was forged. */
  unmeasure(arrivalUs: number, nowUs: number): void {
    if (arrivalUs > this.#replacedUs) this.measureAnew(nowUs);
  }

  /** Begins to measure anew: what was sent until now and comes later counts neither as arrived nor as lost. */
  measureAnew(nowUs: number): void {
    this.#earlierReceived += this.#meter.window.receivedCount;
    this.#earlierLost += this.#meter.window.lostCount;
    this.#replacedCount += 1 + this.#meter.read().epoch;
    this.#replacedUs = nowUs;
    this.#meter = new StreamMeter(this.serverIndex, this.channelIndex, this.outages);
  }
}
