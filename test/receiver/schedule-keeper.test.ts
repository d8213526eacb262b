import { expect, it } from 'vitest';
import type { Clock } from '../../dist/base/ports.js';
import { ScheduleKeeper } from '../../dist/receiver/schedule-keeper.js';
import { blankContent, simulatedKeys, simulatedObject } from '../../dist/simulate/index.js';
import { Prng } from '../../dist/simulate/random/prng.js';

const { descriptor } = simulatedObject(
  {
    content: blankContent(1000),
    channels: [{ rateBitsPerSecond: 1e6 }],
    schedule: { everyS: 120, lastsS: 20, fromS: 0 },
  },
  simulatedKeys(new Prng('schedule')).privateKey,
);

/** A clock that shows these times, in seconds after the record was made, one after the other. */
function clockOf(...timesS: readonly number[]): Clock {
  const left = [...timesS];
  const next = () => (left.length > 1 ? left.shift()! : left[0]!);
  return {
    nowUs: () => 0,
    wallUs: () => (descriptor.createdS + next()) * 1e6,
    schedule: () => () => undefined,
  };
}

it('says when an object is sent next, though the clock is set to a window in the middle', () => {
  for (const timesS of [
    [60, 10],
    [60, 60, 10],
    [60, 60, 60, 10],
  ]) {
    const said: string[] = [];
    const keeper = new ScheduleKeeper(clockOf(...timesS), (message) => said.push(message));
    keeper.look(descriptor, false);
    expect(said).toEqual([expect.stringContaining('is sent next at 2027-01-15T08:02:00.000Z')]);
    expect(keeper.look(descriptor, false)).toMatch(/^(begin|nothing)$/);
  }
});
