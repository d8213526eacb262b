import type { Clock } from './ports.js';

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
