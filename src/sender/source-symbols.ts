import type { ByteSource } from '../base/ports.js';
import { firstSymbolOf, type Geometry } from '../object/geometry.js';
import type { SymbolRun, SymbolSource } from './slab.js';

/** The symbols of an object sent without a code, and the source symbols of one with: pieces of its bytes. */
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
   * Short runs of many blocks, in turn, make stretches of the file when put in its order; each stretch is one read, whose
   * pieces then go where they belong.
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

/** Runs that lie side by side in the file. */
interface Stretch {
  readonly firstSymbol: number;
  count: number;
  readonly runs: [PlacedRun, ...PlacedRun[]];
}

interface PlacedRun {
  /** Number of the first within the object. */
  readonly symbol: number;
  readonly firstEntry: number;
  readonly count: number;
}

function stretchesOf(runs: readonly Readonly<SymbolRun>[], geometry: Geometry): readonly Stretch[] {
  const placed = runs
    .map(({ block, firstEsi, firstEntry, count }) => ({
      symbol: firstSymbolOf(geometry, block) + firstEsi,
      firstEntry,
      count,
    }))
    .sort((a, b) => a.symbol - b.symbol);
  const stretches: Stretch[] = [];
  for (const run of placed) {
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
