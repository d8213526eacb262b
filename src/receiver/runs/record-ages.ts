/** A genuine record that took this much longer than the quickest one is sent again by somebody. No queue that is of use is longer. */
const STALE_US = 1_000_000;
/** After this long without a genuine record, a server may have been restarted with its clock set back. */
const FORGET_START_US = 10_000_000;

/**
 * What a genuine record says of its time: `now` that the server sends it now; `restart` that it does, for the first time or since its restart;
 * `again` that somebody sends it again later; `unmasking` that it is of now, and that those before it were sent again.
 */
export type RecordAge = 'now' | 'restart' | 'again' | 'unmasking';

/** Tells genuine records that a server sends now from those that somebody sends again, by the server's start and by their delays. */
export class RecordAges {
  #startedS = 0;
  #heardUs = Number.NEGATIVE_INFINITY;
  /** The least delay of a genuine record, modulo 2^32 µs; −1 before the first. */
  #leastDelayUs = -1;

  /**
   * Takes a genuine record.
   *
   * @param startedS when the server started, by its clock
   * @param delayUs when the record arrived, less when it was sent, by two clocks: modulo 2^32 µs
   */
  judge(startedS: number, delayUs: number, nowUs: number): RecordAge {
    if (startedS < this.#startedS && nowUs - this.#heardUs < FORGET_START_US) return 'again';
    const isRestart = startedS !== this.#startedS;
    const excessUs = isRestart || this.#leastDelayUs < 0 ? 0 : (delayUs - this.#leastDelayUs) | 0;
    if (excessUs > STALE_US) return 'again';
    if (isRestart || this.#leastDelayUs < 0 || excessUs < 0) this.#leastDelayUs = delayUs;
    this.#startedS = startedS;
    this.#heardUs = nowUs;
    if (isRestart) return 'restart';
    return excessUs < -STALE_US ? 'unmasking' : 'now';
  }
}
