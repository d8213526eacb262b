/** Limits work that strangers can ask for: to `burst` at once, and `perSecond` on average. */
export class Allowance {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #refilledUs: number | undefined;

  /** @param burst how much is allowed at once after a quiet time. */
  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
  }

  /** Allows one piece of work; false when nothing is left of the allowance. */
  take(nowUs: number): boolean {
    const gained = ((nowUs - (this.#refilledUs ?? nowUs)) * this.#perSecond) / 1e6;
    this.#left = Math.min(this.#burst, this.#left + gained);
    this.#refilledUs = nowUs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
