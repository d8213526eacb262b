import fc from 'fast-check';
import { expect, it } from 'vitest';
import { excerptOf } from '../../dist/config/excerpt.js';

it('shows the line of a fault, and a caret under its column', () => {
  expect(excerptOf('fleet: f\nobjects: 7\n', { line: 2, column: 10 })).toEqual([
    '    2 | objects: 7',
    '      |          ^',
  ]);
});

it('cuts a long line around the fault', () => {
  const [line, caret] = excerptOf(`${'a'.repeat(300)}!${'b'.repeat(300)}`, { line: 1, column: 301 });
  expect(line!.length).toBeLessThan(80);
  expect(line![caret!.indexOf('^')]).toBe('!');
});

it('shows the last text before a fault at the end of a file, and a caret after it', () => {
  const shown = ['    2 | objects: [a, b', '      |               ^'];
  expect(excerptOf('fleet: f\nobjects: [a, b  \n\n', { line: 4, column: 1 })).toEqual(shown);
  expect(excerptOf('fleet: f\nobjects: [a, b', { line: 9, column: 1 })).toEqual(shown);
});

it('shows nothing of a file without text', () => {
  expect(excerptOf('\n \n', { line: 2, column: 1 })).toEqual([]);
  expect(excerptOf('', { line: 9, column: 1 })).toEqual([]);
});

it('makes at most two lines without control characters of any text and place', () => {
  const place = fc.record({ line: fc.integer({ min: 1, max: 20 }), column: fc.integer({ min: 1, max: 200 }) });
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), place, (text, at) => {
      const lines = excerptOf(text, at);
      expect(lines.length).toBeLessThanOrEqual(2);
      for (const line of lines) expect(line).not.toMatch(/\p{Cc}/u);
    }),
  );
});
