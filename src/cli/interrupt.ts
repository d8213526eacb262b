import { LayercastError } from '../base/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** How long a process that has done its work may take to end by itself, with its exit code: threads of a busy host take some tenths of a second. */
const ENDING_MS = 400;

/** The error of a command that a signal stopped; the exit code follows from the signal. */
export class Interrupted extends LayercastError {
  readonly signal: (typeof SIGNALS)[number];

  constructor(signal: (typeof SIGNALS)[number]) {
    super('ABORTED', `stopped by ${signal}`);
    this.signal = signal;
  }
}

/**
 * Has the signal itself end the process if it does not end soon, now that the work has ended. While a disk does not answer that was asked for a file, neither
 * the end of all work nor `process.exit` ends a process, because Node waits for its threads.
 */
export function endBy({ signal }: Interrupted): void {
  // The first timer may fire, late, in the last turn of the event loop; the second one does only if the loop goes on.
  const later = (callback: () => void) => setTimeout(callback, ENDING_MS / 2).unref();
  later(() => later(() => process.kill(process.pid, signal)));
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
