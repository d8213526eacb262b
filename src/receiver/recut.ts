import type { Descriptor } from '../wire/descriptor.js';

/** Silent for as long, or for four intervals of the slowest channel, the old pieces are sent no more. */
const SILENCE_US = 1_000_000;
const SILENCE_INTERVALS = 4;
/** In so many passes of the slowest channel that is joined, whoever sends the old pieces has sent them all. */
const MAX_PASSES = 2;

/** How the old pieces are heard. */
interface OldPieces {
  readonly lastHeardUs: number;
  /** Of the channels that are joined. */
  readonly slowestIntervalUs: number;
}

/**
 * The newest descriptor cuts the object into other pieces than those that are being received. Nothing of what is there fits
 * them, so they are not begun while the old ones still come: two servers with different settings, which sign anew in turn, would
 * have their receivers begin again and again.
 */
export class Recut {
  readonly #sinceUs: number;
  readonly #untilUs: number;

  /** A stranger who goes on sending some of the old pieces gains two passes, and no more. */
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
