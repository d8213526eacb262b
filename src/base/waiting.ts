import type { Clock } from './ports.js';

/** Waits for a promise until the signal is aborted; rejects with its reason then. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Waits for a promise until it is settled, either way, or until `atUs`. */
export function settledBy(atUs: number, clock: Pick<Clock, 'schedule'>, promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(atUs, resolve);
    const done = () => {
      cancel();
      resolve();
    };
    promise.then(done, done);
  });
}

/** Resolves at time `atUs`; rejects with the signal's reason if the signal is or becomes aborted before. */
export function waitUntil(atUs: number, clock: Pick<Clock, 'schedule'>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.schedule(atUs, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
