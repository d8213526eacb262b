import type { Cell } from './cells.js';

/** With unequal links, every third client's link has this share of the rate of the others. */
export const SLOW_SHARE = 0.1;

export function isSlow({ links }: Pick<Cell, 'links'>, clientIndex: number): boolean {
  return links === 'unequal' && clientIndex % 3 === 2;
}
