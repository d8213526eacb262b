import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SymbolSet } from '../../dist/object/symbol-set.js';

const SIZE = 150;

/** Sets of plain numbers do what the bitmap should. */
function runsOf(model: ReadonlySet<number>): [number, number][] {
  const runs: [number, number][] = [];
  for (const symbol of [...model].toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === symbol) last[1]++;
    else runs.push([symbol, 1]);
  }
  return runs;
}

const run = fc
  .tuple(fc.nat(SIZE), fc.nat(SIZE))
  .map(([a, b]) => ({ first: Math.min(a, b), count: Math.max(a, b) - Math.min(a, b) }));
const operations = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('add' as const), symbol: fc.nat(SIZE - 1) }),
    run.map((r) => ({ kind: 'addRun' as const, ...r })),
    run.map((r) => ({ kind: 'removeRun' as const, ...r })),
  ),
  { maxLength: 40 },
);

describe('a set of symbols', () => {
  it('behaves like a set of numbers', () => {
    fc.assert(
      fc.property(operations, run, fc.integer({ min: 1, max: 40 }), (steps, window, bucketCount) => {
        const set = new SymbolSet(SIZE);
        const model = new Set<number>();
        for (const step of steps) {
          const before = model.size;
          if (step.kind === 'add') {
            model.add(step.symbol);
            expect(set.add(step.symbol)).toBe(model.size > before);
            continue;
          }
          for (let symbol = step.first; symbol < step.first + step.count; symbol++) {
            if (step.kind === 'addRun') model.add(symbol);
            else model.delete(symbol);
          }
          const changed = step.kind === 'addRun' ? set.addRun : set.removeRun;
          expect(changed.call(set, step.first, step.count)).toBe(Math.abs(model.size - before));
        }
        expect(set.count).toBe(model.size);
        expect([...set.runs()]).toEqual(runsOf(model));
        const all = Array.from({ length: SIZE }, (_, symbol) => symbol);
        expect(all.filter((symbol) => set.has(symbol))).toEqual(all.filter((symbol) => model.has(symbol)));
        const missing = all.filter((symbol) => !model.has(symbol));
        for (const from of all) {
          expect(set.nextMissing(from)).toBe(missing.find((symbol) => symbol >= from) ?? SIZE);
          expect(set.nextPresent(from)).toBe(all.find((symbol) => symbol >= from && model.has(symbol)) ?? SIZE);
        }
        const end = window.first + window.count;
        expect(set.missingIn(window.first, end)).toBe(missing.filter((s) => s >= window.first && s < end).length);
        const fill = set.fill(bucketCount);
        expect(fill.map((share) => share >= 0 && share <= 1)).not.toContain(false);
        if (SIZE % bucketCount === 0) {
          const total = fill.reduce((sum, share) => sum + share, 0);
          expect(total / bucketCount).toBeCloseTo(model.size / SIZE, 9);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes over what another set holds', () => {
    const one = new SymbolSet(100);
    const other = new SymbolSet(100);
    one.addRun(0, 40);
    other.addRun(30, 20);
    other.add(99);
    one.addAll(other);
    expect([...one.runs()]).toEqual([
      [0, 50],
      [99, 1],
    ]);
    one.clear();
    expect([one.count, one.nextPresent(0)]).toEqual([0, 100]);
  });

  it('works at the upper end of 32 bits', () => {
    const size = 2 ** 32;
    const set = new SymbolSet(size);
    expect(set.add(size - 1)).toBe(true);
    expect(set.add(size - 1)).toBe(false);
    expect(set.add(2 ** 31)).toBe(true);
    expect(set.has(size - 1)).toBe(true);
    expect(set.has(size - 2)).toBe(false);
    expect(set.addRun(size - 100, 100)).toBe(99);
    expect(set.nextMissing(size - 100)).toBe(size);
    expect(set.nextPresent(2 ** 31 + 1)).toBe(size - 100);
    expect(set.missingIn(size - 164, size)).toBe(64);
    expect(set.removeRun(size - 1, 1)).toBe(1);
    expect(set.nextMissing(size - 50)).toBe(size - 1);
  });

  it('shows more buckets than symbols, and the empty object as full', () => {
    const set = new SymbolSet(2);
    set.add(1);
    expect(set.fill(4)).toEqual([0, 0, 1, 1]);
    expect(new SymbolSet(0).fill(3)).toEqual([1, 1, 1]);
    expect(new SymbolSet(0).isComplete).toBe(true);
  });

  it.each([-1, 100, Number.NaN, 2 ** 32])('refuses symbol %d of a hundred', (symbol) => {
    const set = new SymbolSet(100);
    expect(() => set.add(symbol)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect(() => set.addRun(symbol, 1)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect(() => set.removeRun(symbol, 1)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect(set.count).toBe(0);
  });
});
