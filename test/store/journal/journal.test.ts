import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf, firstSymbolOf, geometryOf } from '../../../dist/object/geometry.js';
import { Journal, type JournalEntries } from '../../../dist/store/journal/journal.js';
import { frame } from '../../../dist/store/journal/journal-format.js';
import type { JournalIdentity } from '../../../dist/store/journal/journal-identity.js';
import { claimedGuests } from '../../object/held.js';
import { scratchDirectory } from '../scratch.js';

const directory = await scratchDirectory();
let nameCount = 0;
const newPath = () => join(directory, `${nameCount++}.journal`);

const IDENTITY: JournalIdentity = {
  tag: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  geometry: geometryOf(100 * 16, 16, 10),
  sha256: new Uint8Array(32).fill(9),
  fleet: 'acme',
  object: 'firmware/ü',
  version: 3,
};

interface State {
  readonly symbols: readonly number[];
  /** [place, ESI] */
  readonly guests: readonly (readonly [number, number])[];
  readonly verified: readonly number[];
}
const NOTHING: State = { symbols: [], guests: [], verified: [] };

function stateOf(journal: Journal): State {
  const numbers = (size: number) => Array.from({ length: size }, (_, i) => i);
  return {
    symbols: numbers(journal.holdings.claimedOwn.symbolCount).filter((symbol) =>
      journal.holdings.claimedOwn.has(symbol),
    ),
    guests: [...claimedGuests(journal.holdings)],
    verified: numbers(journal.verifiedBlocks.symbolCount).filter((block) => journal.verifiedBlocks.has(block)),
  };
}

/** What the journal should claim after more entries, as plain sets. */
function after(state: State, entries: JournalEntries): State {
  const { dropped = [], evicted = [], durable = [], guests = [], verified = [] } = entries;
  const symbols = new Set(state.symbols);
  const esis = new Map(state.guests);
  const blocks = new Set(state.verified);
  const each = (runs: Iterable<readonly [number, number]>, visit: (number: number) => void) => {
    for (const [first, count] of runs) for (let i = first; i < first + count; i++) visit(i);
  };
  each(dropped, (place) => {
    symbols.delete(place);
    esis.delete(place);
    blocks.delete(blockOf(IDENTITY.geometry, place));
  });
  each(evicted, (place) => esis.delete(place));
  each(durable, (place) => {
    symbols.add(place);
    esis.delete(place);
  });
  for (const [place, esi, count] of guests) for (let i = 0; i < count; i++) esis.set(place + i, esi + i);
  each(verified, (block) => {
    blocks.add(block);
    each([[firstSymbolOf(IDENTITY.geometry, block), 10]], (place) => esis.delete(place));
  });
  const sorted = (set: Set<number>) => [...set].toSorted((a, b) => a - b);
  return {
    symbols: sorted(symbols),
    guests: [...esis].toSorted(([a], [b]) => a - b),
    verified: sorted(blocks),
  };
}

async function opened(content: Uint8Array): Promise<State & { startedOver: string | undefined }> {
  const path = newPath();
  await writeFile(path, content);
  const { journal, startedOver } = await Journal.open(path, IDENTITY, true);
  const state = stateOf(journal);
  await journal.close();
  return { ...state, startedOver };
}

/** A journal with one record for each append, and its claims after each. */
async function example(): Promise<{ content: Buffer; ends: number[]; states: State[] }> {
  const path = newPath();
  const { journal } = await Journal.open(path, IDENTITY, true);
  const ends = [(await stat(path)).size];
  const states = [NOTHING];
  const steps: JournalEntries[] = [
    { durable: [[0, 15]] },
    { verified: [[0, 1]] },
    {
      durable: [
        [20, 1],
        [22, 5],
        [90, 10],
      ],
    },
    { dropped: [[3, 2]] },
    { durable: [[3, 2]] },
    {
      verified: [
        [0, 1],
        [9, 1],
      ],
    },
    { dropped: [[95, 1]] },
    {
      guests: [
        [30, 17, 12],
        [45, 2 ** 24 - 2, 2],
        [49, 3, 1],
      ],
    },
    { evicted: [[31, 3]] },
    { dropped: [[40, 1]] },
    { durable: [[45, 1]] },
    { durable: [[70, 10]] },
    { guests: [[95, 300, 1]] },
    { verified: [[7, 1]] },
  ];
  for (const entries of steps) {
    await journal.append(entries);
    ends.push((await stat(path)).size);
    states.push(after(states.at(-1)!, entries));
  }
  await journal.close();
  return { content: await readFile(path), ends, states };
}

/** The parts of a run of guests that remain after other entries: guests may be only where nothing else is. */
function possibleGuests(state: State, entries: JournalEntries, runs: readonly (readonly [number, number])[]) {
  const { symbols } = after(state, entries);
  return runs.flatMap(([first, count], i) =>
    Array.from({ length: count }, (_, k) => [first + k, 50 * i + k + 10, 1] as const).filter(
      ([place]) => !symbols.includes(place),
    ),
  );
}

const run = fc
  .tuple(fc.nat(99), fc.integer({ min: 1, max: 30 }))
  .map(([first, count]) => [first, Math.min(count, 100 - first)] as const);

describe('a journal', () => {
  it('claims what was appended, after any appends and after it is opened again', async () => {
    const entries = fc.record({
      dropped: fc.array(run, { maxLength: 3 }),
      evicted: fc.array(run, { maxLength: 2 }),
      durable: fc.array(run, { maxLength: 6 }),
      places: fc.array(run, { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(entries, { maxLength: 5 }), { minLength: 1, maxLength: 3 }),
        async (sessions) => {
          const path = newPath();
          let expected = NOTHING;
          for (const [i, session] of sessions.entries()) {
            const { journal, startedOver } = await Journal.open(path, IDENTITY, true);
            expect(startedOver).toBe(i === 0 ? 'absent' : undefined);
            expect(stateOf(journal)).toEqual(expected);
            const appends: Promise<void>[] = [];
            for (const { places, ...others } of session) {
              const more = { ...others, guests: possibleGuests(expected, others, places) };
              appends.push(journal.append(more));
              expected = after(expected, more);
            }
            await Promise.all(appends);
            expect(stateOf(journal)).toEqual(expected);
            const whole = Array.from({ length: 10 }, (_, block) => block).filter((block) => {
              const first = firstSymbolOf(IDENTITY.geometry, block);
              return journal.holdings.claimedOwn.missingIn(first, first + 10) === 0;
            });
            const verified = whole.map((block) => [block, 1] as const);
            await journal.append({ verified });
            expected = after(expected, { verified });
            expect(stateOf(journal)).toEqual(expected);
            await journal.close();
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keeps every whole record when it is cut off at any byte', async () => {
    const { content, ends, states } = await example();
    for (let length = 0; length <= content.length; length++) {
      const wholeCount = ends.filter((end) => end <= length).length;
      const expected = wholeCount === 0 ? NOTHING : states[wholeCount - 1]!;
      const startedOver = wholeCount === 0 ? 'damaged' : undefined;
      expect(await opened(content.subarray(0, length)), `cut at ${length}`).toEqual({ ...expected, startedOver });
    }
  });

  it('keeps the records before a flipped bit', async () => {
    const { content, ends, states } = await example();
    for (let byte = 0; byte < content.length; byte++) {
      const flipped = Buffer.from(content);
      flipped[byte]! ^= 1 << ((byte * 5 + (byte >>> 3)) % 8);
      const goodCount = ends.filter((end) => end <= byte).length;
      const expected = goodCount === 0 ? NOTHING : states[goodCount - 1]!;
      const startedOver = goodCount === 0 ? 'damaged' : undefined;
      expect(await opened(flipped), `byte ${byte}`).toEqual({ ...expected, startedOver });
    }
  });

  it('ignores garbage after its records, or instead of them', async () => {
    const { content, states } = await example();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (junk) => {
        expect(await opened(Buffer.concat([content, junk]))).toEqual({ ...states.at(-1), startedOver: undefined });
        expect(await opened(junk)).toEqual({ ...NOTHING, startedOver: 'damaged' });
      }),
      { numRuns: 40 },
    );
  });

  it('takes no record with a right checksum and impossible content', async () => {
    const { content, states } = await example();
    const bad: unknown[][] = [
      [1, [0]],
      [1, [0, 0]],
      [1, [90, 11]],
      [1, [99, 1, 0, 1]],
      [1, [-1, 2]],
      [1, [0.5, 1]],
      [1, [2 ** 53, 1]],
      [1, ['0', 1]],
      [1, 'text'],
      [1, { length: 2 }],
      [1],
      [2, [10, 1]],
      [3, [0, 101]],
      [4, [50, 1]],
      [4, [50, 0, 20]],
      [4, [95, 6, 20]],
      [4, [50, 1, -1]],
      [4, [50, 1, 2 ** 24]],
      [4, [50, 2, 2 ** 24 - 1]],
      [4, [50, 1, '20']],
      // A guest at a place that holds its own symbol, and a guest at its own place.
      [4, [9, 2, 20]],
      [4, [50, 2, 20, 18, 1, 20]],
      [4, [53, 1, 3]],
      [4, [50, 5, 20, 3, 1, 8]],
      [5, [99, 2]],
      [5, 'text'],
      [],
      [null],
    ];
    for (const payload of bad) {
      const behind = frame([1, [50, 1]]);
      const outcome = await opened(Buffer.concat([content, frame(payload), behind]));
      expect(outcome, JSON.stringify(payload)).toEqual({ ...states.at(-1), startedOver: undefined });
    }
  });

  it('does not believe that a block is verified if symbols of the block are missing', async () => {
    const { content, ends } = await example();
    const outcome = await opened(Buffer.concat([content.subarray(0, ends[1]), frame([2, [0, 2]])]));
    expect(outcome.verified).toEqual([0]);
  });

  it('takes no guest at the short end of an object', async () => {
    const identity = { ...IDENTITY, geometry: geometryOf(100 * 16 - 1, 16, 10) };
    const path = newPath();
    const { journal } = await Journal.open(path, identity, true);
    await journal.append({ durable: [[1, 1]] });
    await journal.close();
    const content = await readFile(path);
    for (const [flat, count] of [
      [[98, 1, 20], 1],
      [[98, 2, 20], 0],
      [[99, 1, 20], 0],
    ] as const) {
      await writeFile(path, Buffer.concat([content, frame([4, flat])]));
      const again = await Journal.open(path, identity, true);
      expect([again.journal.holdings.claimedOwn.count, again.journal.holdings.claimedGuests.count]).toEqual([1, count]);
      await again.journal.close();
    }
  });

  it('counts old claims until the record that ends them is on disk, and new claims before their record is on disk', async () => {
    const path = newPath();
    const { journal } = await Journal.open(path, IDENTITY, true);
    await journal.append({ durable: [[0, 2]], guests: [[10, 20, 3]] });
    const append = journal.append({
      dropped: [[0, 1]],
      evicted: [[11, 1]],
      durable: [[5, 1]],
      guests: [[0, 30, 1]],
    });
    // The append begins in a later turn of microtasks, and its first system call ends in none of them.
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    expect(stateOf(journal)).toMatchObject({
      symbols: [0, 1, 5],
      guests: [
        [0, 30],
        [10, 20],
        [11, 21],
        [12, 22],
      ],
    });
    await append;
    expect(stateOf(journal)).toMatchObject({
      symbols: [1, 5],
      guests: [
        [0, 30],
        [10, 20],
        [12, 22],
      ],
    });
    const { size } = await stat(path);
    await journal.append({ evicted: [[20, 50]] });
    expect((await stat(path)).size).toBe(size);
    await journal.close();
  });

  it('reads a journal that was written before there were guests', async () => {
    const { content, ends, states } = await example();
    const before = content.subarray(0, ends[7]);
    expect(before.includes(frame([4, [30, 12, 17, 3, 2, 2 ** 24 - 2, 2, 1, 3]]))).toBe(false);
    expect(content.includes(frame([4, [30, 12, 17, 3, 2, 2 ** 24 - 2, 2, 1, 3]]))).toBe(true);
    expect(await opened(before)).toEqual({ ...states[7], startedOver: undefined });
  });

  it('starts over for another object, another format and kinds of records that it does not know', async () => {
    const { content } = await example();
    const others: JournalIdentity[] = [
      { ...IDENTITY, tag: new Uint8Array(8) },
      { ...IDENTITY, geometry: geometryOf(100 * 16 - 1, 16, 10) },
      { ...IDENTITY, geometry: geometryOf(100 * 16, 17, 10) },
      { ...IDENTITY, geometry: geometryOf(100 * 16, 16, 11) },
      { ...IDENTITY, sha256: new Uint8Array(32) },
      { ...IDENTITY, fleet: 'acm' },
      { ...IDENTITY, object: 'firmware' },
      { ...IDENTITY, version: 4 },
    ];
    for (const identity of others) {
      const path = newPath();
      await writeFile(path, content);
      const { journal, startedOver } = await Journal.open(path, identity, true);
      expect([startedOver, journal.holdings.claimedOwn.count, journal.verifiedBlocks.count]).toEqual([
        'other-object',
        0,
        0,
      ]);
      await journal.append({ durable: [[1, 2]] });
      await journal.close();
      const again = await Journal.open(path, identity, true);
      expect([again.startedOver, again.journal.holdings.claimedOwn.count]).toEqual([undefined, 2]);
      await again.journal.close();
    }
    expect(await opened(Buffer.concat([content, frame([77, 'later'])]))).toMatchObject({ startedOver: 'incompatible' });
    expect(await opened(frame([0, 2, 'a later format']))).toEqual({ ...NOTHING, startedOver: 'incompatible' });
    expect(await opened(frame([1, [0, 1]]))).toEqual({ ...NOTHING, startedOver: 'damaged' });
  });

  it('claims nothing when the part file is missing', async () => {
    const { content } = await example();
    const path = newPath();
    await writeFile(path, content);
    const { journal, startedOver } = await Journal.open(path, IDENTITY, false);
    expect([startedOver, journal.holdings.claimedOwn.count]).toEqual(['part-missing', 0]);
    await journal.close();
    const again = await Journal.open(path, IDENTITY, true);
    expect([again.startedOver, again.journal.holdings.claimedOwn.count]).toEqual([undefined, 0]);
    await again.journal.close();
  });

  it('stays bounded while its records are many, and loses none', async () => {
    const identity = { ...IDENTITY, geometry: geometryOf(100_000 * 16, 16, 10) };
    const path = newPath();
    const { journal } = await Journal.open(path, identity, true);
    const half = (shift: number) => Array.from({ length: 50_000 }, (_, i) => [2 * i + shift, 1] as const);
    let largest = 0;
    for (let round = 0; round < 15; round++) {
      await journal.append({ durable: half(0) });
      largest = Math.max(largest, (await stat(path)).size);
    }
    expect(largest).toBeLessThan(2 ** 20 + 3 * 105_000);
    expect(journal.holdings.claimedOwn.count).toBe(50_000);
    for (let round = 0; round < 4; round++) {
      const guests = Array.from({ length: 50_000 }, (_, i) => [2 * i + 1, 2 ** 23 + 7 * i, 1] as const);
      await journal.append({ guests });
      largest = Math.max(largest, (await stat(path)).size);
    }
    expect(largest).toBeLessThan(2 ** 20 + 4 * 475_000);
    await journal.close();
    const { journal: compact } = await Journal.open(path, identity, true);
    expect([...compact.holdings.guestRuns(compact.holdings.claimedGuests)]).toEqual([
      ...journal.holdings.guestRuns(journal.holdings.claimedGuests),
    ]);
    expect(compact.holdings.claimedGuests.count).toBe(50_000);
    await compact.append({ durable: half(1) });
    await compact.close();
    const again = await Journal.open(path, identity, true);
    expect(again.startedOver).toBeUndefined();
    expect(again.journal.holdings.claimedOwn.isComplete).toBe(true);
    expect((await stat(path)).size).toBeLessThan(200);
    await again.journal.close();
  });

  it('says why it cannot be opened', async () => {
    const inNoDirectory = Journal.open(join(directory, 'none', 'x'), IDENTITY, true);
    await expect(inNoDirectory).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(Journal.open(directory, IDENTITY, true)).rejects.toMatchObject({ code: 'NOT_A_FILE' });
  });
});
