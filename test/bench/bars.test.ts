import { describe, expect, test } from 'vitest';
import { type BarPanel, barPicture, type NamedRow } from '../../bench/bars.js';
import { rowPicture } from '../../bench/rate/picture.js';
import type { Outcome, Row } from '../../bench/rate/row.js';

interface Run {
  readonly sent: number;
  readonly received: number | undefined;
}

const runs: readonly NamedRow<Run>[] = [
  { name: 'one', row: { sent: 1, received: 2 } },
  { name: 'two', row: { sent: 3, received: undefined } },
];
const parts: BarPanel<Run>['parts'] = [
  { name: 'sender', of: ({ sent }) => sent },
  { name: 'receiver', of: ({ received }) => received },
];

/** The number of bars; keys of panels are rectangles of 12 by 12. */
function barsOf(svg: string): number {
  return [...svg.matchAll(/<rect class="area c\d"[^>]*>/g)].filter(([bar]) => !bar.includes('width="12" height="12"'))
    .length;
}

describe('a picture of bars', () => {
  test('has a bar of all parts for each row, with their sum', () => {
    const svg = barPicture('title', runs, [{ title: 'panel', parts }]);
    expect(svg).toContain('>3.00</text>');
    expect(svg).not.toContain('>1.00</text>');
  });

  test('has a bar for each part that a row has, with its value, where parts are apart', () => {
    const svg = barPicture('title', runs, [{ title: 'panel', parts, isApart: true }]);
    for (const value of ['1.00', '2.00', '3.00']) expect(svg).toContain(`>${value}</text>`);
    expect(barsOf(svg)).toBe(3);
  });
});

describe('the picture of a row', () => {
  const outcome = (group: string, value: number): Outcome => ({
    seed: 1,
    group,
    conditions: '',
    figures: { goodput: value },
    decisions: [],
  });
  const row: Row = {
    title: 'links',
    figures: [{ name: 'goodput' }],
    panels: [{ title: 'goodput', isApart: true, parts: [{ name: 'ours', of: (means) => means.get('goodput') }] }],
    play: async () => outcome('', 0),
  };

  test('shows the means of groups of seeds', () => {
    const svg = rowPicture(row, [outcome('burst 16 kB', 1), outcome('burst 4 kB', 5), outcome('burst 4 kB', 7)])!;
    expect(svg.indexOf('burst 4 kB')).toBeLessThan(svg.indexOf('burst 16 kB'));
    expect(svg).toContain('>6.00</text>');
    expect(svg).toContain('>1.00</text>');
  });

  test('is none if the row has no panels', () => {
    const { panels, ...plain } = row;
    expect(rowPicture(plain, [outcome('a', 1)])).toBeUndefined();
  });
});
