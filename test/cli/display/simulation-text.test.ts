import { describe, expect, it } from 'vitest';
import { summaryText } from '../../../dist/cli/display/simulation-text.js';
import type { LinkSummary, ReceiverSummary, SummaryEvent } from '../../../dist/simulate/run/simulation-events.js';

const same = (value: number) => ({ min: value, median: value, max: value });

const box: ReceiverSummary = {
  receiver: 'box',
  count: 1,
  completeCount: 1,
  failedCount: 0,
  completionMs: same(36_000),
  progress: same(1),
  level: same(9.43),
  rateBitsPerSecond: same(4.82e6),
  share: same(0.482),
  lossRatio: same(0.0027),
};

const crowd: ReceiverSummary = {
  ...box,
  receiver: 'a name that is longer than a table has room for',
  count: 1000,
  completeCount: 3,
  failedCount: 1,
  completionMs: { min: 3550, median: 17_800, max: 105_000 },
  progress: { min: 0.0001, median: 0.97, max: 1 },
  share: null,
};

const link = (index: number, use: number): LinkSummary => ({
  link: `line/${index}`,
  rateBitsPerSecond: use * 123.4e6,
  capacityBitsPerSecond: 123.4e6,
  use,
  lossRatio: 0.123,
  dropRatio: 0.1,
});

const summary: SummaryEvent = {
  event: 'summary',
  atMs: 120_000,
  seed: '7',
  digest: '0123456789abcdef',
  receivers: [box, crowd, { ...box, receiver: 'lost', completeCount: 0, failedCount: 1, completionMs: null }],
  links: [
    { ...link(1, 0.5), capacityBitsPerSecond: null, use: null },
    ...Array.from({ length: 30 }, (_, i) => link(i + 2, i / 30)),
  ],
  flows: [{ flow: 'download', rateBitsPerSecond: 8.18e6, lossRatio: 0.0081 }],
};

describe('what a simulation tells people', () => {
  const text = summaryText(summary, 5070);

  it('says what ran, and how it can be run again', () => {
    expect(text.split('\n')[0]).toBe('2 min 0 s simulated in 5.07 s, seed 7, digest 0123456789abcdef');
  });

  it('has one row for one receiver, and least, median and most for several', () => {
    const lines = text.split('\n');
    expect(lines.find((line) => line.startsWith('box'))).toMatch(/^box +100% +36 s +9\.4 +4\.82 Mbit\/s +48% +0\.27%$/);
    const first = lines.findIndex((line) => line.startsWith('a name'));
    expect(
      lines.slice(first, first + 3).map((line) => /(min|median|max) +(\S+) +(.*s) +9\.4/.exec(line)?.slice(1)),
    ).toEqual([
      ['min', '0.01%', '3.55 s'],
      ['median', '97%', '17.8 s'],
      ['max', '100%', '1 min 45 s'],
    ]);
    expect(text).toContain(': 3 of 1000 complete, 1 failed\n');
    expect(text).toMatch(/^lost +100% +- /m);
    expect(text).toContain('\nlost: failed\n');
  });

  it('shows the fullest of many links', () => {
    expect(text).toContain('the fullest 20 of 31 links\n');
    expect(text).toMatch(/^line\/31 +119 Mbit\/s +123 Mbit\/s +97% +12%$/m);
    expect(text).not.toContain('line/2 ');
  });

  it('has no line of more than 80 columns', () => {
    for (const line of text.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(80);
  });
});
