import { sourceCount } from './code';
import { BitMatrix } from './product';
import { COMBINE, ProgramBuilder, SUM, symbolRow } from './program';
import { missingOf, SymbolSums } from './symbol-sums';

/**
 * Makes the missing source symbols by a correction of the block's encoding (../correction.ts), in three parts of a program. It has all its tables
 * before the program begins.
 */
export class Correction {
  readonly missing: StaticArray<i32>;
  /** Working rows, one for each repair symbol: the symbol and what the encoding makes of it add up to the difference. */
  readonly differences: StaticArray<i32>;
  /** Bytes from row to row of `matrix`: it has a column for each missing symbol and each difference. */
  readonly widthBytes: i32;
  /** Room for a row for each difference. */
  readonly matrix: StaticArray<u8>;
  private readonly repairRows: StaticArray<i32>;
  private readonly sums: SymbolSums;
  private encodingStart: i32 = 0;
  private encodingEnd: i32 = 0;

  /**
   * @param esis as those of `solverOf`
   * @param encodingRows working rows of the block's encoding
   * @param inactiveColumns of the encoding
   * @param dependence of the encoding
   */
  constructor(esis: StaticArray<i32>, encodingRows: i32, inactiveColumns: StaticArray<i32>, dependence: BitMatrix) {
    let count = 0;
    for (let row = 0; row < esis.length; row++) if (esis[row] >= sourceCount) count++;
    const repairRows = new StaticArray<i32>(count);
    const repairEsis = new StaticArray<i32>(count);
    const differences = new StaticArray<i32>(count);
    for (let row = 0, j = 0; row < esis.length; row++) {
      if (esis[row] < sourceCount) continue;
      repairRows[j] = row;
      repairEsis[j] = esis[row];
      differences[j] = encodingRows + j;
      j++;
    }
    const missing = missingOf(esis);
    const widthBytes = (missing.length + count + 15) & ~15;
    this.missing = missing;
    this.differences = differences;
    this.widthBytes = widthBytes;
    this.matrix = new StaticArray<u8>(count * widthBytes);
    this.repairRows = repairRows;
    this.sums = new SymbolSums(inactiveColumns, dependence, repairEsis, differences, true);
  }

  /**
   * Encodes the block as if the missing symbols were zero.
   *
   * @param solveInactive the beginning of the encoding's program
   */
  appendEncoding(program: ProgramBuilder, solveInactive: StaticArray<i32>): void {
    const missing = this.missing;
    const differences = this.differences;
    for (let j = 0; j < differences.length; j++) {
      program.begin(SUM, differences[j]);
      program.add(symbolRow(this.repairRows[j]));
    }
    for (let i = 0; i < missing.length; i++) program.begin(SUM, symbolRow(missing[i]));
    this.encodingStart = program.length;
    program.append(changetype<usize>(solveInactive), solveInactive.length);
    this.sums.append(program);
    this.encodingEnd = program.length;
  }

  /** Appends a program of its own, which encodes any block and puts its repair symbols into the rows behind the block. */
  appendTrial(program: ProgramBuilder): void {
    const differences = this.differences;
    for (let j = 0; j < differences.length; j++) program.begin(SUM, differences[j]);
    program.repeat(this.encodingStart, this.encodingEnd);
    for (let j = 0; j < differences.length; j++) {
      program.begin(SUM, symbolRow(sourceCount + j));
      program.add(differences[j]);
    }
  }

  /** Takes the trial away, and makes the missing symbols of the differences: the last columns of `matrix` have the weights. */
  appendMissing(program: ProgramBuilder): void {
    const differences = this.differences;
    const missing = this.missing;
    program.truncate(this.encodingEnd);
    for (let i = 0; i < missing.length; i++) {
      const weights = i * this.widthBytes + missing.length;
      program.begin(COMBINE, symbolRow(missing[i]));
      for (let j = 0; j < differences.length; j++) {
        const weight = this.matrix[weights + j];
        if (weight !== 0) program.addScaled(differences[j], weight);
      }
    }
  }
}
