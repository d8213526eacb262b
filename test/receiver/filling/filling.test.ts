import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../dist/base/system-clock.js';
import { blockLength, blockOffset, geometryOf } from '../../../dist/object/geometry.js';
import { merkleRoot } from '../../../dist/object/merkle.js';
import { Assembler } from '../../../dist/receiver/assemble/assembler.js';
import type { ObjectStore } from '../../../dist/receiver/assemble/object-store.js';
import type { WarningEvent } from '../../../dist/receiver/events.js';
import { FillFault, type FillSource } from '../../../dist/receiver/filling/fill-source.js';
import { Filling } from '../../../dist/receiver/filling/filling.js';
import { KnownKeys, UNPROVEN } from '../../../dist/receiver/runs/known-keys.js';
import { finishAs, openObjectFile } from '../../../dist/retrieve/object-file.js';
import { descriptorOf } from '../../store/crash-object.js';
import { CrashRestorer } from '../../store/crash-restorer.js';

const geometry = geometryOf(20_000, 1000, 4);
const wanted = randomBytes(geometry.sizeBytes);
const digests = Buffer.concat(
  Array.from({ length: geometry.blockCount }, (_, block) => {
    const start = blockOffset(geometry, block);
    return createHash('sha256')
      .update(wanted.subarray(start, start + blockLength(geometry, block)))
      .digest();
  }),
);
const descriptor = { ...descriptorOf(geometry), blockRoot: merkleRoot(digests), fecEncodingId: 0 };

/** A source of some bytes, which notes what it is asked for. */
class Bytes implements FillSource {
  readonly asked: (readonly [offset: number, length: number])[] = [];
  readonly name: string;
  readonly #bytes: Buffer | undefined;
  readonly #digests: Uint8Array | undefined;

  constructor(name: string, bytes: Buffer | undefined, itsDigests: Uint8Array | undefined = digests) {
    this.name = name;
    this.#bytes = bytes;
    this.#digests = itsDigests;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    this.asked.push([offset, into.length]);
    if (this.#bytes === undefined) throw new FillFault('it answered 404', true);
    this.#bytes.copy(into, 0, offset, offset + into.length);
  }

  async digests(): Promise<Uint8Array | undefined> {
    return this.#digests;
  }
}

let folder: string;
let store: ObjectStore;
let assembler: Assembler;
let warnings: WarningEvent[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'layercast-fill-'));
  const [partPath, journalPath] = [join(folder, 'out.part'), join(folder, 'out.journal')];
  const restorer = new CrashRestorer(geometry, 1);
  store = await openObjectFile(descriptor, { partPath, journalPath, restorer, finish: finishAs(join(folder, 'out')) });
  assembler = new Assembler(descriptor, store.holdings, store.verifiedBlocks, undefined, new KnownKeys());
  warnings = [];
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Symbols that multicast has brought. */
function take(places: readonly number[], bytes = wanted): void {
  for (const place of places) {
    const [block, esi] = [Math.floor(place / 5), place % 5];
    store.writeSymbol(place, esi, bytes, place * 1000, 1000);
    assembler.add(block, esi, place, UNPROVEN);
  }
}

/** Fills from these sources until the object is whole or no source is left. */
async function fill(...sources: readonly FillSource[]): Promise<Filling> {
  let filling!: Filling;
  await new Promise<void>((resolve, reject) => {
    filling = new Filling({
      sources,
      afterUs: 0,
      maxRateBitsPerSecond: undefined,
      random: () => 0,
      assembler,
      store,
      clock: systemClock,
      onBlock: (block) => {
        assembler.accept(block);
        if (assembler.isVerified) resolve();
      },
      onFill: () => undefined,
      onWarning: (event) => {
        warnings.push(event);
        if (!filling.hasSources) resolve();
      },
      onError: reject,
    });
    filling.tick(systemClock.nowUs());
  });
  await filling.end();
  return filling;
}

async function stored(): Promise<Buffer> {
  const bytes = Buffer.alloc(geometry.sizeBytes);
  await store.read(0, bytes);
  return bytes;
}

describe('filling', () => {
  it('asks for what is missing only, of the block first that lacks most, and of several of the last', async () => {
    take([0, 1, 2, 4, 6, 7, 10, 11, 12, 13]);
    const source = new Bytes('good', wanted);
    const { filledBytes } = await fill(source);
    expect(source.asked).toEqual([
      [15_000, 5000],
      [5000, 1000],
      [8000, 2000],
      [14_000, 1000],
      [3000, 1000],
    ]);
    expect(filledBytes).toBe(10_000);
    expect(await stored()).toEqual(wanted);
    expect(warnings).toEqual([]);
  });

  it('leaves a source of wrong bytes, and takes nothing of it', async () => {
    const source = new Bytes('good', wanted);
    const { wrongBytes } = await fill(new Bytes('bad', Buffer.alloc(geometry.sizeBytes)), source);
    expect(await stored()).toEqual(wanted);
    expect(wrongBytes).toBe(5000);
    const message = expect.stringMatching(/^bad is left: its block 3 is not what the fleet signed; asking others$/);
    expect(warnings).toEqual([{ code: 'FILL', message }]);
  });

  it('asks for the whole block once more when a symbol that the receiver had is wrong, and blames no source', async () => {
    take([15, 16], Buffer.alloc(geometry.sizeBytes));
    const source = new Bytes('good', wanted);
    const { wrongBytes } = await fill(source);
    expect(source.asked).toContainEqual([17_000, 3000]);
    expect(source.asked).toContainEqual([15_000, 5000]);
    expect(await stored()).toEqual(wanted);
    expect([wrongBytes, warnings]).toEqual([0, []]);
  });

  it('can fill nothing while nobody has said the digests of blocks, and fills when multicast has', async () => {
    const source = new Bytes('good', wanted);
    source.digests = async () => undefined;
    let whole: () => void = () => undefined;
    const isWhole = new Promise<void>((resolve) => {
      whole = resolve;
    });
    const filling = new Filling({
      ...{ sources: [source], afterUs: 0, maxRateBitsPerSecond: undefined, random: () => 0, assembler, store },
      ...{ clock: systemClock, onFill: () => undefined, onWarning: () => undefined, onError: () => undefined },
      onBlock: (block) => {
        assembler.accept(block);
        if (assembler.isVerified) whole();
      },
    });
    expect(filling.canFill).toBe(true);
    filling.tick(systemClock.nowUs());
    await expect.poll(() => filling.canFill).toBe(false);
    expect(source.asked).toEqual([]);
    assembler.addAllDigests(digests);
    await isWhole;
    expect(await stored()).toEqual(wanted);
    await filling.end();
  });

  it('ends when no source is left, and takes no digests that do not lead to the root', async () => {
    const filling = await fill(new Bytes('liar', wanted, Buffer.alloc(digests.length)), new Bytes('gone', undefined));
    expect(filling.hasSources).toBe(false);
    expect(warnings.map(({ message }) => message)).toEqual([
      'liar is left: its digests of blocks are not what the fleet signed; asking others',
      'gone is left: it answered 404; there is no other one to ask',
    ]);
  });
});
