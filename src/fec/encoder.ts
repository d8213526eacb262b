import { LayercastError } from '../errors.js';
import { type BlockCode, blockCode, internalId, MAX_ESI } from './code.js';
import { appendSymbol, MAX_SYMBOL_TERMS } from './equations.js';
import { encodingPlan } from './plan.js';
import { ProgramBuilder, SUM } from './program.js';
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
    if (!Number.isInteger(firstEsi) || !Number.isInteger(count) || firstEsi < 0 || firstEsi + count - 1 > MAX_ESI) {
      throw new LayercastError('FEC_INVALID', `there are no ${count} symbols from ESI ${firstEsi} on`, {
        hint: `symbols have ESIs 0 to ${MAX_ESI}`,
      });
    }
    if (into.length < count * symbolBytes) {
      throw new LayercastError('FEC_INVALID', `${into.length} bytes are no room for ${count} symbols`, {
        hint: `give ${count * symbolBytes}`,
      });
    }
    const program = new ProgramBuilder();
    const needed: number[] = [];
    const rowOf = new Map<number, number>();
    const columns = new Int32Array(MAX_SYMBOL_TERMS);
    for (let i = 0; i < count; i++) {
      const end = appendSymbol(code, internalId(code, firstEsi + i), columns, 0);
      program.begin(SUM, i);
      for (let at = 0; at < end; at++) {
        const column = columns[at]!;
        let row = rowOf.get(column);
        if (row === undefined) {
          row = count + needed.length;
          rowOf.set(column, row);
          needed.push(column);
        }
        program.add(row);
      }
    }
    const from: Symbols = { bytes: this.intermediate, symbolBytes };
    const load = (slice: Slice) => {
      for (let i = 0; i < needed.length; i++) loadRows(slice, count + i, from, needed[i]!, 1);
    };
    const plan = { program: program.build(), rowCount: count + needed.length };
    runPlan(plan, symbolBytes, load, (slice) => storeRows(slice, 0, { bytes: into, symbolBytes }, 0, count));
  }
}

function solveSource(code: BlockCode, source: Symbols, intermediate: Symbols): void {
  const { intermediateCount: first, sourceCount } = code;
  const { bytes, symbolBytes } = source;
  const wholeCount = Math.floor(bytes.length / symbolBytes);
  const last = new Uint8Array(symbolBytes);
  last.set(bytes.subarray(wholeCount * symbolBytes));
  const load = (slice: Slice) => {
    loadRows(slice, first, source, 0, wholeCount);
    loadRows(slice, first + wholeCount, { bytes: last, symbolBytes }, 0, sourceCount - wholeCount);
  };
  runPlan(encodingPlan(code), symbolBytes, load, (slice) => storeRows(slice, 0, intermediate, 0, first));
}

function checkSymbolBytes(symbolBytes: number): void {
  if (Number.isSafeInteger(symbolBytes) && symbolBytes >= 1) return;
  throw new LayercastError('FEC_INVALID', `a symbol cannot have ${symbolBytes} bytes`, { hint: 'give 1 or more' });
}
