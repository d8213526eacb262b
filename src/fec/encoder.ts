import { LayercastError } from '../errors.js';
import { type BlockCode, blockCode, checkSymbolBytes, internalId, MAX_ESI } from './code.js';
import { appendSymbol, MAX_SYMBOL_TERMS } from './equations.js';
import { encodingPlan } from './plan.js';
import { ProgramBuilder, SUM, symbolRow } from './program.js';
import { loadRows, runPlan, type Slice, type Symbols, storeRows } from './table.js';

/**
 * Makes any symbol of one source block.
 *
 * @example
 * const encoder = BlockEncoder.fromSource(block, 1184);
 * encoder.encode(esi, datagram.subarray(48));
 */
export class BlockEncoder {
  readonly code: BlockCode;
  readonly symbolBytes: number;
  /** The L intermediate symbols, of which any symbol is a sum of some seven. Keep them, and a block is never solved again. */
  readonly intermediate: Uint8Array;
  // Reused by `encodeRun`. `rowOf` is zero for intermediate symbols that have no row in the table.
  private readonly program = new ProgramBuilder();
  private readonly columns = new Int32Array(MAX_SYMBOL_TERMS);
  private readonly needed: number[] = [];
  private readonly rowOf: Int32Array;

  /**
   * @param source the block; its last symbol may be short, and counts as filled up with zeros
   * @throws {LayercastError} `FEC_INVALID` for an empty or too long block, or symbols of no length
   */
  static fromSource(source: Uint8Array, symbolBytes: number): BlockEncoder {
    checkSymbolBytes(symbolBytes);
    const code = blockCode(Math.ceil(source.length / symbolBytes));
    const intermediate = new Uint8Array(code.intermediateCount * symbolBytes);
    solveSource(code, { bytes: source, symbolBytes }, { bytes: intermediate, symbolBytes });
    return new BlockEncoder(code, symbolBytes, intermediate);
  }

  /**
   * @param intermediate `intermediate` of an earlier encoder; not copied
   * @throws {LayercastError} `FEC_INVALID` if its length is not that of a block of `sourceCount` symbols
   */
  static fromIntermediate(sourceCount: number, symbolBytes: number, intermediate: Uint8Array): BlockEncoder {
    checkSymbolBytes(symbolBytes);
    const code = blockCode(sourceCount);
    const expected = code.intermediateCount * symbolBytes;
    if (intermediate.length !== expected) {
      throw new LayercastError('FEC_INVALID', `${intermediate.length} bytes are not the intermediate symbols`, {
        hint: `a block of ${sourceCount} symbols of ${symbolBytes} bytes has ${expected}`,
      });
    }
    return new BlockEncoder(code, symbolBytes, intermediate);
  }

  private constructor(code: BlockCode, symbolBytes: number, intermediate: Uint8Array) {
    this.code = code;
    this.symbolBytes = symbolBytes;
    this.intermediate = intermediate;
    this.rowOf = new Int32Array(code.intermediateCount);
  }

  /**
   * Writes the symbol to the first `symbolBytes` of `into`.
   *
   * @throws {LayercastError} `FEC_INVALID` for an ESI that is not a whole number up to 2^24 − 1, or too little room
   */
  encode(esi: number, into: Uint8Array): void {
    this.encodeRun(esi, 1, into);
  }

  /** Writes `count` consecutive symbols side by side; otherwise as `encode`. */
  encodeRun(firstEsi: number, count: number, into: Uint8Array): void {
    const { code, symbolBytes } = this;
    const isRange = Number.isInteger(firstEsi) && Number.isInteger(count) && firstEsi >= 0 && count >= 0;
    if (!isRange || firstEsi + count - 1 > MAX_ESI) {
      throw new LayercastError('FEC_INVALID', `there are no ${count} symbols from ESI ${firstEsi} on`, {
        hint: `symbols have ESIs 0 to ${MAX_ESI}`,
      });
    }
    if (into.length < count * symbolBytes) {
      throw new LayercastError('FEC_INVALID', `${into.length} bytes are no room for ${count} symbols`, {
        hint: `give ${count * symbolBytes}`,
      });
    }
    this.program.clear();
    this.needed.length = 0;
    for (let i = 0; i < count; i++) this.appendSum(i, internalId(code, firstEsi + i), count);
    for (const column of this.needed) this.rowOf[column] = 0;
    const from: Symbols = { bytes: this.intermediate, symbolBytes };
    const load = (slice: Slice) => {
      for (let i = 0; i < this.needed.length; i++) loadRows(slice, count + i, from, this.needed[i]!, 1);
    };
    const plan = { program: this.program.view(), symbolRowCount: count + this.needed.length, workRowCount: 0 };
    runPlan(plan, symbolBytes, load, (slice) => storeRows(slice, 0, { bytes: into, symbolBytes }, 0, count));
  }

  /** Row `target` becomes symbol `id`. Intermediate symbols get rows from `firstRow` on, in the order of first need. */
  private appendSum(target: number, id: number, firstRow: number): void {
    const { columns, needed, program, rowOf } = this;
    const end = appendSymbol(this.code, id, columns, 0);
    program.begin(SUM, symbolRow(target));
    for (let at = 0; at < end; at++) {
      const column = columns[at]!;
      if (rowOf[column] === 0) rowOf[column] = firstRow + needed.push(column) - 1;
      program.add(symbolRow(rowOf[column]!));
    }
  }
}

function solveSource(code: BlockCode, source: Symbols, intermediate: Symbols): void {
  const { intermediateCount, sourceCount } = code;
  const { bytes, symbolBytes } = source;
  const wholeCount = Math.floor(bytes.length / symbolBytes);
  const last = new Uint8Array(symbolBytes);
  last.set(bytes.subarray(wholeCount * symbolBytes));
  const load = (slice: Slice) => {
    loadRows(slice, 0, source, 0, wholeCount);
    loadRows(slice, wholeCount, { bytes: last, symbolBytes }, 0, sourceCount - wholeCount);
  };
  runPlan(encodingPlan(code), symbolBytes, load, (slice) => storeRows(slice, 0, intermediate, 0, intermediateCount));
}
