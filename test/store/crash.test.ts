import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openPartialObject } from '../../dist/store/partial-object.js';
import { bytesOfSymbol, identityOf, pathsIn } from './crash-object.js';
import { scratchDirectory } from './scratch.js';

const CHILD = fileURLToPath(new URL('crash-child.ts', import.meta.url));
const SIZE = 12_000_000;
const scratch = await scratchDirectory();

function start(directory: string, stepsToLive: number): ChildProcess {
  const argv = ['--import', 'tsx', CHILD, directory, String(SIZE), String(stepsToLive)];
  return spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Number of symbols that the journal claims; each of them has its bytes on disk. */
async function claimed(directory: string): Promise<number> {
  const paths = pathsIn(directory);
  const identity = identityOf(SIZE);
  const { part, journal, startedOver } = await openPartialObject({ ...paths, identity });
  expect(startedOver).toBeUndefined();
  const file = await open(paths.partPath);
  for (const [first, count] of journal.symbols.runs()) {
    for (let symbol = first; symbol < first + count; symbol++) {
      const expected = bytesOfSymbol(identity.geometry, symbol);
      const found = Buffer.alloc(expected.length);
      await file.read(found, 0, found.length, symbol * 1184);
      if (!found.equals(expected)) expect.fail(`symbol ${symbol} is claimed and not there`);
    }
  }
  await file.close();
  await part.close();
  await journal.close();
  return journal.symbols.count;
}

describe('a part file and its journal', () => {
  it('after kill -9 at any moment claim only what is there, and the next process takes it up', async () => {
    const directory = join(scratch, 'crash');
    await mkdir(directory);
    let claimedCount = 0;
    for (let kill = 0; kill < 12; kill++) {
      const child = start(directory, 1 + Math.floor(Math.random() * 100));
      const [[resumed], [, signal]] = await Promise.all([once(child.stdout!, 'data'), once(child, 'exit')]);
      expect(Number(resumed)).toBe(claimedCount);
      expect(signal).toBe('SIGKILL');
      const count = await claimed(directory);
      expect(count).toBeGreaterThanOrEqual(claimedCount);
      claimedCount = count;
    }
    expect(claimedCount).toBeGreaterThan(0);
    const [code] = await once(start(directory, -1), 'exit');
    expect(code).toBe(0);
    const { geometry } = identityOf(SIZE);
    const whole = Array.from({ length: geometry.symbolCount }, (_, symbol) => bytesOfSymbol(geometry, symbol));
    expect((await readFile(pathsIn(directory).target)).equals(Buffer.concat(whole))).toBe(true);
    expect(existsSync(pathsIn(directory).journalPath)).toBe(false);
  });

  it('start over together when one of them is gone or of another object', async () => {
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
    expect([other.startedOver, other.part.resumed, other.journal.symbols.count]).toEqual(['other-object', false, 0]);
    expect(await readFile(paths.partPath)).toEqual(Buffer.alloc(5000));
    other.part.write(0, bytesOfSymbol(identity.geometry, 0), 0, 1184);
    other.checkpoint.noteWritten(0);
    await other.checkpoint.run();
    await other.part.discard();
    await other.journal.close();

    const last = await openPartialObject({ ...paths, identity: { ...identity, version: 2 } });
    expect([last.startedOver, last.journal.symbols.count]).toEqual(['part-missing', 0]);
    await last.part.close();
    await last.journal.close();
  });
});
