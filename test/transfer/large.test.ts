import { describe, expect, it } from 'vitest';
import { blockOf, geometryOf } from '../../dist/object/geometry.js';
import { SymbolSet } from '../../dist/object/symbol-set.js';
import { sparseContent } from '../../dist/simulate/index.js';
import { seeded } from '../simulate/seed.js';
import { Bed } from './bed.js';

const GIB = 2 ** 30;
const SYMBOL = 8192;

describe('an object larger than 4 GiB', () => {
  it(seeded('is received beyond byte 2^32 where it belongs'), async () => {
    const bed = new Bed('large');
    const edge = 4 * GIB;
    const bytes = bed.network.prng.fork('edge').fill(new Uint8Array(200 * SYMBOL));
    const sizeBytes = edge + 100 * SYMBOL + 17;
    const piece = { offset: edge - 100 * SYMBOL, bytes: bytes.subarray(0, 200 * SYMBOL + 17) };
    const content = sparseContent(sizeBytes, [piece]);
    const channels = [{ rateBitsPerSecond: 10e6, startRatio: (edge - 450 * SYMBOL) / sizeBytes }];
    const object = bed.object(0, { content, symbolBytes: SYMBOL, blockSymbols: 4096, channels });
    const { descriptor } = object;
    const geometry = geometryOf(sizeBytes, SYMBOL, descriptor.blockCount);

    // All but the last 250 symbols, and whole blocks before those verified, are there from an earlier run.
    const from = geometry.symbolCount - 250;
    const symbols = new SymbolSet(geometry.symbolCount);
    symbols.addRun(0, from);
    const blocks = new SymbolSet(geometry.blockCount);
    blocks.addRun(0, blockOf(geometry, from));
    const disk = bed.disk();
    disk.prepare(descriptor, symbols, blocks);

    await bed.server().publish(object);
    const receiver = bed.receiver({ disk });
    // The channel begins 300 symbols before what is missing, and brings 150 a second.
    const complete = await bed.completion(receiver, 1.01 + 600 / 150);
    expect(disk.violations).toEqual([]);
    expect(complete.bytes).toBe(sizeBytes);
    expect(complete.resumedBytes).toBe(from * SYMBOL);
    expect(complete.payloadBytes - complete.duplicateBytes).toBe(sizeBytes - from * SYMBOL);
    const found = new Uint8Array(piece.bytes.length);
    disk.completed?.read(piece.offset, found);
    expect(Buffer.compare(found, piece.bytes)).toBe(0);
  });
});
