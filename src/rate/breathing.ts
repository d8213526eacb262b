/** What a full path carries differs by more than this factor from one time to the next only if its capacity moves. */
const BREATH_RATIO = 1.5;
/** After the last such movement the path is taken to breathe for this long: recorded cellular links move several times a minute. */
const BREATH_US = 60_000_000;

/**
 * Tells whether the capacity of a path moves by itself, as on cellular links, by what it carried each time that it was full. There a
 * level that failed may fit a second later, so failures are not remembered.
 */
export class Breathing {
  #carriedBitsPerSecond: number | undefined;
  #fullUs = 0;
  #movedUs = Number.NEGATIVE_INFINITY;

  /** Takes what arrived while the path was full, in bit/s. */
  noteFull(nowUs: number, carriedBitsPerSecond: number): void {
    const ratio = carriedBitsPerSecond / (this.#carriedBitsPerSecond ?? carriedBitsPerSecond);
    if (Math.max(ratio, 1 / ratio) > BREATH_RATIO && nowUs - this.#fullUs < BREATH_US) this.#movedUs = nowUs;
    this.#carriedBitsPerSecond = carriedBitsPerSecond;
    this.#fullUs = nowUs;
  }

  isOn(nowUs: number): boolean {
    return nowUs - this.#movedUs < BREATH_US;
  }
}
