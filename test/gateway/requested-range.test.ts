import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRangeMeant, preconditionOf } from '../../dist/gateway/preconditions.js';
import { requestedRange } from '../../dist/gateway/requested-range.js';

describe('a requested range', () => {
  it.each([
    ['bytes=0-0', 10, { first: 0, end: 1 }],
    ['bytes=3-', 10, { first: 3, end: 10 }],
    ['bytes=3-99', 10, { first: 3, end: 10 }],
    ['bytes=-4', 10, { first: 6, end: 10 }],
    ['bytes=-40', 10, { first: 0, end: 10 }],
    ['BYTES= 3-4 ', 10, { first: 3, end: 5 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-5', 0, 'unsatisfiable'],
    [`bytes=0-${'9'.repeat(400)}`, 10, { first: 0, end: 10 }],
    [`bytes=${'9'.repeat(400)}-`, 10, 'unsatisfiable'],
    [`bytes=${'0'.repeat(400)}7-8`, 10, { first: 7, end: 9 }],
    ['bytes=4-3', 10, undefined],
    ['bytes=-', 10, undefined],
    ['bytes=0-1,4-5', 10, undefined],
    ['lines=0-1', 10, undefined],
    ['bytes=1.5-2', 10, undefined],
    ['bytes=+1-2', 10, undefined],
    ['', 10, undefined],
    [undefined, 10, undefined],
  ])('%s of %i bytes', (field, sizeBytes, expected) => {
    expect(requestedRange(field, sizeBytes)).toEqual(expected);
  });

  it('lies inside the content and has a byte, or there is none, for any field', () => {
    const number = fc.oneof(fc.constant(''), fc.nat().map(String), fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String));
    const likely = fc.tuple(number, number).map(([from, to]) => `bytes=${from}-${to}`);
    fc.assert(
      fc.property(
        fc.oneof(
          likely,
          fc.string(),
          fc.string().map((text) => `bytes=${text}`),
        ),
        fc.nat(),
        (field, sizeBytes) => {
          const range = requestedRange(field, sizeBytes);
          if (range === undefined || range === 'unsatisfiable') return;
          expect(range.first).toBeGreaterThanOrEqual(0);
          expect(range.end).toBeGreaterThan(range.first);
          expect(range.end).toBeLessThanOrEqual(sizeBytes);
          expect([range.first, range.end].every(Number.isSafeInteger)).toBe(true);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('is the range that arithmetic of any precision gives', () => {
    const any = fc.bigInt({ min: 0n, max: 10n ** 20n });
    fc.assert(
      fc.property(any, fc.option(any), fc.nat(1e9), (first, last, sizeBytes) => {
        const size = BigInt(sizeBytes);
        const end = last === null || last + 1n > size ? size : last + 1n;
        const expected =
          last !== null && last < first
            ? undefined
            : first >= size
              ? 'unsatisfiable'
              : { first: Number(first), end: Number(end) };
        // Numbers beyond 15 digits are only known to be beyond every content, so an order among them is not told.
        const isTold = (last ?? 0n) < 10n ** 15n && first < 10n ** 15n;
        if (isTold) expect(requestedRange(`bytes=${first}-${last ?? ''}`, sizeBytes)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the preconditions of a request', () => {
  const tag = '"sha256-ab"';

  it.each([
    [{}, 'go on'],
    [{ 'if-match': tag }, 'go on'],
    [{ 'if-match': `"x", ${tag}` }, 'go on'],
    [{ 'if-match': '*' }, 'go on'],
    [{ 'if-match': '"x"' }, 'failed'],
    [{ 'if-match': `W/${tag}` }, 'failed'],
    [{ 'if-match': 'nonsense' }, 'failed'],
    [{ 'if-none-match': tag }, 'not modified'],
    [{ 'if-none-match': `W/${tag}` }, 'not modified'],
    [{ 'if-none-match': ` "x",${tag} ` }, 'not modified'],
    [{ 'if-none-match': '*' }, 'not modified'],
    [{ 'if-none-match': '"x"' }, 'go on'],
    [{ 'if-match': '"x"', 'if-none-match': tag }, 'failed'],
  ] as const)('%j', (fields, expected) => {
    expect(preconditionOf(fields, tag)).toBe(expected);
  });

  it('let a range count only with exactly this tag, not with a weak one or a date', () => {
    expect(isRangeMeant({}, tag)).toBe(true);
    expect(isRangeMeant({ 'if-range': tag }, tag)).toBe(true);
    for (const other of ['"x"', `W/${tag}`, 'Wed, 21 Oct 2026 07:28:00 GMT', ''])
      expect(isRangeMeant({ 'if-range': other }, tag)).toBe(false);
  });

  it('take any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => void preconditionOf({ 'if-match': a, 'if-none-match': b }, tag)),
    );
  });
});
