/** Decides when a receiver begins to fill what multicast does not bring. */
export class FillTiming {
  readonly #afterUs: number;
  #dueUs: number;
  #missingCount: number;

  /**
   * @param afterUs how long multicast alone has to bring the object, or to come within sight of its end
   * @param random from 0 to 1. It adds up to as much time again, so that many receivers do not ask a server at once.
   */
  constructor(nowUs: number, missingCount: number, afterUs: number, random: number) {
    this.#afterUs = afterUs;
    this.#dueUs = nowUs + afterUs * (1 + random);
    this.#missingCount = missingCount;
  }

  /** Whether the time has passed and the end is not in sight: as much as since the last look would not bring the rest. */
  isDue(nowUs: number, missingCount: number): boolean {
    if (nowUs < this.#dueUs) return false;
    const broughtCount = this.#missingCount - missingCount;
    if (broughtCount < missingCount) return true;
    this.#missingCount = missingCount;
    this.#dueUs = nowUs + this.#afterUs;
    return false;
  }
}
