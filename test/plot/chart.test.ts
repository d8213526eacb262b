import { describe, expect, it } from 'vitest';
import { chart } from '../../dist/plot/chart.js';
import { ringPicture } from '../../dist/plot/ring.js';

const AXES = { title: 't', xLabel: 'x', yLabel: 'y' } as const;
const ticksOf = (svg: string) =>
  [...svg.matchAll(/class="small"[^>]*text-anchor[^>]*>([^<]*)</g)].map((match) => match[1]);
const linesOf = (svg: string) => [...svg.matchAll(/class="line c\d" d="([^"]*)"/g)].map((match) => match[1]!);

describe('a chart', () => {
  it('has round ticks over the whole of both axes, from zero', () => {
    const svg = chart({
      ...AXES,
      series: [
        {
          name: 'a',
          points: [
            [1, 0.1],
            [29, 0.43],
          ],
        },
      ],
    });
    expect(ticksOf(svg)).toEqual(['0', '5', '10', '15', '20', '25', '30', '0', '0.1', '0.2', '0.3', '0.4', '0.5']);
  });

  it('draws each series from its first point to its last, and a gap where a value is missing', () => {
    const points = [
      [0, 0],
      [1, 1],
      [2, Number.NaN],
      [3, 1],
      [4, 0],
    ] as const;
    const [line, legend] = linesOf(chart({ ...AXES, series: [{ name: 'a', points }] }));
    expect(line!.match(/M/g)).toHaveLength(2);
    expect(line!.match(/L/g)).toHaveLength(2);
    expect(line).toMatch(/^M64 368L/);
    expect(legend).toContain('h24');
  });

  it('writes names as text, whatever is in them', () => {
    const svg = chart({ ...AXES, title: 'a < b & "c"\u0000\ud800', series: [] });
    expect(svg).toContain('<title>a &lt; b &amp; &quot;c&quot;\ufffd\ufffd</title>');
  });

  it('draws something for no values and for equal ones', () => {
    for (const points of [
      [],
      [[0, 0]],
      [
        [5, 0],
        [5, 0],
      ],
    ] as const) {
      expect(chart({ ...AXES, series: [{ name: 'a', points }] })).not.toMatch(/NaN|Infinity/);
    }
  });

  it('follows what the reader prefers', () => {
    expect(chart({ ...AXES, series: [] })).toContain('prefers-color-scheme:dark');
  });
});

describe('a picture of rings', () => {
  const picture = (start: number, turns: number, length: number) =>
    ringPicture({
      title: 't',
      legend: ['a'],
      rings: [{ title: 'r', caption: 'c', tracks: [{ colourIndex: 0, start, turns, band: { start, length } }] }],
    });

  it('begins at the top inside and ends outside, after its turns', () => {
    const [, spiral] = linesOf(picture(0, 1.25, 0.5));
    expect(spiral).toMatch(/^M0 -34L/);
    expect(spiral).toMatch(/L100 0$/);
  });

  it('has no two lines that look the same, and their samples in the legend', () => {
    const names = Array.from({ length: 40 }, (_, index) => `line ${index}`);
    const tracks = names.map((_, colourIndex) => ({ colourIndex, start: 0, turns: 0.5 }));
    const svg = ringPicture({ title: 't', legend: names, rings: [{ title: 'r', caption: 'c', tracks }] });
    const looks = [...svg.matchAll(/<path class="line (c\d)" d="[^"]*"(?: stroke-dasharray="([^"]*)")?/g)].map(
      ([, colour, dashes = '']) => `${colour} ${dashes}`,
    );
    expect(new Set(looks.slice(0, 40)).size).toBe(40);
    expect(looks.slice(40)).toEqual(looks.slice(0, 40));
  });

  it('draws bands of any length, and tracks that hardly move', () => {
    for (const length of [0, 0.3, 1]) expect(picture(0.9, 1e-9, length)).not.toMatch(/NaN|Infinity/);
  });
});
