import type { ByteSource } from '../base/ports.js';
import { firstSymbolOf, type Geometry } from '../object/geometry.js';
import type { SharedBytes, SymbolSource } from './slab.js';
import type { SymbolRuns } from './symbol-runs.js';

/** Reads source symbols, which are pieces of the object's bytes, from the object. */
export class SourceSymbols implements SymbolSource {
  readonly symbolBytes: number;
  readonly #source: ByteSource;
  readonly #geometry: Geometry;
  /** Memory of an earlier read, for the next one: new memory of a megabyte takes four times as long to fill. */
  #spare: Uint8Array | undefined;

  constructor(source: ByteSource, geometry: Geometry) {
    this.symbolBytes = geometry.symbolBytes;
    this.#source = source;
    this.#geometry = geometry;
  }

  /**
   * A slab has short runs of many blocks in turn. Sorted by their position in the file, these runs form a few long stretches. Each
   * stretch is one read, whose symbols are then copied to their places.
   */
  async read(runs: SymbolRuns, into: SharedBytes, strideBytes: number): Promise<void> {
    const placed: FileRun[] = [];
    runs.each((block, firstEsi, start, count) => {
      placed.push({ symbol: firstSymbolOf(this.#geometry, block) + firstEsi, start, count });
    });
    for (const stretch of stretchesOf(placed)) await this.#readStretch(stretch, into, strideBytes);
  }

  async #readStretch({ firstSymbol, count, runs }: Stretch, into: SharedBytes, strideBytes: number): Promise<void> {
    const { symbolBytes, sizeBytes } = this.#geometry;
    const offset = firstSymbol * symbolBytes;
    const length = Math.min(count * symbolBytes, sizeBytes - offset);
    const memory = this.#takeMemory(length);
    const bytes = memory.subarray(0, length);
    if (!this.#source.readNow?.(offset, bytes)) await this.#source.read(offset, bytes);
    for (const run of runs) {
      for (let i = 0; i < run.count; i++) {
        const from = (run.symbol + i - firstSymbol) * symbolBytes;
        into.set(bytes.subarray(from, from + symbolBytes), run.start + i * strideBytes);
      }
    }
    if (memory.length >= (this.#spare?.length ?? 0)) this.#spare = memory;
  }

  /** A read of another channel may have the spare memory at this moment. */
  #takeMemory(length: number): Uint8Array {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare === undefined || spare.length < length) return new Uint8Array(length);
    return spare;
  }
}

/** Runs that are adjacent in a file. */
export interface Stretch {
  readonly firstSymbol: number;
  count: number;
  readonly runs: FileRun[];
}

/** Consecutive symbols of a file of symbols, and where they belong. */
export interface FileRun {
  /** Number of the run's first symbol within the file. */
  readonly symbol: number;
  /** As in `SymbolRun`. */
  readonly start: number;
  readonly count: number;
}

/** Sorts runs by their position in a file of symbols and joins those that are adjacent there. */
export function stretchesOf(runs: readonly FileRun[]): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const run of runs.toSorted((a, b) => a.symbol - b.symbol)) {
    const last = stretches.at(-1);
    if (last !== undefined && last.firstSymbol + last.count === run.symbol) {
      last.count += run.count;
      last.runs.push(run);
    } else {
      stretches.push({ firstSymbol: run.symbol, count: run.count, runs: [run] });
    }
  }
  return stretches;
}
