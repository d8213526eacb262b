/** RFC 6675: a segment is lost when three sent after it have arrived. */
const DUPLICATE_THRESHOLD = 3;
/** Most segments that can be under way at once: a window of 98 MB, more than queues and delays of a simulation hold. */
const MAX_FLIGHT = 2 ** 16;

const UNDER_WAY = 1;
const SETTLED = 2;

/** Segments under way, by transmission number. A lost segment is sent again under a new number. */
export class Flight {
  /** Number of the next transmission. */
  next = 0;
  /** Number of segments that are neither acknowledged nor lost. */
  count = 0;
  /** Number of segments that were given up. Some may arrive all the same. */
  lostCount = 0;
  readonly #sentUs = new Float64Array(MAX_FLIGHT);
  readonly #states = new Uint8Array(MAX_FLIGHT);
  /** All transmissions before this one are settled. */
  #oldest = 0;
  #highestAcked = -1;

  send(nowUs: number): number {
    const number = this.next++;
    this.#sentUs[number % MAX_FLIGHT] = nowUs;
    this.#states[number % MAX_FLIGHT] = UNDER_WAY;
    this.count++;
    return number;
  }

  get hasRoom(): boolean {
    return this.next - this.#oldest < MAX_FLIGHT;
  }

  /** Settles an acknowledged transmission. Returns when it was sent, or undefined if it had been given up. */
  acked(number: number): number | undefined {
    if (!this.#settle(number)) return undefined;
    this.#highestAcked = Math.max(this.#highestAcked, number);
    return this.#sentUs[number % MAX_FLIGHT];
  }

  /** Gives up the transmissions that are lost by now, and calls `onLost` with the number of each. */
  giveUpLost(onLost: (number: number) => void): void {
    for (const end = this.#highestAcked - DUPLICATE_THRESHOLD; this.#oldest <= end; this.#oldest++) {
      if (!this.#settle(this.#oldest)) continue;
      this.lostCount++;
      onLost(this.#oldest);
    }
  }

  /** Gives up all transmissions under way. */
  giveUp(): void {
    for (; this.#oldest < this.next; this.#oldest++) if (this.#settle(this.#oldest)) this.lostCount++;
  }

  #settle(number: number): boolean {
    if (number < this.#oldest || this.#states[number % MAX_FLIGHT] !== UNDER_WAY) return false;
    this.#states[number % MAX_FLIGHT] = SETTLED;
    this.count--;
    return true;
  }
}
