import { SparseBits } from './sparse-bits.js';

/**
 * Which coded symbols of each block of an object are held. Whoever fills it bounds it: a block holds as many symbols as it has
 * places, and a few spare ones, whatever their ESIs are. A stranger who strews ESIs over the range makes it cost 20 bytes a
 * symbol; symbols in the order in which servers send them cost less than a byte.
 */
export class EsiSet {
  readonly #blocks: (SparseBits | undefined)[];

  constructor(blockCount: number) {
    this.#blocks = new Array(blockCount);
  }

  /** Bytes of all tables. */
  get memoryBytes(): number {
    return this.#blocks.reduce((sum, bits) => sum + (bits?.memoryBytes ?? 0), 0);
  }

  has(block: number, esi: number): boolean {
    return this.#blocks[block]?.has(esi) ?? false;
  }

  add(block: number, esi: number): void {
    const bits = this.#blocks[block] ?? new SparseBits();
    this.#blocks[block] = bits;
    bits.add(esi);
  }

  delete(block: number, esi: number): void {
    this.#blocks[block]?.delete(esi);
  }

  /** Forgets a block's symbols. */
  clear(block: number): void {
    this.#blocks[block] = undefined;
  }
}
