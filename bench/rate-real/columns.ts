import type { Column } from '../table.js';
import { mbit, percent, seconds } from './report.js';
import type { Fared } from './steady.js';

/** The columns for a receiver behind a link. */
export const faredColumns: readonly Column<Fared>[] = [
  { title: 'link Mbit/s', cell: ({ rateBitsPerSecond }) => mbit(rateBitsPerSecond) },
  { title: 'best level', cell: ({ bestLevelBitsPerSecond }) => mbit(bestLevelBitsPerSecond) },
  { title: 'level', cell: ({ levelBitsPerSecond }) => mbit(levelBitsPerSecond) },
  { title: 'of best', cell: ({ shareOfBest }) => shareOfBest },
  { title: 'use', cell: ({ use }) => use },
  { title: 'settled s', cell: ({ settledMs }) => seconds(settledMs) },
  { title: 'drops % first half', cell: ({ firstHalfDropRatio }) => percent(firstHalfDropRatio) },
  { title: 'drops % steady', cell: ({ steadyDropRatio }) => percent(steadyDropRatio) },
  { title: 'queue ms p95', cell: ({ queueMs }) => queueMs },
];
