import { basename } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patternTest } from '../../dist/agent/object-pattern.js';
import { filledIn, pathPart } from '../../dist/agent/placeholders.js';

describe('a pattern of names', () => {
  it.each([
    ['maps/*', 'maps/eu', true],
    ['maps/*', 'maps/', true],
    ['maps/*', 'maps/eu/north', false],
    ['maps/**', 'maps/eu/north', true],
    ['*', 'firmware', true],
    ['*', 'a/b', false],
    ['**', 'a/b', true],
    ['a.c', 'abc', false],
    ['a[b]c', 'a[b]c', true],
    ['fw-*-stable', 'fw-2-stable', true],
    ['fw-*-stable', 'fw-2-stable-not', false],
  ])('%s and the name %s: %s', (pattern, name, fits) => {
    expect(patternTest(pattern)(name)).toBe(fits);
  });

  it('without stars fits exactly itself', () => {
    const text = fc.string().filter((one) => !one.includes('*'));
    fc.assert(fc.property(text, text, (a, b) => patternTest(a)(b) === (a === b)));
  });
});

describe('the part of a path that a name gives', () => {
  const names = fc.string({ unit: 'binary', minLength: 1 }).filter((name) => !/\p{Cs}/u.test(name));

  it('is one visible part, whatever the name', () => {
    fc.assert(
      fc.property(names, (name) => {
        const part = pathPart(name);
        expect(part).toBe(basename(part));
        expect(part).toMatch(/^[A-Za-z0-9_%-][A-Za-z0-9._%-]*$/);
      }),
    );
  });

  it('gives the name back, so that no two names share a file', () => {
    fc.assert(fc.property(names, (name) => decodeURIComponent(pathPart(name)) === name));
  });

  it('is filled in as it stands, also when it looks like a placeholder', () => {
    expect(filledIn('a/{object}/{other}', { object: '{object}' })).toBe('a/{object}/{other}');
    expect(pathPart('maps/eu')).toBe('maps%2Feu');
    expect(pathPart('../x')).toBe('%2E.%2Fx');
  });
});
