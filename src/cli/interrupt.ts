import { LayercastError } from '../base/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The error of a command that a signal stopped; the exit code follows from the signal. */
export class Interrupted extends LayercastError {
  readonly signal: (typeof SIGNALS)[number];

  constructor(signal: (typeof SIGNALS)[number]) {
    super('ABORTED', `stopped by ${signal}`);
    this.signal = signal;
  }
}

/**
 * Runs `work` with an AbortSignal that SIGINT and SIGTERM abort, so that it can leave groups and flush. After a signal the promise
 * rejects as soon as `work` has ended: with an error of `work` if its code is not `ABORTED`, else with `Interrupted`. A second
 * signal ends the process at once.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    removeListeners();
    controller.abort(new Interrupted(signal as (typeof SIGNALS)[number]));
  };
  const removeListeners = () => {
    for (const signal of SIGNALS) process.removeListener(signal, stop);
  };
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    const result = await work(controller.signal);
    controller.signal.throwIfAborted();
    return result;
  } catch (error) {
    // An `ABORTED` of `work` is a consequence of the signal, so the signal is reported and not the consequence.
    const isConsequence = error instanceof LayercastError && error.code === 'ABORTED';
    throw controller.signal.aborted && isConsequence ? controller.signal.reason : error;
  } finally {
    removeListeners();
  }
}
