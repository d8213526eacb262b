import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../../dist/base/limits.js';
import { firstSymbolOf, geometryOf, symbolLength } from '../../../dist/object/geometry.js';
import { Carousel } from '../../../dist/sender/schedule/carousel.js';
import { FileOrder } from '../../../dist/sender/schedule/symbol-order.js';
import { Slab } from '../../../dist/sender/slab.js';
import { recordDatagrams } from '../../../dist/wire/fragments.js';
import { DatagramType, type Header, newHeader, readHeader } from '../../../dist/wire/header.js';

const objectHeader = (sizeBytes: number, symbolBytes: number, blockCount: number): Header => ({
  ...newHeader(),
  tagHigh: 0x0102_0304,
  tagLow: 0x0506_0708,
  sizeBytes,
  symbolBytes,
  blockCount,
});

/** A record of this many pieces, each with bytes of its own. */
const recordsOf = (count: number) =>
  count === 0
    ? []
    : recordDatagrams(
        new Uint8Array(1184 * count).map((_, i) => Math.floor(i / 1184)),
        9,
        9,
      );

interface Sent {
  readonly header: Header;
  readonly length: number;
  /** Set for symbols, from the reads that the slab lists. */
  readonly symbol: WantedSymbol | undefined;
}

interface WantedSymbol {
  readonly block: number;
  readonly esi: number;
}

/** The next datagrams, made in slabs of this many. */
function take(source: Carousel, symbolBytes: number, count: number, slabCount: number): Sent[] {
  const sent: Sent[] = [];
  const slab = new Slab(slabCount, source.maxDatagramBytes);
  while (sent.length < count) {
    source.prepare(slab);
    // By where its payload begins.
    const symbols = new Map<number, WantedSymbol>();
    for (const { block, firstEsi, start, count: run } of slab.reads) {
      for (let i = 0; i < run; i++) {
        symbols.set(start + i * (HEADER_BYTES + symbolBytes), { block, esi: firstEsi + i });
      }
    }
    for (let entry = 0; entry < slab.count; entry++) {
      const header = newHeader();
      const length = slab.lengthOf(entry);
      expect(readHeader(slab.bytes, slab.startOf(entry), length, header)).toBeUndefined();
      sent.push({ header, length, symbol: symbols.get(slab.startOf(entry) + HEADER_BYTES) });
    }
  }
  return sent.slice(0, count);
}

describe('a carousel', () => {
  it('sends all symbols in order from its start, again and again, for any slab size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(1000),
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(5),
        (sizeBytes, symbolBytes, blockSeed, startRatio, slabCount, recordCount) => {
          const symbolCount = Math.ceil(sizeBytes / symbolBytes);
          const blockCount = 1 + (blockSeed % symbolCount);
          const geometry = geometryOf(sizeBytes, symbolBytes, blockCount);
          const start = Math.floor((startRatio % 1) * symbolCount);
          const carousel = new Carousel({
            order: new FileOrder(geometry, start),
            symbolCount,
            object: objectHeader(sizeBytes, symbolBytes, blockCount),
            serverIndex: 3,
            channelIndex: 2,
            records: recordsOf(recordCount),
          });
          const sent = take(carousel, symbolBytes, 2 * symbolCount + 10, slabCount);
          const symbols = sent.filter(({ header }) => header.type === DatagramType.symbol);
          for (const [i, { header, length, symbol }] of symbols.entries()) {
            const number = (start + i) % symbolCount;
            expect(firstSymbolOf(geometry, header.block) + header.esi).toBe(number);
            expect(symbol).toEqual({ block: header.block, esi: header.esi });
            expect(length).toBe(HEADER_BYTES + symbolLength(geometry, number));
            expect(header).toMatchObject({ serverIndex: 3, channelIndex: 2, tagHigh: 0x0102_0304, sizeBytes });
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('sends its records in turn between the symbols, as one datagram in 33 at most', () => {
    const carousel = new Carousel({
      order: new FileOrder(geometryOf(1000 * 100, 100, 4), 0),
      symbolCount: 1000,
      object: objectHeader(1000 * 100, 100, 4),
      serverIndex: 0,
      channelIndex: 1,
      records: recordsOf(3),
    });
    const sent = take(carousel, 100, 3300, 7);
    const records = sent.filter(({ header }) => header.type === DatagramType.descriptor);
    expect(records).toHaveLength(100);
    expect(records.slice(0, 4).map(({ header }) => header.esi)).toEqual([2, 0, 1, 2]);
    expect(records.every(({ header }) => header.serverIndex === 0 && header.channelIndex === 1)).toBe(true);
    expect(records[0]!.length).toBe(HEADER_BYTES + 1184);
    // A receiver of one pass gets each record ten times.
    expect(sent.slice(0, 33).map(({ header }) => header.type)).toEqual([
      ...new Array(32).fill(DatagramType.symbol),
      DatagramType.descriptor,
    ]);
  });

  it('of a large object sends each record sixteen times in a pass, and a record after 1024 symbols at most', () => {
    const gaps = (symbolCount: number, recordCount: number) => {
      const carousel = new Carousel({
        order: new FileOrder(geometryOf(symbolCount, 1, Math.ceil(symbolCount / 50_000)), 0),
        symbolCount,
        object: objectHeader(symbolCount, 1, Math.ceil(symbolCount / 50_000)),
        serverIndex: 0,
        channelIndex: 0,
        records: recordsOf(recordCount),
      });
      const at = take(carousel, 1, 3000, 256).flatMap(({ header }, i) =>
        header.type === DatagramType.descriptor ? [i] : [],
      );
      return at[1]! - at[0]! - 1;
    };
    expect(gaps(16_000, 2)).toBe(500);
    expect(gaps(10_000_000, 2)).toBe(1024);
  });

  it('without records sends only symbols', () => {
    const object = objectHeader(10, 10, 1);
    const order = new FileOrder(geometryOf(10, 10, 1), 0);
    const options = { order, symbolCount: 1, object, serverIndex: 0, channelIndex: 0 };
    const sent = take(new Carousel({ ...options, records: [] }), 10, 100, 4);
    expect(sent.every(({ symbol }) => symbol?.block === 0 && symbol.esi === 0)).toBe(true);
  });
});
