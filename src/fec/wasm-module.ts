import { LayercastError } from '../base/errors.js';

/** The parts of WebAssembly that this folder uses; TypeScript declares WebAssembly for browsers only. */
interface Engine {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: Imports) => { readonly exports: unknown };
}

/** Functions that a module calls, by the name of its file that declares them. */
type Imports = Readonly<Record<string, Readonly<Record<string, (...numbers: number[]) => number>>>>;

/** The memory of a module. When it grows, its buffer is another one. */
export interface ModuleMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const engine = (globalThis as { readonly WebAssembly?: Engine }).WebAssembly;

/** Whether this engine has all instructions of a module. */
export function canRun(module: Uint8Array): boolean {
  return engine?.validate(module) ?? false;
}

/**
 * A new instance of a module, with memory of its own.
 *
 * @returns what the module exports
 * @throws {LayercastError} `FEC_INVALID` if this engine has no WebAssembly, as Node with `--jitless`
 */
export function startModule(module: Uint8Array, imports: Imports): unknown {
  if (engine === undefined) {
    throw new LayercastError('FEC_INVALID', 'coded blocks need WebAssembly, which this JavaScript engine lacks', {
      hint: 'run Node with its compiler',
    });
  }
  return new engine.Instance(new engine.Module(module), imports).exports;
}
