import { LayercastError } from '../base/errors.js';
import { type BlockCode, checkSymbolBytes } from './code.js';
import { type RowReader, RunEncoder } from './run-encoder.js';
import { encodingPlan } from './solve/encoding-plan.js';
import { loadRows, runPlan, type Slice, type Symbols, storeRows } from './solve/table.js';

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
  /** The L intermediate symbols. Each symbol is a sum of about seven of them. Keep them to avoid solving the block again. */
  readonly intermediate: Uint8Array;
  private readonly runs: RunEncoder;

  /**
   * @param source the block; its last symbol may be short and is filled up with zeros
   * @throws {LayercastError} `FEC_INVALID` for an empty or too long block, or symbols of no length
   */
  static fromSource(source: Uint8Array, symbolBytes: number): BlockEncoder {
    checkSymbolBytes(symbolBytes);
    const runs = new RunEncoder(Math.ceil(source.length / symbolBytes), symbolBytes);
    const intermediate = new Uint8Array(runs.code.intermediateCount * symbolBytes);
    solveSource(runs.code, { bytes: source, symbolBytes }, { bytes: intermediate, symbolBytes });
    return new BlockEncoder(runs, intermediate);
  }

  /**
   * @param intermediate the field `intermediate` of an earlier encoder; not copied
   * @throws {LayercastError} `FEC_INVALID` if its length is not that of a block of `sourceCount` symbols
   */
  static fromIntermediate(sourceCount: number, symbolBytes: number, intermediate: Uint8Array): BlockEncoder {
    const runs = new RunEncoder(sourceCount, symbolBytes);
    checkIntermediate(runs.code, symbolBytes, intermediate);
    return new BlockEncoder(runs, intermediate);
  }

  private constructor(runs: RunEncoder, intermediate: Uint8Array) {
    this.code = runs.code;
    this.symbolBytes = runs.symbolBytes;
    this.intermediate = intermediate;
    this.runs = runs;
  }

  /**
   * Writes the symbol to the first `symbolBytes` of `into`.
   *
   * @throws {LayercastError} `FEC_INVALID` if the ESI is not a whole number up to 2^24 − 1, or `into` is too short
   */
  encode(esi: number, into: Uint8Array): void {
    this.encodeRun(esi, 1, into);
  }

  /** Writes `count` consecutive symbols side by side; otherwise as `encode`. */
  encodeRun(firstEsi: number, count: number, into: Uint8Array): void {
    this.runs.encode(firstEsi, count, into, this.symbolBytes, this.readRow);
  }

  private readonly readRow: RowReader = (row, offset, into) => {
    const start = row * this.symbolBytes + offset;
    into.set(this.intermediate.subarray(start, start + into.length));
  };
}

function checkIntermediate(code: BlockCode, symbolBytes: number, intermediate: Uint8Array): void {
  const expected = code.intermediateCount * symbolBytes;
  if (intermediate.length === expected) return;
  throw new LayercastError('FEC_INVALID', `${intermediate.length} bytes are not the intermediate symbols`, {
    hint: `a block of ${code.sourceCount} symbols of ${symbolBytes} bytes has ${expected}`,
  });
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
