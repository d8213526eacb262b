import { LayercastError } from '../base/errors.js';

/** One run of the operation, under way or still to begin, and the promise of its outcome. */
interface Round {
  readonly promise: Promise<void>;
  readonly resolve: (outcome: Promise<void> | undefined) => void;
  readonly reject: (error: unknown) => void;
  readonly superseded: AbortController;
}

/**
 * Runs an operation on request, never twice at once. All requests that come during a run share one run after it. So each promise
 * settles with the outcome of a run that began after its request, and at most one run waits.
 */
export class Reloads {
  readonly #apply: (superseded: AbortSignal) => Promise<void>;
  #running: Round | undefined;
  #next: Round | undefined;

  /**
   * @param apply gets a signal that is aborted when another run is requested. It may then end early and throw the reason of the
   * signal; its promise then settles with the outcome of the next run.
   */
  constructor(apply: (superseded: AbortSignal) => Promise<void>) {
    this.#apply = apply;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Whether another run follows the one under way. */
  get isWaiting(): boolean {
    return this.#next !== undefined;
  }

  request(): Promise<void> {
    this.#next ??= newRound();
    const { promise } = this.#next;
    if (this.#running === undefined) void this.#runAll();
    else this.#running.superseded.abort(new LayercastError('ABORTED', 'another reload was asked for'));
    return promise;
  }

  async #runAll(): Promise<void> {
    for (let round = this.#next; round !== undefined; round = this.#next) {
      this.#running = round;
      this.#next = undefined;
      await this.#run(round);
      this.#running = undefined;
    }
  }

  async #run(round: Round): Promise<void> {
    const { signal } = round.superseded;
    try {
      await this.#apply(signal);
      round.resolve(undefined);
    } catch (error) {
      const next: Round | undefined = this.#next;
      if (next !== undefined && signal.aborted && error === signal.reason) round.resolve(next.promise);
      else round.reject(error);
    }
  }
}

function newRound(): Round {
  let resolve: Round['resolve'] = () => undefined;
  let reject: Round['reject'] = () => undefined;
  const promise = new Promise<void>((settle, refuse) => {
    resolve = (outcome) => settle(outcome);
    reject = refuse;
  });
  // A caller may ignore the promise.
  promise.catch(() => undefined);
  return { promise, resolve, reject, superseded: new AbortController() };
}
