import { canRun, type ModuleMemory, startModule } from '../wasm-module.js';
import { inverse, multiply } from './gf256.js';
import type { Kernel } from './kernel.js';
import { MODULE_BASE64 } from './module.js';
import type { Plan, Program } from './program.js';

/** The exports of assembly/index.ts. */
interface Exports {
  readonly memory: ModuleMemory;
  readonly run: (program: number, programEnd: number, work: number, table: number, strideBytes: number) => void;
  readonly prepare: (
    program: number,
    programEnd: number,
    workRowCount: number,
    written: number,
    symbolRowCount: number,
  ) => void;
  readonly solve: (
    program: number,
    programEnd: number,
    work: number,
    table: number,
    strideBytes: number,
    copies: number,
    symbolRowCount: number,
    written: number,
  ) => void;
  readonly eliminate: (matrix: number, rowCount: number, widthBytes: number, columnCount: number) => number;
}

const PRODUCT_BYTES = 256 * 32;
/** The tables (products, then inverses) end here, and programs begin. */
const TABLES_END = PRODUCT_BYTES + 256;
/** Length of a working row, which holds one strip of a symbol. */
const STRIP_BYTES = 64;
const PAGE_BYTES = 65_536;

/**
 * The WebAssembly kernel, or undefined if this engine has no WebAssembly with vectors of 128 bits. Its memory grows to the size
 * that the largest program and its rows needed, and never shrinks.
 */
export function simdKernel(): Kernel | undefined {
  const module = Buffer.from(MODULE_BASE64, 'base64');
  if (!canRun(module)) return undefined;
  const { memory, run, prepare, solve, eliminate } = startModule(module, {}) as Exports;
  memory.grow(1);
  new Uint8Array(memory.buffer).set(tables());
  let programEnd = TABLES_END;
  let work = TABLES_END;
  let table = TABLES_END;
  let stride = 0;
  /** Programs with working rows solve blocks; the others make a few symbols. */
  let solving: { readonly copies: number; readonly symbolRowCount: number; readonly written: number } | undefined;
  const reserve = (endByte: number) => {
    const missing = endByte - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  };
  return {
    name: 'simd',
    open({ program, symbolRowCount, workRowCount }: Plan, strideBytes: number): Uint8Array {
      programEnd = TABLES_END + program.byteLength;
      const written = programEnd;
      const isSolving = workRowCount > 0;
      work = alignedTo64(written + (isSolving ? symbolRowCount : 0));
      const copies = work + workRowCount * STRIP_BYTES;
      table = copies + (isSolving ? symbolRowCount * STRIP_BYTES : 0);
      stride = strideBytes;
      reserve(table + symbolRowCount * strideBytes);
      new Int32Array(memory.buffer, TABLES_END, program.length).set(program);
      solving = isSolving ? { copies, symbolRowCount, written } : undefined;
      if (isSolving) prepare(TABLES_END, programEnd, workRowCount, written, symbolRowCount);
      return new Uint8Array(memory.buffer, table, symbolRowCount * strideBytes);
    },
    run(another?: Program) {
      if (solving !== undefined) {
        const { copies, symbolRowCount, written } = solving;
        if (another !== undefined) throw new Error('a block is solved by the program that it was opened with');
        solve(TABLES_END, programEnd, work, table, stride, copies, symbolRowCount, written);
        return;
      }
      if (another !== undefined) {
        programEnd = TABLES_END + another.byteLength;
        new Int32Array(memory.buffer, TABLES_END, another.length).set(another);
      }
      run(TABLES_END, programEnd, work, table, stride);
    },
    eliminate(matrix: Uint8Array, widthBytes: number, columnCount: number): boolean {
      reserve(TABLES_END + matrix.length);
      const view = new Uint8Array(memory.buffer, TABLES_END, matrix.length);
      view.set(matrix);
      const done = eliminate(TABLES_END, matrix.length / widthBytes, widthBytes, columnCount) === 1;
      matrix.set(view);
      return done;
    },
  };
}

function alignedTo64(address: number): number {
  return Math.ceil(address / 64) * 64;
}

/** For each coefficient, its products with 0 to 15 and with 0, 16, … 240; then the inverse of each element but 0. */
function tables(): Uint8Array {
  const bytes = new Uint8Array(TABLES_END);
  for (let coefficient = 0; coefficient < 256; coefficient++) {
    for (let i = 0; i < 16; i++) {
      bytes[coefficient * 32 + i] = multiply(coefficient, i);
      bytes[coefficient * 32 + 16 + i] = multiply(coefficient, i << 4);
    }
    if (coefficient > 0) bytes[PRODUCT_BYTES + coefficient] = inverse(coefficient);
  }
  return bytes;
}
