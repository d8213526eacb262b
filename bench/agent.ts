import { parseArgs } from 'node:util';
import { month } from '../test/agent/month.js';
import { table } from './table.js';

const S = 1e6;

/**
 * Months of a device in virtual time, with 40 versions and power cuts at random moments: half of them soon after a version was published, and
 * more while the journal is written and while the program runs. Odd months are always awake, even ones sleep. Reports what should not happen: a
 * month that does not end at the newest version, a program that was started without a reason, an older version.
 *
 * Arguments: `--months N` (10), `--cuts N` in each (1000), `--seed TEXT`.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      months: { type: 'string', default: '10' },
      cuts: { type: 'string', default: '1000' },
      seed: { type: 'string', default: 'layercast' },
    },
  });
  const months = [];
  for (let i = 1; i <= Number(values.months); i++) {
    const wake =
      i % 2 === 1 ? undefined : { everyUs: 6 * 3600 * S, forUs: 300 * S, jitterRatio: 0.1, budgetBytes: 20e6 };
    const seed = `${values.seed} ${i}`;
    const figures = await month({ seed, days: 30, versionCount: 40, cutCount: Number(values.cuts), wake });
    months.push({ month: i, ...figures });
    for (const fault of figures.faults) console.log(`month ${i}: ${fault}`);
  }
  console.log(
    table(months, [
      { title: 'month', cell: (one) => one.month },
      { title: 'power cuts', cell: (one) => one.cuts },
      { title: 'in programs', cell: (one) => one.cutsInPrograms },
      { title: 'programs started', cell: (one) => one.programStarts },
      { title: 'versions taken over', cell: (one) => one.applied },
      { title: 'failed', cell: (one) => one.failed },
      { title: 'received, MB', cell: (one) => one.receivedBytes / 1e6 },
      { title: 'faults', cell: (one) => one.faults.length },
    ]),
  );
  return { months };
}
