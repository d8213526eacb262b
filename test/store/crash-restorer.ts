import { createHash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import { blockOf, firstSymbolOf, type Geometry } from '../../dist/object/geometry.js';
import type { BlockContent, Outcome } from '../../dist/receiver/assemble/block-content.js';
import type { BlockRestorer } from '../../dist/retrieve/block-restorer.js';
import type { BlockRun, StoredBlock } from '../../dist/retrieve/stored-block.js';
import { blockRun, bytesOfBlock, bytesOfGuest, bytesOfSymbol } from './crash-object.js';

/** The digest of a block that is to be found genuine. */
export function digestOf(geometry: Geometry, block: number): Uint8Array {
  return createHash('sha256').update(bytesOfBlock(geometry, block)).digest();
}

/** A digest for which a block is taken to be `unsolved`. For any other digest but its own, a block is `wrong`. */
export const UNSOLVABLE = new Uint8Array(32);

/** What the places of a block hold, as the receiver asks for it. */
export function contentOf(
  geometry: Geometry,
  block: number,
  holdings: { readonly filled: { has(place: number): boolean }; guestAt(place: number): number },
): BlockContent {
  const [first, count] = blockRun(geometry, block);
  const esiAt = (i: number) => {
    const guest = holdings.guestAt(first + i);
    return guest >= 0 ? guest : holdings.filled.has(first + i) ? i : -1;
  };
  return { esis: Int32Array.from({ length: count }, (_, i) => esiAt(i)), spares: [] };
}

/**
 * Restores blocks of the crash test's object, whose symbols are not those of a code. It writes them piece by piece, so that a crash
 * may come between any two, and first makes sure that the file itself has all symbols that the block is said to have.
 */
export class CrashRestorer implements BlockRestorer {
  readonly threadCount = 2;
  preparedCount = 0;
  restCount = 0;
  /** How many pieces are written before a restoration fails, as when its thread is lost; undefined for all. */
  failsAfter: number | undefined;
  readonly #geometry: Geometry;
  readonly #pieceSymbols: number;

  constructor(geometry: Geometry, pieceSymbols: number) {
    this.#geometry = geometry;
    this.#pieceSymbols = pieceSymbols;
  }

  prepare(): void {
    this.preparedCount++;
  }

  async restore(
    stored: StoredBlock,
    digest: Uint8Array,
    confirm: () => Promise<readonly BlockRun[]>,
  ): Promise<Outcome> {
    const { fd, position, symbolBytes } = stored;
    const block = blockOf(this.#geometry, position / symbolBytes);
    this.#requireSymbols(block, stored);
    await new Promise(setImmediate);
    if (Buffer.compare(digest, UNSOLVABLE) === 0) return 'unsolved';
    if (Buffer.compare(digest, digestOf(this.#geometry, block)) !== 0) return 'wrong';
    const runs = await confirm();
    const bytes = bytesOfBlock(this.#geometry, block);
    let pieceCount = 0;
    for (const [first, count] of runs) {
      for (let place = first; place < first + count; place += this.#pieceSymbols) {
        if (pieceCount++ === this.failsAfter) throw new Error('the thread is lost');
        const from = place * symbolBytes;
        const to = Math.min(first + count, place + this.#pieceSymbols) * symbolBytes;
        writeSync(fd, bytes.subarray(from, to), 0, Math.min(bytes.length, to) - from, position + from);
        await new Promise(setImmediate);
      }
    }
    return 'genuine';
  }

  async rest(): Promise<void> {
    this.restCount++;
  }

  #requireSymbols(block: number, { fd, position, lengthBytes, symbolBytes, content }: StoredBlock): void {
    const first = firstSymbolOf(this.#geometry, block);
    const file = Buffer.alloc(lengthBytes);
    readSync(fd, file, 0, lengthBytes, position);
    for (const [i, esi] of content.esis.entries()) {
      if (esi < 0) continue;
      const expected = esi === i ? bytesOfSymbol(this.#geometry, first + i) : bytesOfGuest(this.#geometry, block, esi);
      const found = file.subarray(i * symbolBytes, i * symbolBytes + expected.length);
      if (!found.equals(expected)) throw new Error(`place ${first + i} does not hold ESI ${esi} in the file itself`);
    }
  }
}
