import { LayercastError } from '../base/errors.js';
import { systemClock } from '../base/system-clock.js';

/** The start of a receiver, which waits for the interface and the lock. The user's timeout limits this wait, too. */
export class Start implements Disposable {
  /** Aborted when the time is over, or together with `stopping`. */
  readonly signal: AbortSignal;
  readonly #timeoutMs: number | undefined;
  readonly #stopping: AbortSignal;
  readonly #onWaiting: (message: string) => void;
  readonly #over = new AbortController();
  #waitingFor: string | undefined;
  #cancel: () => void = () => undefined;

  constructor(timeoutMs: number | undefined, stopping: AbortSignal, onWaiting: (message: string) => void) {
    this.#timeoutMs = timeoutMs;
    this.#stopping = stopping;
    this.#onWaiting = onWaiting;
    this.signal = AbortSignal.any([stopping, this.#over.signal]);
    if (timeoutMs !== undefined) this.#endAt(systemClock.nowUs() + timeoutMs * 1000);
  }

  /** @throws {LayercastError} `TIMEOUT` when the time is over before the step; else the error of the step */
  async step<T>(take: (onWaiting: (message: string) => void) => Promise<T>): Promise<T> {
    try {
      return await take((message) => {
        this.#waitingFor = message;
        this.#onWaiting(message);
      });
    } catch (error) {
      if (!this.#over.signal.aborted || this.#stopping.aborted) throw error;
      const why = this.#waitingFor === undefined ? '' : `: ${this.#waitingFor}`;
      throw new LayercastError('TIMEOUT', `could not begin within ${this.#timeoutMs! / 1000} s${why}`, {
        hint: (say) => `Try again when this has changed, or allow more time with ${say('timeoutMs')}`,
        cause: error,
      });
    }
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }

  /** A clock may call early if the time is long, so this looks at the time again. */
  #endAt(atUs: number): void {
    if (systemClock.nowUs() >= atUs) this.#over.abort();
    else this.#cancel = systemClock.schedule(atUs, () => this.#endAt(atUs));
  }
}
