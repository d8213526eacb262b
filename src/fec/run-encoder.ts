import { LayercastError } from '../base/errors.js';
import { MAX_ESI } from '../base/limits.js';
import { type BlockCode, blockCode, checkSymbolBytes, internalId } from './code.js';
import { ProgramBuilder, symbolRow } from './kernels/program.js';
import { MAX_SYMBOL_TERMS, planner } from './solve/planner.js';
import { runPlan, type Slice } from './solve/table.js';

/** Fills `into` with bytes of intermediate symbol `row`, from byte `offset` of the symbol on. */
export type RowReader = (row: number, offset: number, into: Uint8Array) => void;

/**
 * Makes symbols of blocks of K source symbols from intermediate symbols, which a `RowReader` brings from memory or disk. Each
 * symbol needs about seven of them.
 */
export class RunEncoder {
  readonly code: BlockCode;
  readonly symbolBytes: number;
  // Reused by `encode`. `rowOf` is 0 for an intermediate symbol that has no row in the table: row 0 is a result.
  private readonly program = new ProgramBuilder();
  private readonly columns = new Uint16Array(MAX_SYMBOL_TERMS);
  private readonly needed: number[] = [];
  private readonly rowOf: Int32Array;

  /**
   * @throws {LayercastError} `FEC_INVALID` for an empty or too long block, or symbols of no length
   */
  constructor(sourceCount: number, symbolBytes: number) {
    checkSymbolBytes(symbolBytes);
    this.code = blockCode(sourceCount);
    this.symbolBytes = symbolBytes;
    this.rowOf = new Int32Array(this.code.intermediateCount);
  }

  /**
   * Writes `count` consecutive symbols to `into`: symbol i begins at i · `strideBytes`. Bytes between symbols stay unchanged.
   *
   * @param strideBytes at least the length of a symbol
   * @throws {LayercastError} `FEC_INVALID` if the ESIs are not whole numbers up to 2^24 − 1, or `into` is too short; and what
   * `readRow` throws
   */
  encode(firstEsi: number, count: number, into: Uint8Array, strideBytes: number, readRow: RowReader): void {
    const { code, symbolBytes } = this;
    checkRange(firstEsi, count);
    const neededBytes = count === 0 ? 0 : (count - 1) * strideBytes + symbolBytes;
    if (into.length < neededBytes) {
      throw new LayercastError('FEC_INVALID', `${into.length} bytes are no room for ${count} symbols`, {
        hint: `give ${neededBytes}`,
      });
    }
    this.program.clear();
    this.needed.length = 0;
    for (let i = 0; i < count; i++) this.appendSum(i, internalId(code, firstEsi + i), count);
    for (const column of this.needed) this.rowOf[column] = 0;
    const load = ({ table, strideBytes: rowBytes, offset, width }: Slice) => {
      for (let i = 0; i < this.needed.length; i++) {
        const start = (count + i) * rowBytes;
        readRow(this.needed[i]!, offset, table.subarray(start, start + width));
      }
    };
    const store = ({ table, strideBytes: rowBytes, offset, width }: Slice) => {
      for (let i = 0; i < count; i++) {
        into.set(table.subarray(i * rowBytes, i * rowBytes + width), i * strideBytes + offset);
      }
    };
    const plan = { program: this.program.view(), symbolRowCount: count + this.needed.length, workRowCount: 0 };
    runPlan(plan, symbolBytes, load, store);
  }

  /**
   * Makes row `target` symbol `id`. Intermediate symbols get rows from `firstRow` on, in the order in which they are needed.
   */
  private appendSum(target: number, id: number, firstRow: number): void {
    const { columns, needed, program, rowOf } = this;
    const count = planner().symbolColumns(this.code, id, columns);
    program.begin(symbolRow(target));
    for (let at = 0; at < count; at++) {
      const column = columns[at]!;
      if (rowOf[column] === 0) rowOf[column] = firstRow + needed.push(column) - 1;
      program.add(symbolRow(rowOf[column]!));
    }
  }
}

function checkRange(firstEsi: number, count: number): void {
  const isRange = Number.isInteger(firstEsi) && Number.isInteger(count) && firstEsi >= 0 && count >= 0;
  if (isRange && firstEsi + count - 1 <= MAX_ESI) return;
  throw new LayercastError('FEC_INVALID', `there are no ${count} symbols from ESI ${firstEsi} on`, {
    hint: `symbols have ESIs 0 to ${MAX_ESI}`,
  });
}
