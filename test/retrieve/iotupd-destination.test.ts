import { existsSync, readFileSync } from 'node:fs';
import fs, { mkdtemp } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { IotupdDestination } from '../../dist/retrieve/iotupd-destination.js';
import { readRangeRecord } from '../../dist/store/journal/range-record.js';
import { ScatteredFile } from '../../dist/store/part/scattered-file.js';
import { scratchDirectory } from '../store/scratch.js';

const scratch = await scratchDirectory();
const [OLD, NEW] = [fileOf(1, 300), fileOf(2, 500)];

function fileOf(label: number, sizeBytes: number) {
  return { hash: new Uint8Array(32).fill(label), sizeBytes };
}

async function openNew() {
  const output = join(await mkdtemp(join(scratch, 'iotupd-')), 'file');
  const { signal } = new AbortController();
  return { output, destination: await IotupdDestination.open({ output, journalDir: undefined, signal }) };
}

/** Has the next opening of a part file wait until the returned function is called; `parts` are those that were opened. */
function holdNextOpening() {
  const parts: ScatteredFile[] = [];
  const { open } = ScatteredFile;
  let go = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  let isFirst = true;
  vi.spyOn(ScatteredFile, 'open').mockImplementation(async (...options) => {
    const isHeld = isFirst;
    isFirst = false;
    if (isHeld) await held;
    const part = await open.call(ScatteredFile, ...options);
    parts.push(part);
    return part;
  });
  return { parts, go: () => go() };
}

/** Time in which a call would overtake the one before, if nothing kept it from that. */
async function overtaking(): Promise<void> {
  for (let turn = 0; turn < 5000; turn++) await new Promise(setImmediate);
}

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

describe('a file that frames of iotupd fill', () => {
  it('is the one that was begun last, though the disk was still busy with the one before', async () => {
    const { output, destination } = await openNew();
    const opening = holdNextOpening();
    const begun = [destination.begin(OLD), destination.begin(NEW)];
    await overtaking();
    const bytes = new Uint8Array(500).fill(7);
    // The part that is still being opened would take these bytes with it.
    expect(destination.write(0, bytes, 0, 500)).toBe(false);
    opening.go();
    await Promise.all(begun);
    expect(destination.write(0, bytes, 0, 500)).toBe(true);
    await destination.commit();
    expect(readFileSync(output).equals(bytes)).toBe(true);
    await expect(opening.parts[0]!.flush()).rejects.toThrow();
    await destination[Symbol.asyncDispose]();
  });

  it('takes no bytes before its part file is open, so that none is lost with the one before', async () => {
    const { destination } = await openNew();
    await destination.begin(OLD);
    const opening = holdNextOpening();
    const begun = destination.begin(NEW);
    expect(destination.write(0, new Uint8Array(10), 0, 10)).toBe(false);
    opening.go();
    await begun;
    expect(destination.write(0, new Uint8Array(10), 0, 10)).toBe(true);
    await destination[Symbol.asyncDispose]();
  });

  it('is closed before the lock is free when its fetch ends while it is being opened', async () => {
    const { output, destination } = await openNew();
    const opening = holdNextOpening();
    const begun = destination.begin(OLD);
    await overtaking();
    const ended = destination[Symbol.asyncDispose]();
    opening.go();
    await Promise.all([begun, ended]);
    expect(opening.parts).toHaveLength(1);
    await expect(opening.parts[0]!.flush()).rejects.toThrow();
    const { signal } = new AbortController();
    await using next = await IotupdDestination.open({ output, journalDir: undefined, signal });
    expect(next.outputPath).toBe(output);
  });

  it('leaves no record of the one before, whose bytes are gone, though that was just being written', async () => {
    const { output, destination } = await openNew();
    await destination.begin(OLD);
    destination.write(0, new Uint8Array(100), 0, 100);
    let begun: Promise<void> | undefined;
    const { rename } = fs;
    vi.spyOn(fs, 'rename').mockImplementation(async (...names) => {
      begun ??= destination.begin(NEW);
      await overtaking();
      await rename(...names);
    });
    syncBuiltinESMExports();
    await destination.keep([[0, 100]]);
    await begun;
    expect(begun).toBeDefined();
    expect(await readRangeRecord(`${output}.part.journal`)).toBeUndefined();
    await destination[Symbol.asyncDispose]();
    expect(existsSync(`${output}.part.lock`)).toBe(false);
  });
});
