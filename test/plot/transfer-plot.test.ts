import { describe, expect, it } from 'vitest';
import { TransferPlot, type TransferPlotOptions } from '../../dist/plot/transfer-plot.js';

type Event = Readonly<Record<string, unknown>>;

const join = (atMs: number, channel: number, reason: string): Event => ({
  event: 'join',
  atMs,
  server: null,
  channel,
  reason,
});
const leave = (atMs: number, channel: number, reason: string): Event => ({
  ...join(atMs, channel, reason),
  event: 'leave',
});
/** @param highest channel that is joined; −1 for none */
const progress = (atMs: number, highest: number, more: Event = {}): Event => ({
  event: 'progress',
  atMs,
  level: highest + 1,
  levelCount: 6,
  rateBitsPerSecond: 1e6 * (highest + 1),
  lossRatio: 0,
  levelRateBitsPerSecond: 1e6 * (highest + 1),
  queueMs: 5,
  capacityBitsPerSecond: null,
  ...more,
});
const of = (receiver: string, events: readonly Event[]) => events.map((event) => ({ ...event, receiver }));

function svgOf(events: readonly Event[], options?: TransferPlotOptions): string {
  const plot = new TransferPlot(options);
  for (const event of events) expect(plot.add(event)).toBeUndefined();
  return plot.toSvg();
}

const titlesIn = (svg: string) => [...svg.matchAll(/<g [^>]*><title>([^<]*)<\/title>/g)].map((match) => match[1]);
const headingsIn = (svg: string) => [...svg.matchAll(/class="strong">([^<]*)</g)].map((match) => match[1]);
const textsIn = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]+)</g)].map((match) => match[1]);
const linesIn = (svg: string) => [...svg.matchAll(/class="line (c\d)[^"]*" d="([^"]*)"/g)].map((match) => match[2]!);

const one: readonly Event[] = [
  join(100, 0, 'the lowest channel'),
  progress(1000, 0),
  join(2000, 1, 'level 1 → 3: trains came at 6 Mbit/s'),
  join(2001, 2, 'level 1 → 3: trains came at 6 Mbit/s'),
  progress(3000, 2),
  leave(9000, 2, 'level 3 → 2: 12 % lost'),
  progress(10_000, 1),
];

describe('a picture of a transfer', () => {
  it('has a panel for each thing measured, and leaves out what was not', () => {
    expect(headingsIn(svgOf(one))).toEqual(['Level', 'Rate, Mbit/s', 'Queue delay, ms', 'Loss, %']);
    const plain = progress(0, 0, { queueMs: undefined, levelRateBitsPerSecond: undefined, rateBitsPerSecond: 12e3 });
    expect(headingsIn(svgOf([plain]))).toEqual(['Level', 'Rate, kbit/s', 'Loss, %']);
  });

  it('says why at each change, once for channels that changed together', () => {
    expect(titlesIn(svgOf(one))).toEqual([
      '0.1 s: the lowest channel (joins channel 0)',
      '2.0 s: level 1 → 3: trains came at 6 Mbit/s (joins channels 1, 2)',
      '9.0 s: level 3 → 2: 12 % lost (leaves channel 2)',
    ]);
  });

  it('says what was compared', () => {
    const left = { ...leave(9000, 2, 'level 3 → 2: 12 % lost'), compared: { lossRatio: 0.12345, mostLossRatio: 0.1 } };
    const svg = svgOf([join(0, 2, 'room'), progress(1000, 2), left, progress(10_000, 1)]);
    expect(titlesIn(svg)[1]).toBe(
      '9.0 s: level 3 → 2: 12 % lost (leaves channel 2); lossRatio 0.123, mostLossRatio 0.1',
    );
  });

  it('tells changes apart that have the same reason at another time', () => {
    expect(titlesIn(svgOf([join(0, 0, 'room'), join(500, 1, 'room'), progress(1000, 1)]))).toHaveLength(2);
  });

  it('writes a reason beside its mark where that fits before the next, without what the axis says', () => {
    const events = [
      join(1000, 0, 'level 0 → 1: the lowest'),
      join(1500, 1, 'level 1 → 2: found room'),
      progress(9000, 1),
    ];
    expect(textsIn(svgOf(events))).toContain('found room');
    expect(textsIn(svgOf(events)).join()).not.toContain('the lowest');
  });

  it('steps from level to level, with no slope between', () => {
    const [level] = linesIn(svgOf(one));
    expect(level).toMatch(/^M[\d. ]+(H[\d.]+V[\d.]+)+$/);
  });

  it('writes names and reasons as text, whatever is in them', () => {
    const svg = svgOf(of('a<b>&"\u0000', [join(0, 0, '<script>alert("1 < 2")</script>'), progress(1, 0)]), {
      title: '</title><x>',
      receiver: 'a<b>&"\u0000',
    });
    expect(svg).not.toMatch(/<script|<x>|<b>|\0/);
    expect(titlesIn(svg)[0]).toContain('&lt;script&gt;alert(&quot;1 &lt; 2&quot;)&lt;/script&gt;');
  });

  it('is the same for the same events', () => {
    expect(svgOf(one)).toBe(svgOf(one));
  });

  it('has a title, a description in words, and both schemes of colours', () => {
    const svg = svgOf([{ event: 'descriptor', atMs: 0, fleet: 'acme', object: 'maps', version: 3 }, ...one]);
    expect(svg).toContain('<title>acme/maps, version 3</title>');
    expect(svg).toContain(
      '<desc>not complete after 10.0 s. The receiver: level at most 3, received 2 Mbit/s on average, queue delay at most 5 ms, loss at most 0.0 %.</desc>',
    );
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg).not.toMatch(/NaN|Infinity|undefined|var\(/);
  });

  it('marks where everything was there, and until then draws the level', () => {
    const end = [2, 1, 0].map((channel, i) => leave(12_000 + i, channel, 'the object is complete'));
    const svg = svgOf([...one.slice(0, 5), ...end, progress(12_500, -1), { event: 'complete', atMs: 13_000 }]);
    expect(titlesIn(svg).slice(-2)).toEqual([
      '12.0 s: the object is complete (leaves channels 0, 1, 2)',
      '13.0 s: the object is complete',
    ]);
    expect(svg).toContain('complete after 13.0 s');
    expect(svg).toMatch(/<g transform="translate\(([\d.]+) ([\d.]+)\)"><title>13\.0 s/);
    const [, x, y] = /translate\(([\d.]+) ([\d.]+)\)"><title>13\.0 s/.exec(svg)!;
    expect(linesIn(svg)[0]).toMatch(new RegExp(`H${x}V${y}$`));
  });

  it('counts levels of a replicated ladder by rate, in whatever order its channels are', () => {
    const channels = [{ intervalUs: 100 }, { intervalUs: 900 }, { intervalUs: 300 }];
    const descriptor = { event: 'descriptor', atMs: 0, fleet: 'f', object: 'o', mode: 'best', channels };
    const former = (channel: number) => progress(1, 0, { level: channel, levelCount: undefined });
    expect(svgOf([descriptor, former(0)])).toContain('level at most 3');
    expect(svgOf([descriptor, former(1)])).toContain('level at most 1');
    const after = [descriptor, progress(1, 2), join(2, 1, 'lower'), leave(2, 0, 'lower'), progress(3, 0)];
    expect(svgOf(after)).toContain('level at most 3');
  });

  it('takes a level for what it says: with the number of levels from 1, without it as older versions counted', () => {
    const former = (level: number) => progress(1, 0, { level, levelCount: undefined });
    expect(svgOf([progress(1, 1)])).toContain('level at most 2');
    expect(svgOf([former(2)])).toContain('level at most 3');
    expect(svgOf([former(-1)])).toContain('level at most 0');
  });

  it('believes what a receiver says of itself where joins are missing', () => {
    expect(svgOf([progress(1000, 4), leave(2000, 4, 'loss'), progress(3000, 3)])).toContain('level at most 5');
    expect(titlesIn(svgOf([progress(1000, 4), join(2000, 5, 'room')]))[0]).toContain('joins channel 5');
  });

  it('draws capacity and cross traffic with their names, and is not made for estimates that are far too high', () => {
    const svg = svgOf([
      progress(1000, 0, { capacityBitsPerSecond: 9e9 }),
      { event: 'link', atMs: 1000, link: 'up', capacityBitsPerSecond: 15e5, queueMs: 1, lossRatio: 0 },
      { event: 'link', atMs: 1000, link: 'backbone', capacityBitsPerSecond: 1e9, queueMs: 0, lossRatio: 0 },
      { event: 'flow', atMs: 1000, flow: 'tcp', rateBitsPerSecond: 3e5 },
      progress(2000, 0, { capacityBitsPerSecond: 2e6 }),
    ]);
    expect(textsIn(svg)).toEqual(expect.arrayContaining(['capacity seen', 'joined', 'received', 'link up', 'tcp']));
    expect(textsIn(svg)).not.toContain('link backbone');
    expect(headingsIn(svg)).toContain('Rate, Mbit/s');
  });

  it('draws a link that drops without a queue before links that only delay', () => {
    const link = (name: string, sample: Event) =>
      [1000, 2000].map((atMs) => ({ event: 'link', atMs, link: name, capacityBitsPerSecond: 15e5, ...sample }));
    const idle = ['a', 'b', 'c', 'd'].flatMap((name) => link(name, { queueMs: 1, lossRatio: 0, dropRatio: 0 }));
    const policed = link('policed', { queueMs: 0, lossRatio: 0.2, dropRatio: 0.2 });
    const events = [...idle, ...policed].sort((a, b) => a.atMs - b.atMs);
    expect(textsIn(svgOf([progress(1000, 0), ...events, progress(2000, 0)]))).toContain('link policed');
  });

  it('tells what a link dropped itself from what it lost otherwise, where that is not all', () => {
    const link = { event: 'link', link: 'up', queueMs: 1, lossRatio: 0.2 };
    const notes = (dropRatio?: number) => {
      const lossy = [1000, 2000].map((atMs) => ({ ...link, atMs, ...(dropRatio === undefined ? {} : { dropRatio }) }));
      return svgOf([progress(1000, 0), ...lossy, progress(2000, 0)]);
    };
    expect(notes(0.1)).toContain('dashed: on the link, dotted: dropped by it');
    expect(notes(0.2)).not.toContain('dotted');
    expect(notes()).toContain('dashed: on the link');
    expect(notes()).not.toContain('dotted');
  });

  it('refuses what goes back in time, and goes on', () => {
    const plot = new TransferPlot();
    plot.add(progress(5000, 1));
    expect(plot.add(progress(4000, 1))).toBe('progress: goes back in time, from 5000 to 4000 ms');
    expect(plot.add(progress(5000, 2))).toBeUndefined();
  });

  it('is empty until something can be drawn', () => {
    const plot = new TransferPlot();
    for (const event of [{ event: 'warning' }, { event: 'complete', atMs: 1 }, 'x']) plot.add(event);
    expect(plot.isEmpty).toBe(true);
    plot.add(progress(2, 0));
    expect(plot.isEmpty).toBe(false);
  });
});

describe('a picture of several receivers', () => {
  const several = (count: number) =>
    [1000, 2000, 3000].flatMap((atMs) =>
      Array.from({ length: count }, (_, i) => ({ ...progress(atMs, i % 4), receiver: `r${i + 1}` })),
    );

  it('names each of up to 8 in its colour, one below the other', () => {
    const svg = svgOf(several(8));
    const labels = [...svg.matchAll(/<text class="small c\d" x="[\d.]+" y="([\d.]+)">(r\d)</g)];
    expect(labels.map((label) => label[2]).toSorted()).toEqual(['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8']);
    const heights = labels.map((label) => Number(label[1])).toSorted((a, b) => a - b);
    for (const [i, height] of heights.entries()) if (i > 0) expect(height - heights[i - 1]!).toBeGreaterThanOrEqual(13);
    expect(new Set(svg.match(/class="small c\d"/g))).toHaveProperty('size', 8);
  });

  it('draws more than 8 as median and band', () => {
    const svg = svgOf(several(9));
    expect(svg).toContain('0 of 9 receivers complete after 3.0 s; medians');
    expect(svg.match(/class="area c0"/g)).toHaveLength(4);
    expect(svg).not.toContain('>r1<');
  });

  it('draws one of them alone when asked', () => {
    const svg = svgOf(several(20), { receiver: 'r13' });
    expect(svg).toContain('<title>A transfer, receiver r13</title>');
    expect(svg).not.toContain('class="area');
    const nobody = new TransferPlot({ receiver: 'r99' });
    for (const event of several(2)) nobody.add(event);
    expect(nobody.isEmpty).toBe(true);
    expect([...nobody.receivers]).toEqual(['r1', 'r2']);
  });

  it('stays small for a log of any length', () => {
    const plot = new TransferPlot();
    for (let i = 0; i < 50_000; i++) {
      plot.add({ ...(i % 2 === 0 ? join(i * 100, 1, `up ${i}`) : leave(i * 100, 1, `down ${i}`)), receiver: 'r1' });
      plot.add({ ...progress(i * 100, i % 2), receiver: 'r1' });
    }
    const svg = plot.toSvg();
    expect(svg.length).toBeLessThan(1_000_000);
    expect(titlesIn(svg)).toHaveLength(1000);
    expect(svg).toContain('49,000 later changes of level have no mark.');
  });

  it.each([400, 900, 4000])('fits in %d pixels', (width) => {
    const svg = svgOf(of('a-name-that-is-much-longer-than-there-is-room', one), { width });
    expect(svg).toContain(`width="${width}"`);
    const [title] = textsIn(svg);
    expect(title!.length * 9).toBeLessThan(width);
    expect(title!.endsWith('…')).toBe(width === 400);
    for (const [, d] of svg.matchAll(/class="grid" d="M[\d.]+ [\d.]+H([\d.]+)"/g))
      expect(Number(d)).toBeLessThan(width);
  });
});
