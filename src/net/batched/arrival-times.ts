import type { Clock } from '../../base/ports.js';
import { CLOCK_REALTIME } from '../socket-numbers.js';
import { type ControlMessages, secondsAt } from './control-messages.js';
import type { Layout } from './layout.js';
import type { SocketCalls } from './socket-calls.js';

/**
 * Turns the system's arrival times, which are by a clock that may jump, into times of `Clock.nowUs`. Both clocks are read together for each
 * batch, so a jump can only disturb datagrams that waited while the clock jumped. The times stay between two bounds then.
 */
export class ArrivalTimes {
  readonly #calls: Pick<SocketCalls, 'clockGettime'>;
  readonly #layout: Layout;
  readonly #clock: Pick<Clock, 'nowUs'>;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  #nowUs = 0;
  #seconds = 0;
  #nanoseconds = 0;

  constructor(calls: Pick<SocketCalls, 'clockGettime'>, layout: Layout, clock: Pick<Clock, 'nowUs'>) {
    this.#calls = calls;
    this.#layout = layout;
    this.#clock = clock;
    this.#words = new Uint32Array(2 * layout.longWords);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  /** Reads both clocks, after the datagrams have been received. */
  begin(): void {
    this.#calls.clockGettime(CLOCK_REALTIME, this.#bytes);
    // The other order could give a time before the datagram was sent.
    this.#nowUs = this.#clock.nowUs();
    this.#seconds = secondsAt(this.#words, 0, this.#layout);
    this.#nanoseconds = this.#words[this.#layout.longWords + this.#layout.lowWord]!;
  }

  /**
   * When a datagram arrived, on the scale of `Clock.nowUs`.
   *
   * @param earliestUs the arrival of the datagram before, or a later time at which the buffer was still empty
   */
  of({ hasTime, seconds, nanoseconds }: ControlMessages, earliestUs: number): number {
    if (!hasTime) return Math.max(this.#nowUs, earliestUs);
    // Where seconds count modulo 2^32, the difference is right all the same.
    const elapsed = this.#layout.longWords === 1 ? (this.#seconds - seconds) | 0 : this.#seconds - seconds;
    const ageUs = elapsed * 1e6 + (this.#nanoseconds - nanoseconds) / 1000;
    // `nowUs` is rounded down. Rounded up, the arrival is not before the whole microsecond in which it happened.
    const arrivalUs = ageUs > 0 ? Math.ceil(this.#nowUs - ageUs) : this.#nowUs;
    return Math.max(arrivalUs, earliestUs);
  }
}
