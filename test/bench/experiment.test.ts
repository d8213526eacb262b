import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cellOf, cellsOf, nameOf, WORDS } from '../../bench/experiment/cells.js';
import { exampleFiles } from '../../bench/experiment/examples.js';
import { fleetOf, LEVELS } from '../../bench/experiment/methods/layercast.js';
import { withTables } from '../../bench/experiment/page-tables.js';
import type { Result } from '../../bench/experiment/result.js';
import { ResultsFile } from '../../bench/experiment/results-file.js';
import { startSecondsOf } from '../../bench/experiment/start-times.js';
import { errorOf, summariesOf } from '../../bench/experiment/summary.js';
import { clientsOf, treeOf } from '../../bench/experiment/topology.js';
import { StepPlan } from '../../src/rate/step-plan.js';
import { RoutedPlan } from '../lab/routed-plan.js';

const result = (more: Partial<Result>): Result => ({
  cell: 'lan/immediate/equal/http/2/8MB',
  linkBitsPerSecond: 8e6,
  run: 1,
  at: '2026-01-01T00:00:00Z',
  seconds: [10, 12],
  startSeconds: [0, 0],
  ends: ['complete', 'complete'],
  lastedSeconds: 12,
  serverBytes: 16e6,
  serverCpuSeconds: 1,
  serverMegabytes: 10,
  load: 1,
  busyRatio: 0.5,
  freeMegabytes: 1000,
  links: {},
  ...more,
});

describe('the cells of the experiment', () => {
  test('have names that can be read back, each its own', () => {
    const { topology, schedule, links, method } = WORDS;
    const cells = cellsOf({ topology, schedule, links, method, clientCounts: [8, 50], sizes: ['32MB', '2GB'] });
    const names = cells.map(nameOf);
    expect(names.map(cellOf)).toEqual(cells);
    expect(new Set(names).size).toBe(names.length);
    expect(names.some((name) => name.includes('/equal/uftp-slowest/'))).toBe(false);
  });

  test.each(['lan/at-once/equal/http/8/32MB', 'lan/immediate/equal/http/0/32MB', 'lan/immediate/equal/http/8/32kB'])(
    'refuse %s',
    (name) => expect(() => cellOf(name)).toThrow(expect.objectContaining({ code: 'USAGE' })),
  );

  test.each([
    ['lan', 0, [8]],
    ['two-lans', 1, [4, 4]],
    ['four-a-lan', 3, [4, 4]],
    ['two-a-lan', 7, [2, 2, 2, 2]],
  ] as const)(
    'with topology %s have %i routers, and so many of eight clients a LAN: %j',
    (topology, routers, counts) => {
      const plan = new RoutedPlan(treeOf(topology, 8));
      expect(plan.routers).toHaveLength(routers);
      const clients = new Set(clientsOf(8));
      const found = Object.values(plan.tree.lans).map((hosts) => hosts.filter((host) => clients.has(host)).length);
      expect(found.filter((count) => count > 0)).toEqual(counts);
    },
  );

  test('start their clients at the same times whatever is compared, and at other times in another run', () => {
    const of = (run: number) => startSecondsOf('random-twice', { clientCount: 50, idealSeconds: 10, run });
    expect(of(1)).toEqual(of(1));
    expect(of(2)).not.toEqual(of(1));
    expect(Math.max(...of(1))).toBeGreaterThan(10);
    expect(Math.max(...of(1))).toBeLessThan(20);
  });
});

describe('the fleet file of the experiment', () => {
  test.each([
    [1, 20e6],
    [2, 20e6],
    [2, 10e6],
    [2, 5e6],
  ])(
    'gives each of %i servers on a link of %i bit/s a lowest channel that has trains',
    (serverCount, linkBitsPerSecond) => {
      const servers = ['alpha', 'beta'].slice(0, serverCount);
      const text = fleetOf({ file: 'file', linkBitsPerSecond }, servers, LEVELS);
      const rates = [...text.matchAll(/rate: (\d+)kbit/g)].map(([, kbit]) => Number(kbit) * 1000);
      const plan = new StepPlan({ rates, mode: 'several', symbolBytes: Number(/symbolBytes: (\d+)/.exec(text)![1]) });
      expect(plan.trainLength).toBeGreaterThan(0);
      // The highest level is the same for any number of servers.
      expect(plan.levelRates.at(-1)! * serverCount).toBeCloseTo(0.98 * linkBitsPerSecond, -5);
    },
  );
});

describe('the files of examples/experiment', () => {
  test.each(Object.entries(exampleFiles()))('%s is what the bench runs', async (name, text) => {
    await expect(text).toMatchFileSnapshot(`../../examples/experiment/${name}`);
  });
});

describe('a summary', () => {
  test('says how far the clients are from what their own link allows', () => {
    const slow = { cell: 'lan/immediate/unequal/http/3/8MB', seconds: [10, 10, 100] };
    const [equal, unequal] = summariesOf([result({}), result(slow)]);
    expect(equal).toMatchObject({ meanSeconds: 11, maxSeconds: 12, meanToIdeal: 11 / 8, slowestToFastest: 1.2 });
    expect(unequal!.meanToIdeal).toBeCloseTo(10 / 8);
    expect(unequal!.slowestToFastest).toBe(1);
  });

  test('has no mean where a client never got the file', () => {
    const [summary] = summariesOf([result({ seconds: [10, null] })]);
    expect(summary).toMatchObject({ lostCount: 1, meanSeconds: undefined, maxSeconds: undefined, p50Seconds: 10 });
  });

  test('tells the interval of the mean by the runs', () => {
    // Of two runs, t is 12.7 and the standard error half of their difference.
    expect(errorOf([1, 2])).toBeCloseTo(6.35);
    expect(summariesOf([result({}), result({ run: 2 })])[0]).toMatchObject({ runCount: 2, meanToIdealError: 0 });
  });
});

describe('the tables of the page', () => {
  const MARKS = ['<!-- made by --draw -->', '<!-- end of what --draw makes -->'] as const;
  const pageOf = (times: string, cells: string) =>
    `Before.\n\n${MARKS[0]}\n${times}${MARKS[1]}\n\nBetween.\n\n${MARKS[0]}\n${cells}${MARKS[1]}\n\nAfter.\n`;
  const summaries = summariesOf([
    result({ cell: 'two-a-lan/immediate/equal/http/10/8MB', seconds: [200, 220] }),
    result({ cell: 'lan/immediate/equal/http/2/8MB' }),
    result({ cell: 'lan/immediate/unequal/http/3/8MB', seconds: [10, 10, 100] }),
    result({ cell: 'lan/immediate/equal/layercast/2/8MB', seconds: [9, null] }),
    result({ cell: 'lan/immediate/equal/http/2/8MB', run: 2, seconds: [11, 11] }),
  ]);

  test('stand between the marks, sorted by situation, and nothing else of the page changes', () => {
    const page = withTables(pageOf('what was here\n', ''), summaries);
    expect(page).toBe(
      pageOf(
        `
**Equal links**

| clients | size | Mbit/s | starts | topology | size ÷ link | layercast | http |
| --- | --- | --- | --- | --- | --- | --- | --- |
| 2 | 8 MB | 8 | immediate | lan | 8.0 | 1 of 2 without the file | 11.0, 12.0 |
| 10 | 8 MB | 8 | immediate | two-a-lan | 8.0 |  | 210, 220 |

**Every third link ten times slower**

| clients | size | Mbit/s | starts | topology | size ÷ link | http |
| --- | --- | --- | --- | --- | --- | --- |
| 3 | 8 MB | 8 | immediate | lan | 8.0 | 40.0, 100 |

`,
        `
**Equal links**

| clients | size | Mbit/s | starts | topology | way | runs | median s | slowest s | mean ÷ ideal | slowest ÷ fastest | sent ÷ size | server CPU | server MB | busy |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| 2 | 8 MB | 8 | immediate | lan | layercast | 1 | 9.0 | 1 of 2 without the file | – | – | 2.00 | 0.083 | 10 | 0.50 |
| 2 | 8 MB | 8 | immediate | lan | http | 2 | 11.0 | 12.0 | 1.38 ± 0.00 | 1.20 | 2.00 | 0.083 | 10 | 0.50 |
| 10 | 8 MB | 8 | immediate | two-a-lan | http | 1 | 200 | 220 | 26.25 | 1.10 | 2.00 | 0.083 | 10 | 0.50 |

**Every third link ten times slower**

| clients | size | Mbit/s | starts | topology | way | runs | median s | slowest s | mean ÷ ideal | slowest ÷ fastest | sent ÷ size | server CPU | server MB | busy |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| 3 | 8 MB | 8 | immediate | lan | http | 1 | 10.0 | 100 | 1.25 | 1.00 | 2.00 | 0.083 | 10 | 0.50 |

`,
      ),
    );
    expect(withTables(page, summaries)).toBe(page);
  });
});

test('a file of results keeps what it has, and takes a line that is cut short for no result', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'layercast-results-'));
  try {
    const path = join(folder, 'results.jsonl');
    await (await ResultsFile.open(path)).add(result({}));
    const again = await ResultsFile.open(path);
    expect(again.results).toEqual([result({})]);
    expect([again.has(result({}).cell, 8e6, 1), again.has(result({}).cell, 8e6, 2)]).toEqual([true, false]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
