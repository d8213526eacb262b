/** Work that strangers can ask for: so much at once, and so much a second. */
export class Allowance {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #refilledUs: number | undefined;

  /** @param burst how much may come at once after a quiet time. */
  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
  }

  /** Takes one; false when nothing is left. */
  take(nowUs: number): boolean {
    const gained = ((nowUs - (this.#refilledUs ?? nowUs)) * this.#perSecond) / 1e6;
    this.#left = Math.min(this.#burst, this.#left + gained);
    this.#refilledUs = nowUs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
