/** Limits work that strangers can ask for: to `burst` at once, and `perSecond` on average. */
export class Allowance {
  readonly #perSecond: number;
  readonly #burst: number;
  /** What was left at `#atUs`; negative while more has been spent than there was. */
  #left: number;
  #atUs: number | undefined;

  /** @param burst how much is allowed at once after a quiet time. */
  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
  }

  /** Allows one piece of work; false when nothing is left of the allowance. */
  take(nowUs: number): boolean {
    if (!this.isLeft(nowUs)) return false;
    this.#left--;
    return true;
  }

  /** Whether anything is left. */
  isLeft(nowUs: number): boolean {
    const sinceUs = this.#atUs ?? nowUs;
    // Callers count by times of arrival, too. Those of datagrams that waited in a socket lie before the present time.
    this.#atUs = Math.max(sinceUs, nowUs);
    this.#left = Math.min(this.#burst, this.#left + ((this.#atUs - sinceUs) * this.#perSecond) / 1e6);
    return this.#left >= 1;
  }

  /** Notes work whose amount is known only when it is done. It may be more than is left: the next work then waits for the rest. */
  spend(amount: number): void {
    this.#left -= amount;
  }
}
