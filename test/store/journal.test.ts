import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf, firstSymbolOf, geometryOf } from '../../dist/object/geometry.js';
import { Journal, type JournalEntries, type JournalIdentity } from '../../dist/store/journal.js';
import { frame } from '../../dist/store/journal-format.js';
import { scratchDirectory } from './scratch.js';

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
  readonly verified: readonly number[];
}
const NOTHING: State = { symbols: [], verified: [] };

function stateOf(journal: Journal): State {
  const numbers = (size: number) => Array.from({ length: size }, (_, i) => i);
  return {
    symbols: numbers(journal.symbols.symbolCount).filter((symbol) => journal.symbols.has(symbol)),
    verified: numbers(journal.verifiedBlocks.symbolCount).filter((block) => journal.verifiedBlocks.has(block)),
  };
}

/** What the journal should say after more entries, with plain sets. */
function after(state: State, { dropped = [], durable = [], verified = [] }: JournalEntries): State {
  const symbols = new Set(state.symbols);
  const blocks = new Set(state.verified);
  const each = (runs: Iterable<readonly [number, number]>, visit: (number: number) => void) => {
    for (const [first, count] of runs) for (let i = first; i < first + count; i++) visit(i);
  };
  each(dropped, (symbol) => {
    symbols.delete(symbol);
    blocks.delete(blockOf(IDENTITY.geometry, symbol));
  });
  each(durable, (symbol) => symbols.add(symbol));
  each(verified, (block) => blocks.add(block));
  const sorted = (set: Set<number>) => [...set].toSorted((a, b) => a - b);
  return { symbols: sorted(symbols), verified: sorted(blocks) };
}

async function opened(content: Uint8Array): Promise<State & { startedOver: string | undefined }> {
  const path = newPath();
  await writeFile(path, content);
  const { journal, startedOver } = await Journal.open(path, IDENTITY, true);
  const state = stateOf(journal);
  await journal.close();
  return { ...state, startedOver };
}

/** A journal of one record an append, and what it says after each. */
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
  ];
  for (const entries of steps) {
    await journal.append(entries);
    ends.push((await stat(path)).size);
    states.push(after(states.at(-1)!, entries));
  }
  await journal.close();
  return { content: await readFile(path), ends, states };
}

const run = fc
  .tuple(fc.nat(99), fc.integer({ min: 1, max: 30 }))
  .map(([first, count]) => [first, Math.min(count, 100 - first)] as const);

describe('a journal', () => {
  it('says after any appends, and after being opened again, what was appended', async () => {
    const entries = fc.record({ dropped: fc.array(run, { maxLength: 3 }), durable: fc.array(run, { maxLength: 6 }) });
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
            await Promise.all(session.map((more) => journal.append(more)));
            for (const more of session) expected = after(expected, more);
            const whole = Array.from({ length: 10 }, (_, block) => block).filter((block) => {
              const first = firstSymbolOf(IDENTITY.geometry, block);
              return journal.symbols.missingIn(first, first + 10) === 0;
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

  it('keeps what is before a flipped bit', async () => {
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

  it('ignores whatever stands behind its records, or is there instead', async () => {
    const { content, states } = await example();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (junk) => {
        expect(await opened(Buffer.concat([content, junk]))).toEqual({ ...states.at(-1), startedOver: undefined });
        expect(await opened(junk)).toEqual({ ...NOTHING, startedOver: 'damaged' });
      }),
      { numRuns: 40 },
    );
  });

  it('takes no record with a good checksum and a content that cannot be', async () => {
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
      [],
      [null],
    ];
    for (const payload of bad) {
      const behind = frame([1, [50, 1]]);
      const outcome = await opened(Buffer.concat([content, frame(payload), behind]));
      expect(outcome, JSON.stringify(payload)).toEqual({ ...states.at(-1), startedOver: undefined });
    }
  });

  it('does not believe that a block is verified whose symbols are not all there', async () => {
    const { content, ends } = await example();
    const outcome = await opened(Buffer.concat([content.subarray(0, ends[1]), frame([2, [0, 2]])]));
    expect(outcome.verified).toEqual([0]);
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
      expect([startedOver, journal.symbols.count, journal.verifiedBlocks.count]).toEqual(['other-object', 0, 0]);
      await journal.append({ durable: [[1, 2]] });
      await journal.close();
      const again = await Journal.open(path, identity, true);
      expect([again.startedOver, again.journal.symbols.count]).toEqual([undefined, 2]);
      await again.journal.close();
    }
    expect(await opened(Buffer.concat([content, frame([77, 'later'])]))).toMatchObject({ startedOver: 'incompatible' });
    expect(await opened(frame([0, 2, 'a later format']))).toEqual({ ...NOTHING, startedOver: 'incompatible' });
    expect(await opened(frame([1, [0, 1]]))).toEqual({ ...NOTHING, startedOver: 'damaged' });
  });

  it('claims nothing when the part file is not there', async () => {
    const { content } = await example();
    const path = newPath();
    await writeFile(path, content);
    const { journal, startedOver } = await Journal.open(path, IDENTITY, false);
    expect([startedOver, journal.symbols.count]).toEqual(['part-missing', 0]);
    await journal.close();
    const again = await Journal.open(path, IDENTITY, true);
    expect([again.startedOver, again.journal.symbols.count]).toEqual([undefined, 0]);
    await again.journal.close();
  });

  it('stays bounded while its records are many, and loses none', async () => {
    const identity = { ...IDENTITY, geometry: geometryOf(400_000 * 16, 16, 10) };
    const path = newPath();
    const { journal } = await Journal.open(path, identity, true);
    const half = (shift: number) => Array.from({ length: 200_000 }, (_, i) => [2 * i + shift, 1] as const);
    let largest = 0;
    for (let round = 0; round < 6; round++) {
      await journal.append({ durable: half(0) });
      largest = Math.max(largest, (await stat(path)).size);
    }
    expect(largest).toBeLessThan(2 ** 20 + 3 * 410_000);
    expect(journal.symbols.count).toBe(200_000);
    await journal.append({ durable: half(1) });
    await journal.close();
    const again = await Journal.open(path, identity, true);
    expect(again.startedOver).toBeUndefined();
    expect(again.journal.symbols.isComplete).toBe(true);
    expect((await stat(path)).size).toBeLessThan(200);
    await again.journal.close();
  });

  it('says why it cannot be opened', async () => {
    const inNoDirectory = Journal.open(join(directory, 'none', 'x'), IDENTITY, true);
    await expect(inNoDirectory).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(Journal.open(directory, IDENTITY, true)).rejects.toMatchObject({ code: 'FILE_IO' });
  });
});
