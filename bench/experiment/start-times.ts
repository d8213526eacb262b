import { randomFrom } from '../schedule/random.js';
import type { Schedule } from './cells.js';

/** The starts are spread over this many times `size ÷ link`. */
const SPREAD: Readonly<Record<Schedule, number>> = { immediate: 0, random: 1, 'random-twice': 2 };

/**
 * When each client starts, in seconds. The same run of the experiment has the same times for all methods and topologies: all meet the same luck.
 *
 * @param idealSeconds size ÷ link
 */
export function startSecondsOf(
  schedule: Schedule,
  {
    clientCount,
    idealSeconds,
    run,
  }: { readonly clientCount: number; readonly idealSeconds: number; readonly run: number },
): readonly number[] {
  const next = randomFrom(run * 1000 + clientCount);
  return Array.from({ length: clientCount }, () => next() * SPREAD[schedule] * idealSeconds);
}
