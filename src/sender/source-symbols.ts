import type { ByteSource } from '../base/ports.js';
import { firstSymbolOf, type Geometry } from '../object/geometry.js';
import type { SymbolRun, SymbolSource } from './slab.js';

/** Reads source symbols, which are pieces of the object's bytes, from the object. */
export class SourceSymbols implements SymbolSource {
  readonly symbolBytes: number;
  readonly #source: ByteSource;
  readonly #geometry: Geometry;

  constructor(source: ByteSource, geometry: Geometry) {
    this.symbolBytes = geometry.symbolBytes;
    this.#source = source;
    this.#geometry = geometry;
  }

  /**
   * A slab has short runs of many blocks in turn. Sorted by their position in the file, these runs form a few long stretches. Each
   * stretch is one read, whose pieces are then copied to their entries.
   */
  async read(runs: readonly Readonly<SymbolRun>[], into: Uint8Array): Promise<void> {
    for (const stretch of stretchesOf(runs, this.#geometry)) await this.#readStretch(stretch, into);
  }

  async #readStretch({ firstSymbol, count, runs }: Stretch, into: Uint8Array): Promise<void> {
    const { symbolBytes, sizeBytes } = this.#geometry;
    const offset = firstSymbol * symbolBytes;
    const length = Math.min(count * symbolBytes, sizeBytes - offset);
    const [{ firstEntry }] = runs;
    const isInOrder = runs.every(({ firstEntry: entry, symbol }) => entry - firstEntry === symbol - firstSymbol);
    if (isInOrder) {
      const start = firstEntry * symbolBytes;
      return this.#source.read(offset, into.subarray(start, start + length));
    }
    const bytes = new Uint8Array(length);
    await this.#source.read(offset, bytes);
    for (const run of runs) {
      const start = (run.symbol - firstSymbol) * symbolBytes;
      into.set(bytes.subarray(start, start + run.count * symbolBytes), run.firstEntry * symbolBytes);
    }
  }
}

/** Runs that are adjacent in the file. */
interface Stretch {
  readonly firstSymbol: number;
  count: number;
  readonly runs: [FileRun, ...FileRun[]];
}

interface FileRun {
  /** Number of the run's first symbol within the object. */
  readonly symbol: number;
  readonly firstEntry: number;
  readonly count: number;
}

function stretchesOf(runs: readonly Readonly<SymbolRun>[], geometry: Geometry): readonly Stretch[] {
  const sorted = runs
    .map(({ block, firstEsi, firstEntry, count }) => ({
      symbol: firstSymbolOf(geometry, block) + firstEsi,
      firstEntry,
      count,
    }))
    .sort((a, b) => a.symbol - b.symbol);
  const stretches: Stretch[] = [];
  for (const run of sorted) {
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
