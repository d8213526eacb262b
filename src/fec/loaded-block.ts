import { type BlockCode, blockCode, checkSymbolBytes, internalId } from './code.js';
import { ProgramBuilder, symbolRow } from './kernels/program.js';
import { newKernel } from './kernels/thread-kernel.js';
import { MAX_SYMBOL_TERMS, planner } from './solve/planner.js';
import { closeGaps, strideFor } from './solve/table.js';

/**
 * Symbols of one run of the kernel. It goes through all of them for each strip of 64 bytes, so their rows, seven each, should still be in the
 * first-level cache for the next strip: 4 symbols take 1.3 µs each, 16 take 1.65 µs each, and single ones 1.7 µs.
 */
const RUN_COUNT = 4;
/** Symbols made by one call: 150 kB of 1184 bytes each, to be written to a file in one piece. */
const PIECE_COUNT = 32 * RUN_COUNT;

/**
 * All intermediate symbols of one block in the memory of a kernel of its own, where symbols are made without a copy of a row. The memory is
 * used again for the next block; it is free when nobody has this object any more.
 */
export class LoadedBlock {
  /** Most symbols that `encode` makes at once. */
  readonly pieceCount = PIECE_COUNT;
  private readonly kernel = newKernel();
  private readonly program = new ProgramBuilder();
  private readonly columns = new Uint16Array(MAX_SYMBOL_TERMS);
  /** The first rows of the table are the symbols that are made. */
  private table: Uint8Array = new Uint8Array(0);
  private code: BlockCode | undefined;
  private symbolBytes = 0;
  private strideBytes = 0;

  /**
   * Opens another block, whose intermediate symbols the caller then puts into `rows`.
   *
   * @returns room for the L intermediate symbols: symbol i begins at i · `strideBytes`
   * @throws {LayercastError} `FEC_INVALID` for an empty or too long block, or symbols of no length
   */
  open(sourceCount: number, symbolBytes: number): { readonly rows: Uint8Array; readonly strideBytes: number } {
    checkSymbolBytes(symbolBytes);
    this.code = blockCode(sourceCount);
    this.symbolBytes = symbolBytes;
    this.strideBytes = strideFor(symbolBytes);
    const longestProgram = new Int32Array(RUN_COUNT * (2 + MAX_SYMBOL_TERMS));
    const symbolRowCount = PIECE_COUNT + this.code.intermediateCount;
    this.table = this.kernel.open({ program: longestProgram, symbolRowCount, workRowCount: 0 }, this.strideBytes);
    return { rows: this.table.subarray(PIECE_COUNT * this.strideBytes), strideBytes: this.strideBytes };
  }

  /**
   * Makes consecutive symbols of the open block.
   *
   * @param count at most `pieceCount`
   * @returns the symbols, back to back; valid until the next call
   */
  encode(firstEsi: number, count: number): Uint8Array {
    for (let first = 0; first < count; first += RUN_COUNT) {
      this.encodeRun(first, firstEsi + first, Math.min(RUN_COUNT, count - first));
    }
    const { table, symbolBytes, strideBytes } = this;
    closeGaps(table, strideBytes, count, symbolBytes);
    return table.subarray(0, count * symbolBytes);
  }

  /** Makes a few symbols in the rows from `target` on. */
  private encodeRun(target: number, firstEsi: number, count: number): void {
    const { code, columns, program } = this;
    if (code === undefined) throw new Error('no block is open');
    program.clear();
    for (let i = 0; i < count; i++) {
      const termCount = planner().symbolColumns(code, internalId(code, firstEsi + i), columns);
      program.begin(symbolRow(target + i));
      for (let at = 0; at < termCount; at++) program.add(symbolRow(PIECE_COUNT + columns[at]!));
    }
    this.kernel.run(program.view());
  }
}
