import type { BlockCode } from '../code.js';
import { eliminate } from '../kernels/elimination.js';
import type { Plan, Program } from '../kernels/program.js';
import { DEGREE_BOUNDS, V0, V1, V2, V3 } from '../tables/random.js';
import { type ModuleMemory, startModule } from '../wasm-module.js';
import { MODULE_BASE64 } from './module.js';

/** Most intermediate symbols that are added up to a symbol: 30 of the sparse part, 3 of the permanent part. */
export const MAX_SYMBOL_TERMS = 33;

/** A variable of the module. */
interface Variable {
  readonly value: number;
}

/** The exports of assembly/index.ts, where they are explained. Addresses are in bytes; a truth value is 0 or 1. */
interface Exports {
  readonly memory: ModuleMemory;
  readonly RANDOM_TABLES: Variable;
  readonly SYMBOL_COLUMNS: Variable;
  readonly program: Variable;
  readonly programWords: Variable;
  readonly workRowCount: Variable;
  readonly solveInactiveWords: Variable;
  readonly inactiveColumns: Variable;
  readonly inactiveCount: Variable;
  readonly dependence: Variable;
  readonly dependenceWords: Variable;
  readonly matrix: Variable;
  readonly matrixWidthBytes: Variable;
  readonly setCode: (
    sourceCount: number,
    paddedCount: number,
    systematicIndex: number,
    ldpcCount: number,
    hdpcCount: number,
    ltCount: number,
    permanentPrime: number,
  ) => void;
  readonly begin: () => void;
  readonly words: (count: number) => number;
  readonly symbolColumns: (id: number) => number;
  readonly planEncoding: () => number;
  readonly planSolution: (esis: number) => number;
  readonly beginCorrection: (
    esis: number,
    solveInactive: number,
    encodingRows: number,
    inactiveColumns: number,
    dependence: number,
  ) => number;
  readonly endCorrection: () => void;
}

/** Turns the K source symbols of a block into its L intermediate symbols, which replace them. */
export interface EncodingPlan extends Plan {
  /** The beginning of the program, up to where the inactive columns are solved. */
  readonly solveInactive: Program;
  /** Columns that peeling left, and which of them each column depends on (assembly/reduction.ts). */
  readonly inactiveColumns: Int32Array;
  readonly dependence: Int32Array;
}

/** A correction that is being planned. Its memory is valid until another plan is begun. */
export interface BegunCorrection {
  /** Makes the repair symbols of any block; they go to the rows behind the block. */
  readonly trial: Plan;
  readonly differenceCount: number;
  /** Room for a row for each repair symbol. Behind a column for each missing symbol it has a column for each repair symbol. */
  readonly matrix: Uint8Array;
  readonly widthBytes: number;
}

/**
 * Makes plans in the memory of a WebAssembly module (assembly/index.ts). There is room for one plan, so each is valid until the next is begun. The
 * memory grows to what the largest plan needed.
 */
class Planner {
  private readonly wasm: Exports;
  private code: BlockCode | undefined;
  private columns = new Uint16Array(0);
  private count = 0;

  constructor() {
    const host = {
      eliminate: (matrix: number, rowCount: number, widthBytes: number, columnCount: number) =>
        Number(eliminate(this.bytes(matrix, rowCount * widthBytes), widthBytes, columnCount)),
    };
    this.wasm = startModule(Buffer.from(MODULE_BASE64, 'base64'), { host }) as Exports;
    let at = this.wasm.RANDOM_TABLES.value;
    for (const table of [V0, V1, V2, V3, DEGREE_BOUNDS]) {
      this.bytes(at, table.byteLength).set(new Uint8Array(table.buffer));
      at += table.byteLength;
    }
  }

  /** How often a plan was begun: a plan is valid as long as this number does not change. */
  get planCount(): number {
    return this.count;
  }

  /**
   * Writes to `into` the intermediate symbols whose sum is symbol `id` of the padded block. Leaves plans valid.
   *
   * @returns how many they are, at most `MAX_SYMBOL_TERMS`
   */
  symbolColumns(code: BlockCode, id: number, into: Uint16Array): number {
    this.setCode(code);
    const count = this.wasm.symbolColumns(id);
    if (this.columns.length === 0) {
      this.columns = new Uint16Array(this.wasm.memory.buffer, this.wasm.SYMBOL_COLUMNS.value, MAX_SYMBOL_TERMS);
    }
    for (let i = 0; i < count; i++) into[i] = this.columns[i]!;
    return count;
  }

  /** @returns a plan with memory of its own */
  planEncoding(code: BlockCode): EncodingPlan {
    this.begin(code);
    const { wasm } = this;
    if (wasm.planEncoding() === 0) throw new Error(`RFC 6330 has no systematic index for ${code.sourceCount} symbols`);
    const program = this.program().slice();
    return {
      program,
      symbolRowCount: code.intermediateCount,
      workRowCount: wasm.workRowCount.value,
      solveInactive: program.subarray(0, wasm.solveInactiveWords.value),
      inactiveColumns: this.words(wasm.inactiveColumns.value, wasm.inactiveCount.value).slice(),
      dependence: this.words(wasm.dependence.value, wasm.dependenceWords.value).slice(),
    };
  }

  /**
   * Plans to solve for the intermediate symbols and to make the missing source symbols from these.
   *
   * @param esis as those of `planDecoding`
   * @returns undefined if these symbols do not determine the block
   */
  planSolution(code: BlockCode, esis: Int32Array): Plan | undefined {
    this.begin(code);
    return this.wasm.planSolution(this.put(esis)) === 1 ? this.plan(esis.length) : undefined;
  }

  /**
   * Begins to plan a correction of the block's encoding (correction.ts). The caller fills the matrix.
   *
   * @returns undefined if there are fewer repair symbols than missing ones
   */
  beginCorrection(code: BlockCode, esis: Int32Array, encoding: EncodingPlan): BegunCorrection | undefined {
    this.begin(code);
    const { wasm } = this;
    const begun = wasm.beginCorrection(
      this.put(esis),
      this.put(encoding.solveInactive),
      encoding.workRowCount,
      this.put(encoding.inactiveColumns),
      this.put(encoding.dependence),
    );
    if (begun === 0) return undefined;
    const differenceCount = wasm.workRowCount.value - encoding.workRowCount;
    const widthBytes = wasm.matrixWidthBytes.value;
    return {
      trial: this.plan(code.sourceCount + differenceCount),
      differenceCount,
      matrix: this.bytes(wasm.matrix.value, differenceCount * widthBytes),
      widthBytes,
    };
  }

  /** Ends the plan of the correction that was begun last, whose matrix has the weights now. */
  endCorrection(symbolRowCount: number): Plan {
    this.wasm.endCorrection();
    return this.plan(symbolRowCount);
  }

  private begin(code: BlockCode): void {
    this.count++;
    this.setCode(code);
    this.wasm.begin();
  }

  private setCode(code: BlockCode): void {
    if (code === this.code) return;
    this.code = code;
    this.wasm.setCode(
      code.sourceCount,
      code.paddedCount,
      code.systematicIndex,
      code.ldpcCount,
      code.hdpcCount,
      code.ltCount,
      code.permanentPrime,
    );
  }

  /** Copies words to the module, and returns where they are. */
  private put(words: Int32Array): number {
    const at = this.wasm.words(words.length);
    this.words(at, words.length).set(words);
    return at;
  }

  private plan(symbolRowCount: number): Plan {
    return { program: this.program(), symbolRowCount, workRowCount: this.wasm.workRowCount.value };
  }

  private program(): Program {
    return this.words(this.wasm.program.value, this.wasm.programWords.value);
  }

  private words(address: number, count: number): Program {
    return new Int32Array(this.wasm.memory.buffer, address, count);
  }

  private bytes(address: number, count: number): Uint8Array {
    return new Uint8Array(this.wasm.memory.buffer, address, count);
  }
}

let shared: Planner | undefined;

/** The one planner of this thread. */
export function planner(): Planner {
  shared ??= new Planner();
  return shared;
}
