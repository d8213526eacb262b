// How often K, K + 1 and K + 2 symbols do not determine a block.
import { MAX_ESI } from '../dist/base/limits.js';
import { blockCode } from '../dist/fec/index.js';
import { planDecoding } from '../dist/fec/solve/decoding-plan.js';

/** Repair symbols from the whole range of ESIs replace the lost source symbols. */
const LOSS_RATIOS = [0.1, 1] as const;
const MOST_EXTRA = 2;

interface Row {
  readonly sourceCount: number;
  readonly lossRatio: number;
  readonly trialCount: number;
  /** Entry i: trials in which K + i symbols did not determine the block. */
  readonly failureCounts: readonly number[];
}

/**
 * @param args trials for blocks of 10, 26 and 101 symbols (default 100,000), and trials for blocks of 1024 symbols (default 5000)
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const [small, large] = [Number(args[0] ?? 100_000), Number(args[1] ?? 5000)];
  const rows: Row[] = [];
  console.log('share of random sets of K, K + 1, K + 2 symbols that do not determine the block\n');
  console.log('     K   lost    trials         K     K + 1     K + 2');
  for (const [sourceCount, trialCount] of [
    [10, small],
    [26, small],
    [101, small],
    [1024, large],
  ] as const) {
    for (const lossRatio of LOSS_RATIOS) {
      const row: Row = {
        sourceCount,
        lossRatio,
        trialCount,
        failureCounts: failures(sourceCount, lossRatio, trialCount),
      };
      rows.push(row);
      const shares = row.failureCounts.map((count) => `${((100 * count) / trialCount).toFixed(4)} %`.padStart(10));
      const lost = lossRatio === 1 ? 'all' : `${100 * lossRatio} %`;
      console.log(
        `${String(sourceCount).padStart(6)}${lost.padStart(7)}${String(trialCount).padStart(10)}${shares.join('')}`,
      );
    }
  }
  return { rows };
}

function failures(sourceCount: number, lossRatio: number, trialCount: number): number[] {
  const code = blockCode(sourceCount);
  const counts = new Array<number>(MOST_EXTRA + 1).fill(0);
  for (let trial = 0; trial < trialCount; trial++) {
    const esis = Int32Array.from({ length: sourceCount + MOST_EXTRA }, (_, row) => (row < sourceCount ? row : -1));
    const lost = [...pick(Math.ceil(lossRatio * sourceCount), sourceCount)];
    const repair = [...pick(lost.length + MOST_EXTRA, MAX_ESI + 1 - sourceCount)].map((index) => sourceCount + index);
    for (const esi of lost) esis[esi] = repair.pop()!;
    for (let extra = 0; extra <= MOST_EXTRA && planDecoding(code, esis) === undefined; extra++) {
      counts[extra]!++;
      if (extra < MOST_EXTRA) esis[sourceCount + extra] = repair.pop()!;
    }
  }
  return counts;
}

function pick(count: number, bound: number): Set<number> {
  const picked = new Set<number>();
  while (picked.size < count) picked.add(Math.floor(bound * Math.random()));
  return picked;
}
