import { SparseBits } from './sparse-bits.js';

/**
 * Which coded symbols the receiver has of each block of an object. The owner bounds the set: a block has at most as many symbols
 * as places, and a few spare ones, whatever their ESIs are. If a stranger strews ESIs over their range, a symbol costs 20 bytes.
 * Symbols in the order in which servers send them cost less than a byte each.
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
