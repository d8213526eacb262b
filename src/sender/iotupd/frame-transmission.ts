import { capabilitiesOf } from '../../base/capabilities.js';
import type { Clock, Destination, Network } from '../../base/ports.js';
import { burstCount, DEFAULT_BURST_US, Pacer } from '../../rate/ladder/pacer.js';
import { ReopeningSocket } from '../reopening-socket.js';
import type { SendLimits } from '../slab.js';
import type { TimedSending } from '../timed-sending.js';
import type { TransmissionEvents } from '../transmission.js';
import { FrameCarousel, type FramedFile } from './frame-carousel.js';

/** Where and how fast a server sends a file as frames of iotupd. */
export interface FrameSending {
  readonly file: FramedFile;
  readonly destination: Destination;
  readonly intervalUs: number;
}

/** Sends a file as frames of iotupd, beside the channels of its object. */
export class FrameTransmission implements TimedSending {
  readonly burstGapUs: number;
  readonly #carousel: FrameCarousel;
  readonly #socket: ReopeningSocket;
  readonly #pacer: Pacer;
  readonly #limits: SendLimits;
  readonly #events: TransmissionEvents;
  #isSending = false;
  #isFilling = false;
  #isClosed = false;

  constructor(
    { file, destination, intervalUs }: FrameSending,
    world: { readonly clock: Clock; readonly network: Network },
    events: TransmissionEvents,
  ) {
    const { clock, network } = world;
    const together = burstCount(DEFAULT_BURST_US, intervalUs);
    this.burstGapUs = together * intervalUs;
    this.#carousel = new FrameCarousel(file);
    this.#socket = new ReopeningSocket(destination, world, (failure) => events.onNetwork(failure));
    const timerLatenessUs = clock.timerLatenessUs ?? 0;
    this.#pacer = new Pacer(intervalUs, clock.nowUs(), { burstCount: together, timerLatenessUs });
    this.#limits = capabilitiesOf(network);
    this.#events = events;
  }

  get sentCount(): number {
    return this.#carousel.sentCount;
  }

  /** @throws {LayercastError} `UNKNOWN_INTERFACE`, `NETWORK_UNAVAILABLE`, or the error of the first read of the file */
  async open(): Promise<void> {
    await this.#socket.open();
    await this.#carousel.refill();
  }

  begin(nowUs: number): void {
    this.#pacer.begin(nowUs);
  }

  get nextDueUs(): number {
    const waits = this.#isSending || this.#isClosed || !this.#carousel.hasFrames;
    return waits ? Number.POSITIVE_INFINITY : this.#pacer.nextDueUs;
  }

  pump(nowUs: number, wake: () => void): void {
    if (this.#isSending || this.#isClosed) return;
    const before = this.#carousel.sentCount;
    const due = this.#pacer.due(nowUs);
    const batches = due === 0 ? [] : this.#carousel.take(due, this.#limits);
    this.#pacer.sent(this.#carousel.sentCount - before, nowUs);
    this.#refill(wake);
    if (batches.length === 0) return;
    this.#isSending = true;
    void this.#socket.send(batches).then(() => {
      this.#isSending = false;
      wake();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.close();
  }

  #refill(wake: () => void): void {
    if (this.#isFilling || this.#isClosed || !this.#carousel.wantsRefill) return;
    this.#isFilling = true;
    this.#carousel.refill().then(
      () => {
        this.#isFilling = false;
        wake();
      },
      (error: unknown) => {
        if (this.#isClosed) return;
        this.close();
        this.#events.onFailure(error);
      },
    );
  }
}
