import type { Plan } from './program.js';

/** Something that runs programs in memory of its own. */
export interface Kernel {
  readonly name: 'simd' | 'portable';
  /**
   * Makes room for a program and its rows, and returns the table of symbols: symbol i starts at `i * strideBytes`. What
   * it holds is left over from earlier runs. The view is good until the next call.
   *
   * @param strideBytes a multiple of 32
   */
  open(plan: Plan, strideBytes: number): Uint8Array;
  /** Runs the program, over all `strideBytes` of each symbol. */
  run(): void;
  /** As `eliminate` (elimination.ts), with rows of a multiple of 16 bytes; spoils the table. */
  eliminate(matrix: Uint8Array, widthBytes: number, columnCount: number): boolean;
}
