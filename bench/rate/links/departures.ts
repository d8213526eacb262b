import { headerOf, type Packet } from '../../../dist/simulate/index.js';
import { ANNOUNCEMENT_CHANNEL } from '../../../dist/wire/header.js';

/** A packet of a channel that comes to a link. */
export interface Departure {
  /** From the beginning of the trial. */
  readonly atUs: number;
  readonly channel: number;
  readonly bytes: number;
}

/** Records what servers send, whether anybody wants it or not, so that other receivers can be tried on the same packets. */
export class Departures {
  readonly isLazy = true;
  readonly all: Departure[] = [];
  readonly #fromUs: number;
  readonly #untilUs: number;

  constructor(fromUs: number, untilUs: number) {
    this.#fromUs = fromUs;
    this.#untilUs = untilUs;
  }

  observe(packet: Packet, atUs: number): void {
    if (atUs < this.#fromUs || atUs >= this.#untilUs) return;
    const channel = headerOf(packet)?.channelIndex ?? ANNOUNCEMENT_CHANNEL;
    if (channel === ANNOUNCEMENT_CHANNEL) return;
    this.all.push({ atUs: atUs - this.#fromUs, channel, bytes: packet.wireBytes });
  }
}
