import { describe, expect, it } from 'vitest';
import { EventLog } from '../../dist/simulate/net/event-log.js';
import { Bed } from '../transfer/bed.js';

/** A transfer with everything random in it. */
async function digestOf(title: string): Promise<{ readonly digest: string; readonly eventCount: number }> {
  const bed = new Bed(title);
  bed.network.addLink({ name: 'site', down: { rateBitsPerSecond: 3e6, delayUs: 10_000, jitterUs: 5000 } });
  const servers = [{ name: 'one' }, { name: 'two', startRatio: 0.5 }];
  const object = bed.object(300, { servers });
  for (const index of [0, 1]) await bed.server(index).publish(object);
  const receivers = [0.01, 0.1].map((loss, i) =>
    bed.receiver({ name: `receiver ${i}`, host: { below: 'site', down: { loss, damageRatio: 0.01 } } }),
  );
  for (const receiver of receivers) await bed.completion(receiver, 60);
  return { digest: bed.network.log.digest(), eventCount: bed.network.log.eventCount };
}

describe('a simulation', () => {
  it('does the same things at the same times for the same seed, and others for another', async () => {
    const [one, again, other] = [await digestOf('one'), await digestOf('one'), await digestOf('other')];
    expect(again).toEqual(one);
    expect(other.digest).not.toBe(one.digest);
    expect(one.eventCount).toBeGreaterThan(1000);
  });
});

describe('the log of events', () => {
  it('has another digest when any event differs, is missing, or comes in another order', () => {
    const events = [
      [1, 1, 1],
      [2, 1, 1],
      [2 ** 40, 1, 1],
      [2, 2, 1],
      [2, 1, 2],
    ] as const;
    const digests = [[], [0], [1], [2], [3], [4], [0, 1], [1, 0], [0, 0]].map((order) => {
      const log = new EventLog();
      for (const at of order) {
        const [atUs, what, whom] = events[at]!;
        log.add(atUs, what, whom);
      }
      return log.digest();
    });
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('keeps the last notes for people and digests all', () => {
    const [one, other] = [new EventLog(), new EventLog()];
    one.note(0, 'only here');
    for (let i = 0; i < 1000; i++) {
      for (const log of [one, other]) log.note(i * 1e6, `note ${i}`);
    }
    expect(one.notes).toEqual(other.notes);
    expect(one.notes).toHaveLength(1000);
    expect(one.notes[1]).toBe('1.000000 note 1');
    expect(one.digest()).not.toBe(other.digest());
  });
});
