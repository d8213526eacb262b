import { expect, it } from 'vitest';
import { fastChannels } from '../../../dist/publish/symbols/fast-channels.js';
import type { Publication } from '../../../dist/sender/publication.js';

const clock = { nowUs: () => 0, wallUs: () => 7, schedule: () => () => undefined };

it('fast channels are those whose symbols would take much of a thread, with the fastest first', () => {
  // Of the fourth channel nothing is known, the fifth has source symbols only.
  const intervals = [50, 201, 10, undefined, 5];
  const publication = {
    repairsOf: (channel: number) => {
      const repairIntervalUs = intervals[channel];
      if (repairIntervalUs === undefined) return undefined;
      const count = channel === 4 ? 0 : 40;
      return {
        range: { firstEsi: 100, count },
        hasSources: false,
        repairIntervalUs,
        nextEsi: (wallUs: number) => wallUs,
      };
    },
  } as unknown as Publication;
  const found = fastChannels(publication, [0, 1, 2, 3, 4], clock);
  expect(found.map(({ repairIntervalUs, nextEsi }) => [repairIntervalUs, nextEsi()])).toEqual([
    [10, 7],
    [50, 7],
  ]);
});
