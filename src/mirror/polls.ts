import pLimit from 'p-limit';
import { backOffUs } from '../base/back-off.js';
import type { Clock } from '../base/ports.js';

/** The longest wait after failures, unless polls are rarer. */
const MOST_WAIT_US = 3600e6;
/** Polls come earlier or later by at most this share, so that many mirrors do not ask together. */
const JITTER_RATIO = 0.1;

/** Polls at once: one slow origin holds up no other, and a mirror of hundreds does not fill its link and its disk with all of them. */
const MOST_AT_ONCE = 4;

/** What is done at a poll. Resolves to whether it went well; it tells people itself. */
export type Poll = () => Promise<boolean>;

/**
 * Polls some origins, each at its interval, at most four at a time, and after failures ever later.
 *
 * @param polls what to do, and how often (µs)
 * @returns when the signal is aborted and the polls under way have ended
 */
export async function pollAll(
  polls: readonly { readonly everyUs: number; readonly poll: Poll }[],
  clock: Clock,
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  const limit = pLimit(MOST_AT_ONCE);
  const repeat = async ({ everyUs, poll }: { readonly everyUs: number; readonly poll: Poll }) => {
    let [dueUs, failureCount] = [clock.nowUs(), 0];
    while (true) {
      await until(dueUs, clock, signal);
      failureCount = (await limit(async () => signal.aborted || (await poll()))) ? 0 : failureCount + 1;
      if (signal.aborted) return;
      const mostUs = Math.max(everyUs, MOST_WAIT_US);
      dueUs =
        clock.nowUs() + backOffUs({ firstUs: everyUs, mostUs }, Math.max(1, failureCount), random(), JITTER_RATIO);
    }
  };
  await Promise.all(polls.map(repeat));
}

function until(atUs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      cancel();
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const cancel = clock.schedule(atUs, stop);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
