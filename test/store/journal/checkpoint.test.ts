import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { geometryOf } from '../../../dist/object/geometry.js';
import { Checkpoint } from '../../../dist/store/journal/checkpoint.js';
import { Journal } from '../../../dist/store/journal/journal.js';
import { scratchDirectory } from '../scratch.js';

const directory = await scratchDirectory();
let nameCount = 0;

/** A disk whose flushes end when the test says so. */
class SlowDisk {
  readonly #pending: ((error: Error | undefined) => void)[] = [];
  flushCount = 0;

  flush(): Promise<void> {
    this.flushCount++;
    return new Promise((resolve, reject) => {
      this.#pending.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /** Waits until a flush is under way, and ends it. */
  async end(error?: Error): Promise<void> {
    while (this.#pending.length === 0) await new Promise(setImmediate);
    this.#pending.shift()!(error);
  }
}

async function open(sizeBytes = 40 * 16) {
  const identity = {
    tag: new Uint8Array(8),
    geometry: geometryOf(sizeBytes, 16, 4),
    sha256: new Uint8Array(32),
    fleet: 'f',
    object: 'o',
    version: 1,
  };
  const { journal } = await Journal.open(join(directory, `${nameCount++}`), identity, true);
  const disk = new SlowDisk();
  return { journal, disk, checkpoint: new Checkpoint(disk, journal) };
}

const guestsIn = (journal: Journal) => [...journal.holdings.guestRuns(journal.holdings.claimedGuests)];
const runsIn = (journal: Journal) => [...journal.holdings.claimedOwn.runs()];

describe('a checkpoint', () => {
  it('journals only what was written before its flush began', async () => {
    const { journal, disk, checkpoint } = await open();
    for (let symbol = 0; symbol < 10; symbol++) checkpoint.noteWritten(symbol);
    checkpoint.noteVerified(0);
    const first = checkpoint.run();
    checkpoint.noteWritten(20);
    expect(runsIn(journal)).toEqual([]);
    await disk.end();
    await first;
    expect(runsIn(journal)).toEqual([[0, 10]]);
    expect(journal.verifiedBlocks.has(0)).toBe(true);
    const second = checkpoint.run();
    await disk.end();
    await second;
    expect(runsIn(journal)).toEqual([
      [0, 10],
      [20, 1],
    ]);
    await journal.close();
  });

  it('is one at a time; all calls meanwhile share the next one', async () => {
    const { journal, disk, checkpoint } = await open();
    checkpoint.noteWritten(1);
    const first = checkpoint.run();
    checkpoint.noteWritten(2);
    const others = [checkpoint.run(), checkpoint.run(), checkpoint.run()];
    await disk.end();
    await first;
    expect(runsIn(journal)).toEqual([[1, 1]]);
    await disk.end();
    await Promise.all(others);
    expect(runsIn(journal)).toEqual([[1, 2]]);
    expect(disk.flushCount).toBe(2);
    await checkpoint.run();
    expect(disk.flushCount).toBe(2);
    await journal.close();
  });

  it('forgets what was dropped before, during and after the flush, until it is written again', async () => {
    const { journal, disk, checkpoint } = await open();
    for (let symbol = 0; symbol < 30; symbol++) checkpoint.noteWritten(symbol);
    checkpoint.noteDropped(0, 5);
    const first = checkpoint.run();
    checkpoint.noteDropped(10, 10);
    checkpoint.noteWritten(12);
    await disk.end();
    await first;
    expect(runsIn(journal)).toEqual([
      [5, 5],
      [20, 10],
    ]);
    checkpoint.noteVerified(2);
    checkpoint.noteDropped(25, 1);
    const second = checkpoint.run();
    await disk.end();
    await second;
    expect(runsIn(journal)).toEqual([
      [5, 5],
      [12, 1],
      [20, 5],
      [26, 4],
    ]);
    await journal.close();
  });

  it('keeps symbols for the next run that could not be flushed', async () => {
    const { journal, disk, checkpoint } = await open();
    for (let symbol = 0; symbol < 10; symbol++) checkpoint.noteWritten(symbol);
    checkpoint.noteVerified(0);
    const first = checkpoint.run();
    checkpoint.noteWritten(11);
    const failed = expect(first).rejects.toThrow('no space');
    await disk.end(new Error('no space'));
    await failed;
    expect(runsIn(journal)).toEqual([]);
    const second = checkpoint.run();
    await disk.end();
    await second;
    expect(runsIn(journal)).toEqual([
      [0, 10],
      [11, 1],
    ]);
    expect(journal.verifiedBlocks.count).toBe(1);
    await journal.close();
  });

  it('journals guests when they are on disk, like symbols', async () => {
    const { journal, disk, checkpoint } = await open();
    checkpoint.noteGuest(0, 20);
    checkpoint.noteGuest(1, 21);
    const first = checkpoint.run();
    checkpoint.noteGuest(12, 1);
    expect(guestsIn(journal)).toEqual([]);
    expect([0, 1, 12, 13].map((place) => checkpoint.holdsGuest(place))).toEqual([true, true, true, false]);
    await disk.end();
    await first;
    expect(guestsIn(journal)).toEqual([[0, 20, 2]]);
    const failed = expect(checkpoint.run()).rejects.toThrow('no space');
    await disk.end(new Error('no space'));
    await failed;
    expect(guestsIn(journal)).toEqual([[0, 20, 2]]);
    const second = checkpoint.run();
    await disk.end();
    await second;
    expect(guestsIn(journal)).toEqual([
      [0, 20, 2],
      [12, 1, 1],
    ]);
    await journal.close();
  });

  it('forgets guests that were dropped, evicted or replaced before, during and after the flush', async () => {
    const { journal, disk, checkpoint } = await open();
    for (let place = 0; place < 10; place++) checkpoint.noteGuest(place, place + 20);
    checkpoint.noteDropped(0, 1);
    await checkpoint.evictGuests(1, 1);
    checkpoint.noteWritten(2);
    const first = checkpoint.run();
    checkpoint.noteDropped(3, 1);
    const evicted = checkpoint.evictGuests(4, 1);
    checkpoint.noteRunWritten(5, 1);
    await evicted;
    await disk.end();
    await first;
    expect(guestsIn(journal)).toEqual([[6, 26, 4]]);
    expect(runsIn(journal)).toEqual([[2, 1]]);
    checkpoint.noteDropped(6, 1);
    await checkpoint.evictGuests(7, 1);
    expect(guestsIn(journal)).toEqual([
      [6, 26, 1],
      [8, 28, 2],
    ]);
    checkpoint.noteRunWritten(8, 1);
    expect([6, 7].map((place) => checkpoint.holdsGuest(place))).toEqual([true, false]);
    const second = checkpoint.run();
    await disk.end();
    await second;
    expect(guestsIn(journal)).toEqual([[9, 29, 1]]);
    expect(runsIn(journal)).toEqual([
      [2, 1],
      [5, 1],
      [8, 1],
    ]);
    expect(checkpoint.holdsGuest(6)).toBe(false);
    await journal.close();
  });

  it('evicts after a run that has already handed its guests to the journal', async () => {
    const { journal, disk, checkpoint } = await open();
    for (let turns = 0; turns < 12; turns++) {
      checkpoint.noteGuest(turns, 50);
      const run = checkpoint.run();
      await disk.end();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await checkpoint.evictGuests(turns, 1);
      expect(journal.holdings.claimedGuests.has(turns), `${turns} turns later`).toBe(false);
      await run;
      expect(journal.holdings.claimedGuests.has(turns), `${turns} turns later`).toBe(false);
    }
    await journal.close();
  });

  it('refuses a guest at its own place, at a short place and at a place that is taken', async () => {
    const { journal, checkpoint } = await open(40 * 16 - 1);
    const refused = expect.objectContaining({ code: 'INTERNAL' });
    expect(() => checkpoint.noteGuest(12, 2)).toThrow(refused);
    expect(() => checkpoint.noteGuest(39, 20)).toThrow(refused);
    checkpoint.noteWritten(13);
    expect(() => checkpoint.noteGuest(13, 20)).toThrow(refused);
    expect(() => checkpoint.noteGuest(14, 2 ** 24)).toThrow(refused);
    checkpoint.noteGuest(38, 20);
    await journal.close();
  });
});
