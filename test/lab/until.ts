import { setTimeout as delay } from 'node:timers/promises';

/** Time between two checks: far shorter than a bridge takes to forget a listener, far longer than a check takes. */
const pauseMs = 10;

/** Checks `holds` until it is true; rejects with `what` after `timeoutMs`. For states of the kernel that send no event. */
export async function until(what: string, holds: () => Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not after ${timeoutMs / 1000} s: ${what}`);
    await delay(pauseMs);
  }
}
