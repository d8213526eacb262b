import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HEADER_BYTES } from '../../../dist/base/limits.js';
import { solveBlock } from '../../../dist/fec/index.js';
import { parseFleet } from '../../../dist/fleet/load-fleet.js';
import { blockLength, blockOffset, blockSymbolCount } from '../../../dist/object/geometry.js';
import { Contents } from '../../../dist/publish/contents/contents.js';
import { prepareObject } from '../../../dist/publish/prepared-object.js';
import { CodingThread } from '../../../dist/publish/symbols/coding-thread.js';
import { symbolsOf } from '../../../dist/publish/symbols/object-symbols.js';
import { Publication } from '../../../dist/sender/publication.js';
import { codedSymbolLength } from '../../../dist/sender/schedule/symbol-order.js';
import { Slab } from '../../../dist/sender/slab.js';
import { SymbolRuns } from '../../../dist/sender/symbol-runs.js';
import { NO_CODE, RAPTORQ } from '../../../dist/wire/descriptor.js';
import { randomBytes, rowsOf } from '../../fec/samples.js';
import { scratchDirectory } from '../../store/scratch.js';
import { cacheIn, notAborted } from '../coded-objects.js';

const scratch = await scratchDirectory();
const key = generateKeyPairSync('ed25519').privateKey;

/** One object of a fleet with two channels, prepared and ready to be sent. */
async function published(name: string, content: Uint8Array, settings: string) {
  const stateDir = join(scratch, name);
  await mkdir(stateDir);
  await writeFile(join(stateDir, 'file'), content);
  const text = `fleet: f\nsymbolBytes: 100\n${settings}channels: [{ rate: 1Mbit }, { rate: 2Mbit, offset: 70% }] }\n`;
  const fleet = parseFleet(text, join(stateDir, 'fleet.yaml'));
  const prepared = await prepareObject(fleet, fleet.objects[0]!, {
    key,
    contents: new Contents(stateDir, 1e9),
    stateDir,
    nowS: 1_780_000_000,
    signal: notAborted.signal,
    onHashing: () => undefined,
  });
  const wasEncoded = existsSync(join(stateDir, 'intermediate'));
  const thread = new CodingThread();
  const progress: number[] = [];
  const symbols = await symbolsOf(prepared, {
    cache: cacheIn(stateDir),
    thread,
    signal: notAborted.signal,
    fastChannels: [],
    onEncoding: (bytes, totalBytes) => progress.push(bytes / totalBytes),
  });
  onTestFinished(async () => {
    await symbols.close();
    await thread.close();
    await prepared.source.close();
  });
  return { prepared, symbols, wasEncoded, progress, stateDir };
}

/** The block that symbols of 100 bytes determine, by ESI; undefined when they do not. */
function solved(sourceCount: number, symbols: ReadonlyMap<number, Uint8Array>): Uint8Array | undefined {
  if (symbols.size < sourceCount) return undefined;
  const esis = [...symbols.keys()];
  const partial = rowsOf(sourceCount, 100, esis, (esi, into) => into.set(symbols.get(esi)!));
  return solveBlock(partial, 100) ? partial.block : undefined;
}

describe('the symbols of an object', () => {
  it.each([0, 1])('restore every block from little more than its length, from channel %i alone', async (channel) => {
    const content = randomBytes(30_050, 1);
    const settings = 'blockSymbols: 110\nobjects:\n  o: { file: file, version: 1, ';
    const { prepared, symbols, wasEncoded, progress } = await published(`coded${channel}`, content, settings);
    expect([prepared.descriptor.fecEncodingId, prepared.descriptor.blockCount]).toEqual([RAPTORQ, 3]);
    expect([wasEncoded, progress.at(-1)]).toEqual([false, 1]);
    const publication = new Publication(prepared.descriptor, prepared.record, prepared.content.blockDigests, 0);
    const { geometry } = publication;
    const carousel = publication.carousel(channel, 1.78e15)!;
    const slab = new Slab(50, carousel.maxDatagramBytes);
    const received = [0, 1, 2].map(() => new Map<number, Uint8Array>());
    const restored = new Map<number, Uint8Array>();
    let receivedCount = 0;
    while (restored.size < 3 && receivedCount < 1000) {
      slab.clear();
      carousel.prepare(slab);
      await symbols.read(slab.reads, slab.bytes, HEADER_BYTES + 100);
      for (const { block, firstEsi, start, count } of slab.reads) {
        for (let i = 0; i < count; i++) {
          const at = start + i * (HEADER_BYTES + 100);
          // The object’s last symbol is short; zeros fill it up.
          const symbol = new Uint8Array(100);
          symbol.set(slab.bytes.subarray(at, at + codedSymbolLength(geometry, block, firstEsi + i)));
          receivedCount++;
          if (restored.has(block)) continue;
          received[block]!.set(firstEsi + i, symbol);
          const whole = solved(blockSymbolCount(geometry, block), received[block]!);
          if (whole !== undefined) restored.set(block, whole);
        }
      }
    }
    // A round over the blocks is 48 symbols.
    expect(receivedCount).toBeLessThan(301 + 3 * 16 + 50 + 6);
    expect([...restored.keys()].toSorted()).toEqual([0, 1, 2]);
    for (const [block, memory] of restored) {
      const start = blockOffset(geometry, block);
      const length = blockLength(geometry, block);
      expect(Buffer.compare(memory.subarray(0, length), content.subarray(start, start + length))).toBe(0);
    }
  });

  it.each([0, 1])('begin with the repair symbols that their publication foretells, on channel %i', async (channel) => {
    const settings = 'blockSymbols: 110\nobjects:\n  o: { file: file, version: 1, ';
    const { prepared } = await published(`foretold${channel}`, randomBytes(30_050, 1), settings);
    const publication = new Publication(prepared.descriptor, prepared.record, prepared.content.blockDigests, 0);
    const { range, hasSources, repairIntervalUs, nextEsi } = publication.repairsOf(channel)!;
    const { intervalUs } = prepared.descriptor.channels[channel]!;
    // Half of what the first channel sends are source symbols.
    expect([hasSources, repairIntervalUs]).toEqual(channel === 0 ? [true, 2 * intervalUs] : [false, intervalUs]);
    const slab = new Slab(1, HEADER_BYTES + 1200);
    for (let wallUs = 1.78e15; wallUs < 1.78e15 + 40e6; wallUs += 0.7e6) {
      const carousel = publication.carousel(channel, wallUs)!;
      const next = () => {
        do carousel.prepare(slab);
        while (slab.reads.count === 0);
        return [...slab.reads][0]!.firstEsi;
      };
      let esi = next();
      while (esi < range.firstEsi) esi = next();
      // A channel may begin in the middle of a run of four symbols.
      expect(esi - (esi % 4)).toBe(nextEsi(wallUs));
      expect(esi).toBeLessThan(range.firstEsi + range.count);
    }
  });

  it('are those of the file, with nothing encoded, without a code', async () => {
    const content = randomBytes(1050, 2);
    const settings = 'objects:\n  o: { file: file, code: none, version: 1, ';
    const { prepared, symbols, stateDir } = await published('plain', content, settings);
    expect(prepared.descriptor.fecEncodingId).toBe(NO_CODE);
    const into = new Uint8Array(new SharedArrayBuffer(1100));
    await symbols.read(SymbolRuns.of([{ block: 0, firstEsi: 0, start: 0, count: 11 }]), into, 100);
    expect(Buffer.compare(into.subarray(0, 1050), content)).toBe(0);
    expect(existsSync(join(stateDir, 'intermediate'))).toBe(false);
  });

  it('are none for an empty object', async () => {
    const { prepared, stateDir } = await published(
      'empty',
      new Uint8Array(0),
      'objects:\n  o: { file: file, version: 1, ',
    );
    expect(prepared.descriptor).toMatchObject({ sizeBytes: 0, blockCount: 0 });
    expect(existsSync(join(stateDir, 'intermediate'))).toBe(false);
  });
});
