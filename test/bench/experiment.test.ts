import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { cellOf, cellsOf, nameOf, WORDS } from '../../bench/experiment/cells.js';
import { exampleFiles } from '../../bench/experiment/examples.js';
import { fleetOf, LEVELS } from '../../bench/experiment/methods/layercast.js';
import { withTables } from '../../bench/experiment/page-tables.js';
import type { Result } from '../../bench/experiment/result.js';
import { ResultsFile } from '../../bench/experiment/results-file.js';
import { playSimulated } from '../../bench/experiment/simulated.js';
import { startSecondsOf } from '../../bench/experiment/start-times.js';
import { errorOf, summariesOf } from '../../bench/experiment/summary.js';
import { clientsOf, treeOf } from '../../bench/experiment/topology.js';
import { run } from '../../bench/experiment.js';
import { StepPlan } from '../../src/rate/ladder/step-plan.js';
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

  test('have no more hosts on a LAN than it has addresses', () => {
    expect(() => new RoutedPlan(treeOf('lan', 197))).not.toThrow();
    expect(() => new RoutedPlan(treeOf('lan', 198))).toThrow('LAN "core" has 200 hosts');
  });

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

| clients | size | Mbit/s | starts | topology | way | runs | p50 s | p95 s | max s | mean ÷ min | mean ÷ ideal | slowest ÷ fastest | sent ÷ size | server CPU | server MB | busy |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| 2 | 8 MB | 8 | immediate | lan | layercast | 1 | 9.0 | – | 1 of 2 without the file | – | – | – | 2.00 | 0.083 | 10 | 0.50 |
| 2 | 8 MB | 8 | immediate | lan | http | 2 | 11.0 | 12.0 | 12.0 | 1.10 | 1.38 ± 0.00 | 1.20 | 2.00 | 0.083 | 10 | 0.50 |
| 10 | 8 MB | 8 | immediate | two-a-lan | http | 1 | 200 | 220 | 220 | 1.05 | 26.25 | 1.10 | 2.00 | 0.083 | 10 | 0.50 |

**Every third link ten times slower**

| clients | size | Mbit/s | starts | topology | way | runs | p50 s | p95 s | max s | mean ÷ min | mean ÷ ideal | slowest ÷ fastest | sent ÷ size | server CPU | server MB | busy |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| 3 | 8 MB | 8 | immediate | lan | http | 1 | 10.0 | 100 | 100 | 4.00 | 1.25 | 1.00 | 2.00 | 0.083 | 10 | 0.50 |

`,
      ),
    );
    expect(withTables(page, summaries)).toBe(page);
  });

  test('have a dash where nobody got the file and something could not be measured, and may be empty', () => {
    const unmeasured = JSON.parse('{"busyRatio":null}') as Partial<Result>;
    const tables = withTables(pageOf('', ''), summariesOf([result({ seconds: [null, null], ...unmeasured })]));
    expect(tables).toMatch(/\| 1 \| – \| – \| 2 of 2 without the file \| – .*\| – \|\n/);
    expect(withTables(pageOf('old', 'old'), [])).toBe(pageOf('\n\n', '\n\n'));
  });

  test('are not made for a page without a place for each', () => {
    const page = pageOf('', '');
    for (const other of ['a\n', page.replace('made by', 'of'), page.replace('end of', 'of'), page.slice(0, -30)]) {
      expect(() => withTables(other, summaries)).toThrow('does not say where its tables are');
    }
  });
});

const scratch = mkdtempSync(join(tmpdir(), 'layercast-results-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let fileCount = 0;
const newPath = () => join(scratch, `${fileCount++}.jsonl`);

describe('a file of results', () => {
  test('keeps what it has', async () => {
    const path = newPath();
    await (await ResultsFile.open(path)).add(result({}));
    const again = await ResultsFile.open(path);
    expect(again.results).toEqual([result({})]);
    expect([again.has(result({}).cell, 8e6, 1), again.has(result({}).cell, 8e6, 2)]).toEqual([true, false]);
  });

  test('takes a line that is cut short for no result, and does not lose the one that comes next', async () => {
    const path = newPath();
    const line = JSON.stringify(result({}));
    for (let cut = 1; cut < line.length; cut += 40) {
      writeFileSync(path, `${line}\n${JSON.stringify(result({ run: 2 })).slice(0, cut)}`);
      await (await ResultsFile.open(path)).add(result({ run: 3 }));
      expect((await ResultsFile.open(path)).results.map((one) => one.run)).toEqual([1, 3]);
    }
  });

  test('counts what is no result, and of several runs with one number the first', async () => {
    const path = newPath();
    const others = [
      'null',
      '5',
      '{}',
      '[]',
      '{"cell":"lan"}',
      JSON.stringify(result({ cell: 'moon/x' })),
      '{"event":"join"}',
    ];
    writeFileSync(path, `${others.join('\n')}\n\n`);
    const file = await ResultsFile.open(path);
    await file.add(result({ seconds: [1, 2] }));
    await file.add(result({ seconds: [3, 4] }));
    const again = await ResultsFile.open(path);
    expect(again.otherCount).toBe(others.length);
    expect(again.results).toEqual([result({ seconds: [1, 2] })]);
  });

  test('says before anything runs that nothing can be added', async () => {
    await expect(ResultsFile.open(scratch)).rejects.toMatchObject({ code: 'NOT_A_FILE' });
    const file = await ResultsFile.open(join(scratch, 'absent', 'results.jsonl'));
    await expect(file.requireWritable()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(file.add(result({}))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(file.results).toEqual([]);
  });
});

describe('the command of the experiment', () => {
  const one = '--topology lan,lan --schedule immediate --links equal --method layercast --clients 2,2 --size 2MB,2MB';
  const tried = async (more: string) => {
    const log = vi.spyOn(console, 'log').mockReturnValue();
    vi.spyOn(console, 'error').mockReturnValue();
    try {
      return { figures: await run([...one.split(' '), ...more.split(' ')]), said: log.mock.calls.join('\n') };
    } finally {
      vi.restoreAllMocks();
    }
  };

  test('runs once what a list names twice', async () => {
    const { figures, said } = await tried(`--list --results ${newPath()}`);
    expect([figures, said]).toEqual([{ left: 1 }, 'lan/immediate/equal/layercast/2/2MB run 1']);
  });

  test('runs what a file does not have yet, and tells what it has', async () => {
    const path = newPath();
    await tried(`--simulate --results ${path}`);
    appendFileSync(path, '{"cell":"lan/imm');
    const { figures } = await tried(`--simulate --runs 2 --results ${path}`);
    expect(figures).toMatchObject({ failures: [], summaries: [{ runCount: 2, lostCount: 0 }] });
    expect((await tried(`--list --runs 2 --results ${path}`)).figures).toEqual({ left: 0 });
  });

  test.each([
    ['--draw --results NONE', 'there is nothing to draw in'],
    ['--list --draw --results NONE', '--list runs nothing'],
    ['--clients 0', '--clients 0 is no amount'],
    ['--clients 2.5', '--clients 2.5 is no whole number'],
    ['--minutes soon', '--minutes soon is no amount'],
    ['--runs -1', '--runs'],
    ['--size 2mb', '"2mb" is no size'],
    ['--simulate --results absent/x', 'cannot write "absent/x"'],
    ['--logs /dev/null/x --simulate --results NONE', 'cannot make "/dev/null/x"'],
    ['--dir absent --results NONE', 'cannot write to "absent"'],
  ])('refuses %s before it runs or writes anything', async (more, message) => {
    const page = readFileSync('docs/experiment.md', 'utf8');
    await expect(tried(more.replace('NONE', newPath()))).rejects.toThrow(message);
    expect(readFileSync('docs/experiment.md', 'utf8')).toBe(page);
  });

  test('ends a simulation that is interrupted', async () => {
    const reason = new Error('interrupted');
    const cell = cellOf('lan/immediate/equal/layercast/2/2MB');
    await expect(playSimulated(cell, 1, 20e6, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
