import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SPARE_SYMBOLS } from '../../../dist/fec/decoder.js';
import { blockSymbolCount, firstSymbolOf, geometryOf, symbolLength } from '../../../dist/object/geometry.js';
import { Holdings } from '../../../dist/object/holdings.js';
import { CodedPlaces } from '../../../dist/receiver/assemble/coded-places.js';
import { NoPlace } from '../../../dist/receiver/assemble/no-place.js';

const SYMBOL_BYTES = 10;

/** A plain model: for every block, what each place holds and a list of spares. */
class Model {
  readonly places: Map<number, number>[];
  readonly spares: { readonly esi: number; readonly key: number }[][];
  readonly extra: number[];
  readonly geometry;

  constructor(sizeBytes: number, blockCount: number) {
    this.geometry = geometryOf(sizeBytes, SYMBOL_BYTES, blockCount);
    this.places = Array.from({ length: blockCount }, () => new Map());
    this.spares = Array.from({ length: blockCount }, () => []);
    this.extra = new Array(blockCount).fill(0);
  }

  isShort(place: number): boolean {
    return symbolLength(this.geometry, place) < SYMBOL_BYTES;
  }

  placeFor(block: number, esi: number): number {
    const [first, count] = [firstSymbolOf(this.geometry, block), blockSymbolCount(this.geometry, block)];
    const places = this.places[block]!;
    if ([...places.values()].includes(esi) || this.spares[block]!.some((spare) => spare.esi === esi))
      return NoPlace.known;
    if (esi < count && !places.has(first + esi)) return first + esi;
    for (let place = first; place < first + count; place++) {
      if (!places.has(place) && !this.isShort(place)) return place;
    }
    const hasShortGap = places.size < count;
    return this.spares[block]!.length < this.extra[block]! + (hasShortGap ? 1 : 0) ? NoPlace.spare : NoPlace.known;
  }

  content(block: number): readonly number[] {
    const [first, count] = [firstSymbolOf(this.geometry, block), blockSymbolCount(this.geometry, block)];
    return Array.from({ length: count }, (_, i) => this.places[block]!.get(first + i) ?? -1);
  }
}

/** Notes a written symbol as the store does. */
function hold(holdings: Holdings, block: number, esi: number, place: number): void {
  if (place === firstSymbolOf(holdings.geometry, block) + esi) holdings.addOwn(place);
  else holdings.addGuest(place, esi);
}

const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('symbol' as const), pick: fc.nat(), esi: fc.nat(40) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('vacate' as const), pick: fc.nat(), esi: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('want' as const), pick: fc.nat(), esi: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('keep' as const), pick: fc.nat(), esi: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), pick: fc.nat(), esi: fc.nat() }) },
);

describe('places of coded symbols', () => {
  it('are given and taken back as by a plain model', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: SYMBOL_BYTES - 1 }),
        fc.nat(),
        fc.array(step, { maxLength: 200 }),
        (symbolCount, missingBytes, blockPick, steps) => {
          const model = new Model(
            symbolCount * SYMBOL_BYTES - missingBytes,
            1 + (blockPick % Math.min(4, symbolCount)),
          );
          const { geometry } = model;
          const holdings = new Holdings(geometry);
          const coded = new CodedPlaces(holdings);
          for (const { kind, pick, esi } of steps) {
            const block = pick % geometry.blockCount;
            const places = model.places[block]!;
            const key = 1 + (pick % 3);
            if (kind === 'symbol') {
              const slot = coded.placeFor(block, esi);
              expect(slot).toBe(model.placeFor(block, esi));
              if (slot === NoPlace.spare) {
                coded.addSpare(block, { esi, key, bytes: Uint8Array.of(esi) });
                model.spares[block]!.push({ esi, key });
              } else if (slot >= 0) {
                hold(holdings, block, esi, slot);
                coded.note(block, esi, slot);
                places.set(slot, esi);
              }
            } else if (kind === 'vacate' && places.size > 0) {
              const place = [...places.keys()][esi % places.size]!;
              coded.vacate(block, place);
              holdings.remove(place, 1);
              places.delete(place);
            } else if (kind === 'want') {
              coded.wantSpare(block) && model.extra[block]!++;
            } else if (kind === 'keep') {
              coded.keepSpares(block, new Set([key]));
              model.spares[block] = model.spares[block]!.filter((spare) => spare.key === key);
              model.extra[block] = 0;
            } else if (kind === 'forget') {
              // When a block is proven, its places hold its own symbols from then on.
              const [first, count] = [firstSymbolOf(geometry, block), blockSymbolCount(geometry, block)];
              holdings.addOwnRun(first, count);
              coded.forget(block);
              for (let i = 0; i < count; i++) places.set(first + i, i);
              model.spares[block] = [];
              model.extra[block] = 0;
            }
            const content = model.content(block);
            const isOwn = content.every((held, i) => held === i);
            expect(coded.contentOf(block)?.esis).toEqual(isOwn ? undefined : Int32Array.from(content));
            expect(coded.sparesOf(block).map((spare) => spare.esi)).toEqual(model.spares[block]!.map((one) => one.esi));
            expect(coded.surplusOf(block)).toBe(model.spares[block]!.length - model.extra[block]!);
            const first = firstSymbolOf(geometry, block);
            const guestCount = [...places].filter(([place, held]) => place !== first + held).length;
            const guests = [...holdings.guestRunsIn(first, blockSymbolCount(geometry, block))];
            expect(guests.reduce((sum, [, , count]) => sum + count, 0)).toBe(guestCount);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keep what an earlier run left: guests are known by their ESI, and their places are not free', () => {
    const geometry = geometryOf(10 * SYMBOL_BYTES, SYMBOL_BYTES, 2);
    const holdings = new Holdings(geometry);
    holdings.claimOwn(0, 1);
    holdings.claimGuests([6, 100, 2]);
    holdings.takeUp();
    const coded = new CodedPlaces(holdings);
    expect([...holdings.filled.runs()]).toEqual([
      [0, 1],
      [6, 2],
    ]);
    expect([coded.placeFor(1, 100), coded.placeFor(1, 101), coded.placeFor(0, 0)]).toEqual(
      new Array(3).fill(NoPlace.known),
    );
    // The symbol's own place holds a guest, and the first place of the block is the next free one.
    expect(coded.placeFor(1, 1)).toBe(5);
    expect(coded.placeFor(1, 3)).toBe(8);
    expect(coded.placeFor(0, 100)).toBe(1);
  });

  it('ask for no more symbols for a block than an honest block can need', () => {
    const coded = new CodedPlaces(new Holdings(geometryOf(20, SYMBOL_BYTES, 1)));
    let count = 0;
    while (count < 100 && coded.wantSpare(0)) count++;
    expect(count).toBe(SPARE_SYMBOLS);
  });

  it('copy a spare symbol, whose datagram is gone when it is needed', () => {
    const coded = new CodedPlaces(new Holdings(geometryOf(20, SYMBOL_BYTES, 1)));
    const bytes = new Uint8Array(SYMBOL_BYTES).fill(7);
    coded.addSpare(0, { esi: 5, key: 1, bytes });
    bytes.fill(0);
    expect(coded.sparesOf(0)[0]!.bytes).toEqual(new Uint8Array(SYMBOL_BYTES).fill(7));
  });

  it('hold symbols wherever their ESIs lie, until every place is taken', () => {
    const holdings = new Holdings(geometryOf(1000 * SYMBOL_BYTES, SYMBOL_BYTES, 1));
    const coded = new CodedPlaces(holdings);
    const esis = Array.from({ length: 1000 }, (_, i) => 5000 + 16_000 * i);
    const places = esis.map((esi) => {
      const slot = coded.placeFor(0, esi);
      hold(holdings, 0, esi, slot);
      coded.note(0, esi, slot);
      return slot;
    });
    expect(places).toEqual(esis.map((_, i) => i));
    expect(esis.every((esi) => coded.placeFor(0, esi) === NoPlace.known)).toBe(true);
  });
});
