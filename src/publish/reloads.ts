import { LayercastError } from '../base/errors.js';

/** One run of the operation, that may not have begun yet, with everybody who waits for its outcome. */
interface Round {
  readonly promise: Promise<void>;
  readonly resolve: (outcome: Promise<void> | undefined) => void;
  readonly reject: (error: unknown) => void;
  readonly superseded: AbortController;
}

/**
 * Runs an operation on request, never twice at once. Requests that come during a run share one more run after it, however many
 * they are; so each promise settles with the outcome of a run that began after its request.
 */
export class Reloads {
  readonly #apply: (superseded: AbortSignal) => Promise<void>;
  #running: Round | undefined;
  #next: Round | undefined;

  /**
   * @param apply gets a signal that is aborted when another run is requested. It may end early then by throwing the signal's
   * reason; whoever waits for it waits for the next run instead.
   */
  constructor(apply: (superseded: AbortSignal) => Promise<void>) {
    this.#apply = apply;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
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
  // Nobody need wait for it.
  promise.catch(() => undefined);
  return { promise, resolve, reject, superseded: new AbortController() };
}
