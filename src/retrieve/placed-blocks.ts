import { LayercastError } from '../base/errors.js';
import { systemError } from '../base/system-error.js';
import { blockLength, blockOffset, blockSymbolCount, firstSymbolOf, type Geometry } from '../object/geometry.js';
import type { BlockContent, Outcome } from '../receiver/assemble/block-content.js';
import type { PartialObject } from '../store/partial-object.js';
import type { BlockRestorer } from './block-restorer.js';
import { writeRuns } from './block-rows.js';

/**
 * Puts whole blocks into a part file: those that are restored from coded symbols, in a thread, and those that came whole from elsewhere. A
 * block takes no symbol meanwhile.
 */
export class PlacedBlocks {
  readonly #partial: PartialObject;
  readonly #geometry: Geometry;
  readonly #restorer: BlockRestorer;
  /** Blocks that are being put; at most as many as are solved at once. */
  readonly #underWay = new Map<number, Promise<Outcome>>();
  #isEnded = false;

  constructor(partial: PartialObject, geometry: Geometry, restorer: BlockRestorer) {
    this.#partial = partial;
    this.#geometry = geometry;
    this.#restorer = restorer;
  }

  /** Whether the block is being put, so that it may take no symbol. */
  has(block: number): boolean {
    return this.#underWay.has(block);
  }

  /** Restores a block from what lies in its places; see `ObjectStore.restoreBlock`. */
  restore(block: number, content: BlockContent, digest: Uint8Array): Promise<Outcome> {
    const isBlock = block >= 0 && block < this.#geometry.blockCount;
    const fits = isBlock && content.esis.length === blockSymbolCount(this.#geometry, block);
    if (!fits || this.has(block) || this.#isEnded) {
      const message = `block ${block} cannot be restored from ${content.esis.length} places now`;
      return Promise.reject(new LayercastError('INTERNAL', message));
    }
    return this.#track(block, this.#restore(block, content, digest));
  }

  /** Puts a block that came whole. */
  async put(block: number, bytes: Uint8Array): Promise<void> {
    await this.#track(block, this.#put(block, bytes));
  }

  /** Restores no block from now on, and resolves when none is being put. The callers of `restore` and `put` get the failures. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await Promise.allSettled(this.#underWay.values());
  }

  #track(block: number, work: Promise<Outcome>): Promise<Outcome> {
    const tracked = work.finally(() => this.#underWay.delete(block));
    this.#underWay.set(block, tracked);
    return tracked;
  }

  async #restore(block: number, content: BlockContent, digest: Uint8Array): Promise<Outcome> {
    const { part, journal, checkpoint } = this.#partial;
    const { symbolBytes } = this.#geometry;
    const first = firstSymbolOf(this.#geometry, block);
    const count = blockSymbolCount(this.#geometry, block);
    const [position, lengthBytes] = [blockOffset(this.#geometry, block), blockLength(this.#geometry, block)];
    const fd = await part.handOver(first, count);
    const stored = { fd, path: part.path, position, lengthBytes, symbolBytes, content };
    const outcome = await this.#restorer.restore(stored, digest, async () => {
      // The block takes no symbol meanwhile, so these places stay the same.
      const missing = journal.holdings.runsWithoutOwn(first, count);
      await checkpoint.evictGuests(first, count);
      return missing.map(([place, placeCount]) => [place - first, placeCount] as const);
    });
    if (outcome === 'genuine') checkpoint.noteRunWritten(first, count);
    return outcome;
  }

  async #put(block: number, bytes: Uint8Array): Promise<Outcome> {
    const { part, checkpoint } = this.#partial;
    const { symbolBytes } = this.#geometry;
    const first = firstSymbolOf(this.#geometry, block);
    const count = blockSymbolCount(this.#geometry, block);
    const fd = await part.handOver(first, count);
    await checkpoint.evictGuests(first, count);
    try {
      writeRuns({ fd, position: blockOffset(this.#geometry, block), symbolBytes }, bytes, [[0, count]]);
    } catch (error) {
      throw systemError(error, 'write', part.path);
    }
    checkpoint.noteRunWritten(first, count);
    return 'genuine';
  }
}
