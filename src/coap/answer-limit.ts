import type { Clock } from '../base/ports.js';

/** The limit holds on average over this time. */
const BURST_S = 1;

/** Limits the bytes of answers: with forged addresses, requests could have an endpoint flood a third party. An answer may exceed what is left; the next ones wait for it. */
export class AnswerLimit {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  /** What was left at `#atUs`. */
  #leftBytes: number;
  #atUs: number;

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#leftBytes = bytesPerSecond * BURST_S;
    this.#atUs = clock.nowUs();
  }

  /** Whether an answer may be sent now. */
  get isOpen(): boolean {
    return this.#leftAt(this.#clock.nowUs()) > 0;
  }

  /** Notes an answer that is sent. @param bytes with all headers */
  spend(bytes: number): void {
    const nowUs = this.#clock.nowUs();
    this.#leftBytes = this.#leftAt(nowUs) - bytes;
    this.#atUs = nowUs;
  }

  #leftAt(nowUs: number): number {
    const gained = ((nowUs - this.#atUs) / 1e6) * this.#bytesPerSecond;
    return Math.min(this.#leftBytes + gained, this.#bytesPerSecond * BURST_S);
  }
}
