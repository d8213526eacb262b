import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blockOf } from '../../dist/object/geometry.js';
import { openPartialObject } from '../../dist/store/partial-object.js';
import { programOf } from '../lab/program-of.js';
import { claimedGuests } from '../object/held.js';
import { bytesOfGuest, bytesOfSymbol, identityOf, pathsIn } from './crash-object.js';
import { scratchDirectory } from './scratch.js';

const CHILD = await programOf(new URL('crash-child.ts', import.meta.url));
const SIZE = 12_000_000;
const scratch = await scratchDirectory();

function start(directory: string, stepsToLive: number): ChildProcess {
  const argv = [CHILD, directory, String(SIZE), String(stepsToLive)];
  return spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
}

interface Claimed {
  readonly symbolCount: number;
  readonly guestCount: number;
}

/** How many symbols and guests the journal claims, after a check that their bytes are on disk. */
async function claimed(directory: string): Promise<Claimed> {
  const { partPath, journalPath } = pathsIn(directory);
  const identity = identityOf(SIZE);
  const { geometry } = identity;
  const { part, journal, startedOver } = await openPartialObject({ partPath, journalPath, identity });
  expect(startedOver).toBeUndefined();
  const file = await readFile(partPath);
  const isAt = (place: number, expected: Buffer) =>
    file
      .subarray(place * 1184)
      .subarray(0, expected.length)
      .equals(expected);
  const guests = claimedGuests(journal.holdings);
  for (let place = 0; place < geometry.symbolCount; place++) {
    const esi = guests.get(place) ?? -1;
    if (journal.holdings.claimedOwn.has(place)) {
      expect(esi, `place ${place} is claimed twice`).toBe(-1);
      if (!isAt(place, bytesOfSymbol(geometry, place))) expect.fail(`symbol ${place} is claimed and not there`);
    } else if (esi >= 0 && !isAt(place, bytesOfGuest(geometry, blockOf(geometry, place), esi))) {
      expect.fail(`guest ${esi} is claimed at place ${place} and not there`);
    }
  }
  await part.close();
  await journal.close();
  return { symbolCount: journal.holdings.claimedOwn.count, guestCount: journal.holdings.claimedGuests.count };
}

describe('a part file and its journal', () => {
  it('claim only bytes on disk after kill -9 at any moment, and the next process continues from there', {
    timeout: 120_000,
  }, async () => {
    const directory = join(scratch, 'crash');
    await mkdir(directory);
    let before: Claimed = { symbolCount: 0, guestCount: 0 };
    let mostGuests = 0;
    for (let kill = 0; kill < 8; kill++) {
      const child = start(directory, 1 + Math.floor(Math.random() * 100));
      const [[found], [, signal]] = await Promise.all([once(child.stdout!, 'data'), once(child, 'exit')]);
      expect(String(found)).toBe(`${before.symbolCount} ${before.guestCount}\n`);
      expect(signal).toBe('SIGKILL');
      const now = await claimed(directory);
      expect(now.symbolCount).toBeGreaterThanOrEqual(before.symbolCount);
      mostGuests = Math.max(mostGuests, now.guestCount);
      before = now;
    }
    expect(before.symbolCount).toBeGreaterThan(0);
    expect(mostGuests).toBeGreaterThan(0);
    const [code] = await once(start(directory, -1), 'exit');
    expect(code).toBe(0);
    const { geometry } = identityOf(SIZE);
    const whole = Array.from({ length: geometry.symbolCount }, (_, symbol) => bytesOfSymbol(geometry, symbol));
    expect((await readFile(pathsIn(directory).target)).equals(Buffer.concat(whole))).toBe(true);
    expect(existsSync(pathsIn(directory).journalPath)).toBe(false);
  });

  it('are not written to under another name, such as one in a copy of hard links, and go on all the same', async () => {
    const directory = join(scratch, 'other-names');
    await mkdir(directory);
    const paths = pathsIn(directory);
    const identity = identityOf(5000);
    const first = await openPartialObject({ ...paths, identity });
    first.part.write(0, bytesOfSymbol(identity.geometry, 0), 0, 1184);
    first.checkpoint.noteWritten(0);
    await first.checkpoint.run();
    await first.part.close();
    await first.journal.close();
    const copy = join(directory, 'copy');
    await link(paths.partPath, copy);
    const before = await readFile(copy);

    const next = await openPartialObject({ ...paths, identity });
    expect([next.startedOver, next.journal.holdings.claimedOwn.count]).toEqual([undefined, 1]);
    next.part.write(1, bytesOfSymbol(identity.geometry, 1), 0, 1184);
    await next.part.flush();
    const whole = await readFile(paths.partPath);
    expect(whole.subarray(0, 1184).equals(Buffer.from(bytesOfSymbol(identity.geometry, 0)))).toBe(true);
    expect(whole.subarray(1184, 2368).equals(Buffer.from(bytesOfSymbol(identity.geometry, 1)))).toBe(true);
    expect((await readFile(copy)).equals(before)).toBe(true);
    await next.part.close();
    await next.journal.close();
  });

  it('start over together when one of them is missing or belongs to another object', async () => {
    const directory = join(scratch, 'together');
    await mkdir(directory);
    const paths = pathsIn(directory);
    const identity = identityOf(5000);
    const first = await openPartialObject({ ...paths, identity });
    expect(first.startedOver).toBe('absent');
    first.part.write(0, bytesOfSymbol(identity.geometry, 0), 0, 1184);
    first.checkpoint.noteWritten(0);
    await first.checkpoint.run();
    await first.part.close();
    await first.journal.close();

    const other = await openPartialObject({ ...paths, identity: { ...identity, version: 2 } });
    expect([other.startedOver, other.part.resumed, other.journal.holdings.claimedOwn.count]).toEqual([
      'other-object',
      false,
      0,
    ]);
    expect(await readFile(paths.partPath)).toEqual(Buffer.alloc(5000));
    other.part.write(0, bytesOfSymbol(identity.geometry, 0), 0, 1184);
    other.checkpoint.noteWritten(0);
    await other.checkpoint.run();
    await other.part.discard();
    await other.journal.close();

    const last = await openPartialObject({ ...paths, identity: { ...identity, version: 2 } });
    expect([last.startedOver, last.journal.holdings.claimedOwn.count]).toEqual(['part-missing', 0]);
    await last.part.close();
    await last.journal.close();
  });
});
