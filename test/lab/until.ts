import { setTimeout as delay } from 'node:timers/promises';

/** Time between two checks: shorter than a bridge takes to forget a listener (200 ms), longer than the processes of a check take (10 to 20 ms). */
const pauseMs = 50;

/** Checks `holds` until it is true; rejects with `what` after `timeoutMs`. For states of the kernel that send no event. */
export async function until(what: string, holds: () => Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not after ${timeoutMs / 1000} s: ${what}`);
    await delay(pauseMs);
  }
}
