import { headerOf, type Packet } from '../../../dist/simulate/index.js';

/** What servers sent on some channels, packet by packet: columns, because a trial sends hundreds of thousands. */
export interface Departures {
  /** From the beginning of the trial. */
  readonly atUs: readonly number[];
  readonly channels: readonly number[];
  readonly bytes: readonly number[];
}

/** Records what comes to links, whether anybody wants it or not, so that other receivers can be tried on the same packets. */
export class DeparturesTap implements Departures {
  readonly isLazy = true;
  readonly atUs: number[] = [];
  readonly channels: number[] = [];
  readonly bytes: number[] = [];
  readonly #fromUs: number;
  readonly #untilUs: number;
  readonly #channelCount: number;

  /** @param channelCount the first so many channels are recorded. */
  constructor(fromUs: number, untilUs: number, channelCount: number) {
    this.#fromUs = fromUs;
    this.#untilUs = untilUs;
    this.#channelCount = channelCount;
  }

  observe(packet: Packet, atUs: number): void {
    if (atUs < this.#fromUs || atUs >= this.#untilUs) return;
    const channel = headerOf(packet)?.channelIndex;
    // Announcements have a number above those of channels.
    if (channel === undefined || channel >= this.#channelCount) return;
    this.atUs.push(atUs - this.#fromUs);
    this.channels.push(channel);
    this.bytes.push(packet.wireBytes);
  }
}
