import type { Plan, Program } from './program.js';

/** Runs programs (program.ts) in memory of its own. */
export interface Kernel {
  readonly name: 'simd' | 'portable';
  /**
   * Makes room for a program and its rows, and returns the table of symbols: symbol i starts at `i * strideBytes`. The table
   * still holds bytes of earlier runs. The view is valid until the next call.
   *
   * @param strideBytes a multiple of 32
   */
  open(plan: Plan, strideBytes: number): Uint8Array;
  /**
   * Runs the program, over all `strideBytes` of each symbol.
   *
   * @param program another one over the same rows, no longer than the one that was opened; only where the plan has no working rows
   */
  run(program?: Program): void;
  /** As `eliminate` (elimination.ts), for rows whose length is a multiple of 16 bytes; overwrites the table. */
  eliminate(matrix: Uint8Array, widthBytes: number, columnCount: number): boolean;
}
