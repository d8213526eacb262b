import type { Program } from '../program.js';
import { portableKernel } from './portable.js';
import { simdKernel } from './simd.js';

/** Something that runs programs over a table of symbols in memory of its own. */
export interface Kernel {
  readonly name: 'simd' | 'portable';
  /**
   * Makes room for a program and its table, and returns the table: row r starts at `r * strideBytes`. What the rows hold
   * is left over from earlier runs. The view is good until the next call.
   *
   * @param strideBytes a multiple of 32
   */
  open(program: Program, rowCount: number, strideBytes: number): Uint8Array;
  /** Runs the program over the table, over all `strideBytes` of each row. */
  run(): void;
  /** As `eliminate` (elimination.ts), with rows of a multiple of 16 bytes; spoils the table. */
  eliminate(matrix: Uint8Array, widthBytes: number, columnCount: number): boolean;
}

let shared: Kernel | undefined;

/** This thread's kernel: with SIMD where the engine has it. */
export function kernel(): Kernel {
  shared ??= simdKernel() ?? portableKernel();
  return shared;
}
