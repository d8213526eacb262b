import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { LayercastError } from '../dist/base/errors.js';
import { PARTS, type RuleChoice, rulesOf } from './rate/ablation.js';
import { rowPicture } from './rate/picture.js';
import { brief, lineOf, reportOf } from './rate/report.js';
import type { Outcome } from './rate/row.js';
import { rowOf, rows } from './rate/rows.js';
import { summariesOf, summaryOf } from './rate/summary.js';
import type { Job } from './rate/work.js';
import { doneBy } from './rate/workforce.js';
import { table } from './table.js';

/** What is compared when parts are switched off: for each part, the rows for which it was made. */
const ABLATED_ROWS = 'a,b,c,cn,d,e,g,tbf,policer,fq,beacons,bursts,traces';
const BENCHMARK_SEEDS = 20;

/**
 * Rate control in simulation: trials under many conditions, each decided by its seed. docs/simulation.md says what the rows are.
 *
 * Arguments: `--rows a,d` (all), `--seeds N` (20), `--first-seed N` (1), `--workers 1|2` (1), `--without PART,…` to switch off
 * parts of rate control, `--set climb.startStepUs=450000,…` to change its constants, `--caution low|normal|high` (normal), `--ablate` to
 * switch off each part in turn, `--each` for a line for every seed, `--decisions` for every decision, too, `--traces FILE,…` for the links of row traces (without it, they are made up),
 * `--draw` to write docs/images/links-ROW.svg for rows of links.
 *
 * One row of links, quickly: `--rows tbf --seeds 32 --workers 2`; one seed of it with all decisions: `--rows tbf --seeds 1
 * --first-seed 7 --decisions`.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string' },
      seeds: { type: 'string', default: `${BENCHMARK_SEEDS}` },
      'first-seed': { type: 'string', default: '1' },
      workers: { type: 'string', default: '1' },
      without: { type: 'string' },
      set: { type: 'string' },
      caution: { type: 'string' },
      traces: { type: 'string' },
      ablate: { type: 'boolean', default: false },
      each: { type: 'boolean', default: false },
      decisions: { type: 'boolean', default: false },
      draw: { type: 'boolean', default: false },
    },
  });
  const names = (values.rows ?? (values.ablate ? ABLATED_ROWS : Object.keys(rows).join(','))).split(',');
  for (const name of names) rowOf(name);
  const rules: RuleChoice = { without: values.without, constants: values.set, caution: values.caution };
  rulesOf(rules);
  const firstSeed = countOf('first-seed', values['first-seed']);
  const asked: Asked = {
    names,
    seeds: Array.from({ length: countOf('seeds', values.seeds) }, (_, index) => firstSeed + index),
    workerCount: countOf('workers', values.workers),
    rules,
    traces: values.traces?.split(',') ?? [],
    showsEach: values.each || values.decisions,
    showsDecisions: values.decisions,
  };
  console.log(`seeds ${firstSeed} to ${asked.seeds.at(-1)}`);
  if (values.ablate) return { firstSeed, ablations: await ablate(asked) };
  const results: Record<string, unknown> = {};
  for (const name of names) {
    const outcomes = await play(asked, name);
    console.log(`\n${reportOf(name, rowOf(name), outcomes)}`);
    const drawn = values.draw ? rowPicture(rowOf(name), outcomes) : undefined;
    if (drawn !== undefined) await writeFile(new URL(`../docs/images/links-${name}.svg`, import.meta.url), drawn);
    results[name] = {
      summaries: summariesOf(rowOf(name), outcomes),
      outcomes: outcomes.map(({ decisions, ...outcome }) => outcome),
    };
  }
  return { firstSeed, without: values.without, caution: values.caution, rows: results };
}

interface Asked {
  readonly names: readonly string[];
  readonly seeds: readonly number[];
  readonly workerCount: number;
  readonly rules: RuleChoice;
  readonly traces: readonly string[];
  readonly showsEach: boolean;
  readonly showsDecisions: boolean;
}

/** All seeds of a row, in their order. */
async function play(asked: Asked, row: string): Promise<readonly Outcome[]> {
  const { rules } = asked;
  const jobs = asked.seeds.map((seed): Job => ({ row, seed, rules, traces: asked.traces }));
  const outcomes: Outcome[] = [];
  let cpuS = 0;
  for await (const done of doneBy(asked.workerCount, jobs)) {
    outcomes.push(done.outcome);
    cpuS += done.cpuS;
    if (asked.showsEach) console.log(lineOf(row, done.outcome));
    if (asked.showsDecisions) for (const decision of done.outcome.decisions) console.log(`  ${decision}`);
  }
  const what = rules.without === undefined ? '' : ` without ${rules.without}`;
  console.error(`row ${row}${what}: ${jobs.length} seeds, ${cpuS.toFixed(1)} s of processor time`);
  return outcomes.toSorted((a, b) => a.seed - b.seed);
}

/** Switches off each part in turn, beside what is switched off in any case. */
async function ablate(asked: Asked): Promise<readonly Record<string, string>[]> {
  const always = asked.rules.without;
  const compared = asked.names.flatMap((name) =>
    rowOf(name)
      .figures.filter(({ target }) => target !== undefined)
      .map((kind) => ({ name, kind })),
  );
  const lines: Record<string, string>[] = [];
  const others = PARTS.filter((part) => always?.split(',').includes(part) !== true);
  for (const part of [undefined, ...others]) {
    const without = [always, part].flatMap((one) => one ?? []).join(',') || undefined;
    const line: Record<string, string> = { without: without ?? '-' };
    for (const name of asked.names) {
      const outcomes = await play({ ...asked, rules: { ...asked.rules, without } }, name);
      for (const { kind } of compared.filter((one) => one.name === name)) {
        line[`${name}: ${kind.name}`] = brief(summaryOf(kind, outcomes));
      }
    }
    lines.push(line);
  }
  const titles = ['without', ...compared.map(({ name, kind }) => `${name}: ${kind.name}`)];
  console.log(
    `\nmeans (seeds that reach the figure)\n\n${table(
      lines,
      titles.map((title) => ({ title, cell: (line) => line[title] })),
    )}`,
  );
  return lines;
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new LayercastError('USAGE', `--${option} ${text} is no whole number above 0`);
}
