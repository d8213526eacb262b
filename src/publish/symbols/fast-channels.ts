import type { Clock } from '../../base/ports.js';
import type { Publication } from '../../sender/publication.js';
import { type FastChannel, ROWS_US } from './object-spools.js';

/** Channels that would take more than a tenth of the coding thread: 51 Mbit/s of repair symbols of 1184 bytes. */
const FAST_INTERVAL_US = 10 * ROWS_US;

/** Those channels of a coded object at this server that are so fast that their repair symbols should be made ahead; the fastest first. */
export function fastChannels(publication: Publication, channels: readonly number[], clock: Clock): FastChannel[] {
  return channels
    .flatMap((channel) => {
      const repairs = publication.repairsOf(channel);
      if (repairs === undefined || repairs.range.count === 0 || repairs.repairIntervalUs > FAST_INTERVAL_US) return [];
      const { range, hasSources, repairIntervalUs } = repairs;
      return [{ range, hasSources, repairIntervalUs, nextEsi: () => repairs.nextEsi(clock.wallUs()) }];
    })
    .sort((a, b) => a.repairIntervalUs - b.repairIntervalUs);
}
