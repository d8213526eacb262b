import type { Clock, Network } from '../base/ports.js';

/** How often the policy looks at the datagrams that have arrived: ten times in a slot. */
export const TICK_US = 50_000;

/**
 * Calls `tick` every 50 ms with the time and by how much the call is late, until the returned function is called. What has arrived by then has
 * been handed over. After a late call the next one comes 50 ms later.
 */
export function startTicking(
  { clock, network }: { readonly clock: Clock; readonly network: Pick<Network, 'readArrived'> },
  tick: (nowUs: number, latenessUs: number) => void,
): () => void {
  let dueUs = clock.nowUs() + TICK_US;
  const run = () => {
    const calledUs = clock.nowUs();
    network.readArrived?.();
    tick(clock.nowUs(), calledUs - dueUs);
    dueUs = calledUs + TICK_US;
    cancel = clock.schedule(dueUs, run);
  };
  let cancel = clock.schedule(dueUs, run);
  return () => cancel();
}
