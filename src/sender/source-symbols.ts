import { firstSymbolOf, type Geometry } from '../object/geometry.js';
import type { ByteSource } from '../ports.js';
import type { SymbolRun, SymbolSource } from './slab.js';

/** The symbols of an object sent without a code: pieces of its bytes. */
export class SourceSymbols implements SymbolSource {
  readonly symbolBytes: number;
  readonly #source: ByteSource;
  readonly #geometry: Geometry;

  constructor(source: ByteSource, geometry: Geometry) {
    this.symbolBytes = geometry.symbolBytes;
    this.#source = source;
    this.#geometry = geometry;
  }

  async read(runs: readonly Readonly<SymbolRun>[], into: Uint8Array): Promise<void> {
    const { symbolBytes, sizeBytes } = this.#geometry;
    for (const { block, firstEsi, firstSlot, count } of joined(runs, this.#geometry)) {
      const offset = (firstSymbolOf(this.#geometry, block) + firstEsi) * symbolBytes;
      const length = Math.min(count * symbolBytes, sizeBytes - offset);
      const start = firstSlot * symbolBytes;
      await this.#source.read(offset, into.subarray(start, start + length));
    }
  }
}

/** Runs that go on across the end of a block are one read: blocks lie side by side in the file. */
function joined(runs: readonly Readonly<SymbolRun>[], geometry: Geometry): readonly SymbolRun[] {
  const reads: SymbolRun[] = [];
  for (const run of runs) {
    const last = reads.at(-1);
    const follows =
      last !== undefined &&
      firstSymbolOf(geometry, last.block) + last.firstEsi + last.count ===
        firstSymbolOf(geometry, run.block) + run.firstEsi &&
      last.firstSlot + last.count === run.firstSlot;
    if (follows) last.count += run.count;
    else reads.push({ ...run });
  }
  return reads;
}
