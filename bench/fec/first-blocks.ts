import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, table } from '../table.js';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./first-block.mjs', import.meta.url));

/** Symbols of a block, share that is missing, blocks that a process restores. */
const CASES = [
  [16_384, 0.5, 1],
  [16_384, 0.01, 1],
  [7000, 0.5, 1],
  [7000, 0.01, 1],
  [16_384, 0.5, 52],
] as const;

/** What a process prints (first-block.mjs). */
interface Restored {
  readonly loadMs: number;
  readonly blocks: readonly { readonly planMs: number; readonly solveMs: number; readonly hashMs: number }[];
  readonly afterMs: number;
  readonly peakMegabytes: number;
}

interface Row {
  readonly build: string;
  readonly sourceCount: number;
  readonly missing: string;
  readonly blockCount: number;
  readonly firstPlanMs: number;
  readonly lastPlanMs: number;
  readonly planMs: number;
  readonly solveMs: number;
  readonly hashMs: number;
  readonly afterMs: number;
  readonly allMs: number;
  readonly peakMegabytes: number;
}

/**
 * Processor time of new processes that restore one block, and 52, of 1184 bytes a symbol. Medians of rounds in which the builds take turns.
 *
 * @param builds folders; without any, this build
 */
export function measureFirstBlocks(builds: readonly string[], roundCount: number): readonly Row[] {
  const rows = CASES.flatMap(([sourceCount, missingRatio, blockCount]) => {
    const folders = [...builds, DIST];
    const found = folders.map(() => [] as Restored[]);
    for (let round = 0; round < roundCount; round++) {
      for (const [i, folder] of folders.entries()) {
        const args = [PROGRAM, folder, sourceCount, missingRatio, blockCount].map(String);
        found[i]!.push(JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Restored);
      }
    }
    return folders.map((build, i) => {
      const of = (figure: (restored: Restored) => number) => median(found[i]!.map(figure));
      const sum = (stage: 'planMs' | 'solveMs' | 'hashMs') => (restored: Restored) =>
        restored.blocks.reduce((total, block) => total + block[stage], 0);
      const all = (restored: Restored) =>
        sum('planMs')(restored) + sum('solveMs')(restored) + sum('hashMs')(restored) + restored.afterMs;
      return {
        build: build === DIST ? 'this' : build,
        sourceCount,
        missing: `${100 * missingRatio} %`,
        blockCount,
        firstPlanMs: of(({ blocks }) => blocks[0]!.planMs),
        lastPlanMs: of(({ blocks }) => blocks.at(-1)!.planMs),
        planMs: of(sum('planMs')),
        solveMs: of(sum('solveMs')),
        hashMs: of(sum('hashMs')),
        afterMs: of(({ afterMs }) => afterMs),
        allMs: of(all),
        peakMegabytes: of(({ peakMegabytes }) => peakMegabytes),
      };
    });
  });
  console.log(
    table(rows, [
      { title: 'build', cell: ({ build }) => build },
      { title: 'K', cell: ({ sourceCount }) => sourceCount },
      { title: 'missing', cell: ({ missing }) => missing },
      { title: 'blocks', cell: ({ blockCount }) => blockCount },
      { title: 'first plan, ms', cell: ({ firstPlanMs }) => firstPlanMs },
      { title: 'last plan', cell: ({ lastPlanMs }) => lastPlanMs },
      { title: 'plans', cell: ({ planMs }) => planMs },
      { title: 'solutions', cell: ({ solveMs }) => solveMs },
      { title: 'hashes', cell: ({ hashMs }) => hashMs },
      { title: 'compilers afterwards', cell: ({ afterMs }) => afterMs },
      { title: 'all', cell: ({ allMs }) => allMs },
      { title: 'peak RSS, MB', cell: ({ peakMegabytes }) => peakMegabytes },
    ]),
  );
  return rows;
}
