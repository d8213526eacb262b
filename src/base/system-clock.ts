import type { Clock } from './ports.js';

/** This host's clocks and timers. Timers have a resolution of 1 ms; a call that is due at once waits one turn of the event loop. */
export const systemClock: Clock = {
  nowUs: () => Math.floor(performance.now() * 1000),
  timerLatenessUs: 2000,
  wallUs: () => Date.now() * 1000,
  schedule(atUs, callback) {
    const waitMs = Math.ceil(atUs / 1000 - performance.now());
    if (waitMs <= 0) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    // setTimeout cannot wait longer than this. Callers that wait longer check the time when they are called, and wait again.
    const timer = setTimeout(callback, Math.min(waitMs, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};
