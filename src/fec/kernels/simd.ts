import { multiply } from '../gf256.js';
import type { Program } from '../program.js';
import type { Kernel } from './kernel.js';
import { MODULE_BASE64 } from './module.js';

/** What kernels/assembly/index.ts exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly run: (program: number, programEnd: number, table: number, strideBytes: number) => void;
}

/** The part used here of what every engine has; TypeScript declares it for browsers only. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const PRODUCT_BYTES = 256 * 32;
const PAGE_BYTES = 65_536;

/**
 * The WebAssembly kernel, or undefined if this engine has no WebAssembly with vectors of 128 bits. Its memory grows to
 * what the largest program and table needed, and stays.
 */
export function simdKernel(): Kernel | undefined {
  const bytes = Buffer.from(MODULE_BASE64, 'base64');
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(bytes)) return undefined;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { memory, run } = instance.exports as Exports;
  memory.grow(Math.ceil(PRODUCT_BYTES / PAGE_BYTES));
  new Uint8Array(memory.buffer, 0, PRODUCT_BYTES).set(productTables());
  let programEnd = PRODUCT_BYTES;
  let table = PRODUCT_BYTES;
  let stride = 0;
  return {
    name: 'simd',
    open(program: Program, rowCount: number, strideBytes: number): Uint8Array {
      programEnd = PRODUCT_BYTES + program.byteLength;
      table = Math.ceil(programEnd / 64) * 64;
      stride = strideBytes;
      const missing = table + rowCount * strideBytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
      new Int32Array(memory.buffer, PRODUCT_BYTES, program.length).set(program);
      return new Uint8Array(memory.buffer, table, rowCount * strideBytes);
    },
    run() {
      run(PRODUCT_BYTES, programEnd, table, stride);
    },
  };
}

/** For each coefficient, its products with 0 to 15 and with 0, 16, … 240. */
function productTables(): Uint8Array {
  const tables = new Uint8Array(PRODUCT_BYTES);
  for (let coefficient = 0; coefficient < 256; coefficient++) {
    for (let i = 0; i < 16; i++) {
      tables[coefficient * 32 + i] = multiply(coefficient, i);
      tables[coefficient * 32 + 16 + i] = multiply(coefficient, i << 4);
    }
  }
  return tables;
}
