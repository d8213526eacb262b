import { backOffUs } from '../base/back-off.js';
import type { Clock } from '../base/ports.js';

/** The longest wait after failures, unless polls are rarer. */
const MOST_WAIT_US = 3600e6;
/** Polls come earlier or later by at most this share, so that many mirrors do not ask together. */
const JITTER_RATIO = 0.1;

/** What is done at a poll. Resolves to whether it went well; it tells people itself. */
export type Poll = () => Promise<boolean>;

/**
 * Polls some origins, each at its interval and one at a time, and after failures ever later.
 *
 * @param polls what to do, and how often (µs)
 * @returns when the signal is aborted and the poll under way has ended
 */
export async function pollAll(
  polls: readonly { readonly everyUs: number; readonly poll: Poll }[],
  clock: Clock,
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  const plans = polls.map(({ everyUs, poll }) => ({ everyUs, poll, dueUs: clock.nowUs(), failureCount: 0 }));
  while (!signal.aborted) {
    const next = plans.reduce((first, plan) => (plan.dueUs < first.dueUs ? plan : first));
    await until(next.dueUs, clock, signal);
    if (signal.aborted) return;
    next.failureCount = (await next.poll()) ? 0 : next.failureCount + 1;
    const { everyUs, failureCount } = next;
    const mostUs = Math.max(everyUs, MOST_WAIT_US);
    const waitUs = backOffUs({ firstUs: everyUs, mostUs }, Math.max(1, failureCount), random(), JITTER_RATIO);
    next.dueUs = clock.nowUs() + waitUs;
  }
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
