import { intermediateCount, internalId, sourceCount } from './code';
import { writeSymbol } from './equations';
import { appendProduct, BitMatrix } from './product';
import { ProgramBuilder, SUM } from './program';

/** The columns of one symbol: room for MAX_SYMBOL_TERMS of 16 bits. */
const COLUMNS: usize = memory.data(33 * 2, 16);

/**
 * Makes some symbols from the intermediate symbols as `Solver.solveInactive` leaves them, and corrects the pivot columns for the inactive ones.
 * It has all its tables before the program begins.
 */
export class SymbolSums {
  private readonly isPivot: StaticArray<u8>;
  private readonly corrections: BitMatrix;

  /**
   * @param dependence of `Reduction`
   * @param esis of the symbols
   * @param targets the rows to write, one for each symbol
   * @param accumulate whether the symbols are added to the targets; else they replace them
   */
  constructor(
    private readonly inactiveColumns: StaticArray<i32>,
    private readonly dependence: BitMatrix,
    private readonly esis: StaticArray<i32>,
    private readonly targets: StaticArray<i32>,
    private readonly accumulate: bool,
  ) {
    const isPivot = new StaticArray<u8>(intermediateCount);
    memory.fill(changetype<usize>(isPivot), 1, intermediateCount);
    for (let i = 0; i < inactiveColumns.length; i++) isPivot[inactiveColumns[i]] = 0;
    this.isPivot = isPivot;
    const wordsPerRow = dependence.wordsPerRow;
    this.corrections = new BitMatrix(new StaticArray<u64>(esis.length * wordsPerRow), wordsPerRow, 0);
  }

  append(program: ProgramBuilder): void {
    const corrections = this.corrections.bits;
    const dependence = this.dependence.bits;
    const wordsPerRow = this.dependence.wordsPerRow;
    for (let i = 0; i < this.esis.length; i++) {
      program.begin(SUM, this.targets[i]);
      if (this.accumulate) program.add(this.targets[i]);
      const termCount = writeSymbol(internalId(this.esis[i]), COLUMNS);
      for (let term = 0; term < termCount; term++) {
        const column = <i32>load<u16>(COLUMNS + ((<usize>term) << 1));
        if (this.isPivot[column] === 1) program.add(column);
        for (let w = 0; w < wordsPerRow; w++) corrections[i * wordsPerRow + w] ^= dependence[column * wordsPerRow + w];
      }
    }
    appendProduct(program, this.corrections, this.targets, this.inactiveColumns, true, intermediateCount);
  }
}

/** Appends sums of intermediate symbols that are all known: the symbols with these ESIs, in the rows `targets`. */
export function appendSymbols(program: ProgramBuilder, esis: StaticArray<i32>, targets: StaticArray<i32>): void {
  for (let i = 0; i < esis.length; i++) {
    program.begin(SUM, targets[i]);
    program.addAll(COLUMNS, writeSymbol(internalId(esis[i]), COLUMNS));
  }
}

/** The source symbols that are not in the rows of their ESIs. */
export function missingOf(esis: StaticArray<i32>): StaticArray<i32> {
  let count = 0;
  for (let esi = 0; esi < sourceCount; esi++) if (esis[esi] !== esi) count++;
  const missing = new StaticArray<i32>(count);
  for (let esi = 0, i = 0; esi < sourceCount; esi++) if (esis[esi] !== esi) missing[i++] = esi;
  return missing;
}
