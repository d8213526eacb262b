/** A genuine record that took this much longer than the quickest one is sent again by somebody. No queue that is of use is longer. */
const STALE_US = 1_000_000;
/**
 * After this long without a genuine record of now, the server may have been restarted with its clock set back, or its clock may have stood still
 * while its host slept. What comes then counts as of now.
 */
const FORGET_US = 10_000_000;
/** The quickest record is that of 10 to 20 minutes: two clocks that drift by 100 ppm each, in different directions, move by 0.24 s in it. */
const WINDOW_US = 600_000_000;

/**
 * What a genuine record says of its time: `now` that the server sends it now; `restart` that it does, for the first time or since its restart;
 * `again` that somebody sends it again later; `unmasking` that it is of now, and that those before it were sent again.
 */
export type RecordAge = 'now' | 'restart' | 'again' | 'unmasking';

/** Tells genuine records that a server sends now from those that somebody sends again, by the server's start and by their delays. */
export class RecordAges {
  #startedS = 0;
  #heardUs = Number.NEGATIVE_INFINITY;
  /** The least delay of a genuine record of this window and of the one before, modulo 2^32 µs. */
  #leastDelayUs = 0;
  #formerDelayUs = 0;
  #windowUs = 0;

  /**
   * Takes a genuine record.
   *
   * @param startedS when the server started, by its clock
   * @param delayUs when the record arrived, less when it was sent, by two clocks: modulo 2^32 µs
   */
  judge(startedS: number, delayUs: number, nowUs: number): RecordAge {
    const isForgotten = nowUs - this.#heardUs >= FORGET_US;
    if (startedS < this.#startedS && !isForgotten) return 'again';
    const isRestart = startedS !== this.#startedS;
    const excessUs = isRestart || isForgotten ? 0 : this.#excessOf(delayUs);
    if (excessUs > STALE_US) return 'again';
    const isUnmasking = excessUs < -STALE_US;
    if (isRestart || isForgotten || isUnmasking) this.#begin(delayUs, nowUs);
    else this.#add(delayUs, nowUs);
    this.#startedS = startedS;
    this.#heardUs = nowUs;
    if (isRestart) return 'restart';
    return isUnmasking ? 'unmasking' : 'now';
  }

  /** How much longer than the quickest a record took. */
  #excessOf(delayUs: number): number {
    return Math.max((delayUs - this.#leastDelayUs) | 0, (delayUs - this.#formerDelayUs) | 0);
  }

  #begin(delayUs: number, nowUs: number): void {
    this.#leastDelayUs = delayUs;
    this.#formerDelayUs = delayUs;
    this.#windowUs = nowUs;
  }

  #add(delayUs: number, nowUs: number): void {
    if (nowUs - this.#windowUs >= WINDOW_US) {
      this.#formerDelayUs = this.#leastDelayUs;
      this.#leastDelayUs = delayUs;
      this.#windowUs = nowUs;
    } else if (((delayUs - this.#leastDelayUs) | 0) < 0) {
      this.#leastDelayUs = delayUs;
    }
  }
}
