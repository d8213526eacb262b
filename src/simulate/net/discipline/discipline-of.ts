import type { Prng } from '../../random/prng.js';
import { Beacons } from './beacons.js';
import { Bursts } from './bursts.js';
import type { Discipline, Limits } from './discipline.js';
import type { DisciplineOptions } from './discipline-options.js';
import { FqCodel } from './fq-codel.js';
import { Policer } from './policer.js';
import { ServiceQueue } from './service-queue.js';
import { TokenBucket } from './token-bucket.js';
import { TracedService } from './traced-service.js';

/** Ethernet behind the shaper. */
const DEFAULT_LINE_RATE = 1e9;

/** @param prng for what a discipline draws. */
export function disciplineOf(options: DisciplineOptions, limits: Limits, prng: Prng): Discipline {
  const { rateBitsPerSecond, queueBytes } = limits;
  switch (options.kind) {
    case 'tokenBucket':
      return new ServiceQueue(new TokenBucket(rateBitsPerSecond, options.burstBytes), queueBytes);
    case 'policer':
      return new Policer(rateBitsPerSecond, options.burstBytes);
    case 'bursts':
      return new ServiceQueue(new Bursts(rateBitsPerSecond, options.periodUs), queueBytes);
    case 'beacons':
      return new Beacons(limits, options.periodUs);
    case 'trace':
      return new ServiceQueue(new TracedService(options.trace, options.offsetUs ?? 0), queueBytes);
    case 'fqCodel':
      return new FqCodel(limits, options, prng);
  }
}

/**
 * Time that a byte takes on the wire behind a discipline; 0 where the discipline itself sends packet after packet. The wire is never slower than the
 * link, because it drops nothing: what waited for it would wait longer and longer.
 */
export function lineUsPerByte(options: DisciplineOptions, rateBitsPerSecond: number): number {
  if (options.kind === 'beacons' || options.kind === 'fqCodel') return 0;
  const linkRate = options.kind === 'trace' ? options.trace.meanBitsPerSecond : rateBitsPerSecond;
  return 8e6 / Math.max(options.lineRateBitsPerSecond ?? DEFAULT_LINE_RATE, linkRate);
}
