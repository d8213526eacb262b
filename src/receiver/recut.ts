import type { Descriptor } from '../wire/descriptor.js';

/** If no old piece comes for this long, or for four intervals of the slowest channel, nobody sends the old pieces any more. */
const SILENCE_US = 1_000_000;
const SILENCE_INTERVALS = 4;
/** In this many passes of the slowest joined channel, a server that sends the old pieces has sent all of them. */
const MAX_PASSES = 2;

/** How the old pieces arrive. */
interface OldPieces {
  readonly lastHeardUs: number;
  /** The longest time between two datagrams of a joined channel. */
  readonly slowestIntervalUs: number;
}

/**
 * Decides when to begin the new pieces, after the newest descriptor has cut the object into other pieces than those that are
 * being received. Nothing that has been received fits the new pieces, so the receiver does not begin them while old ones still
 * come. Otherwise two servers with different settings, which sign in turn, would make their receivers begin again and again.
 */
export class Recut {
  readonly #sinceUs: number;
  readonly #untilUs: number;

  /** A stranger who goes on sending some of the old pieces delays the new ones by two passes at most. */
  constructor(nowUs: number, { sizeBytes, symbolBytes }: Descriptor, { slowestIntervalUs }: OldPieces) {
    this.#sinceUs = nowUs;
    this.#untilUs = nowUs + MAX_PASSES * Math.ceil(sizeBytes / symbolBytes) * slowestIntervalUs;
  }

  /** Whether the new pieces should be begun now. */
  isDue(nowUs: number, { lastHeardUs, slowestIntervalUs }: OldPieces): boolean {
    const silentUs = nowUs - Math.max(this.#sinceUs, lastHeardUs);
    return nowUs >= this.#untilUs || silentUs >= Math.max(SILENCE_US, SILENCE_INTERVALS * slowestIntervalUs);
  }
}
