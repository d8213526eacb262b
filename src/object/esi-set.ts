/** ESIs of one bitmap: 256 bytes each. */
const CHUNK_ESIS = 2048;
/**
 * Bitmaps of one block beyond those that its own symbols fill. Servers send a block's symbols in order, on 32 channels at
 * most, so that each channel of some servers needs one or two; what names ESIs all over the place to fill the memory is
 * refused.
 */
const SPARE_CHUNKS = 128;

/**
 * Which coded symbols of each block of an object have been received: bitmaps of stretches of ESIs, made when they are first
 * met. With symbols in the order in which servers send them, about one bit a symbol.
 */
export class EsiSet {
  readonly #maxChunkCount: number;
  readonly #chunks: (Map<number, Uint32Array> | undefined)[];

  /** @param blockSymbolCount symbols of the longest block. */
  constructor(blockCount: number, blockSymbolCount: number) {
    this.#chunks = new Array(blockCount);
    this.#maxChunkCount = Math.ceil(blockSymbolCount / CHUNK_ESIS) + SPARE_CHUNKS;
  }

  has(block: number, esi: number): boolean {
    const chunk = this.#chunks[block]?.get(Math.floor(esi / CHUNK_ESIS));
    const bit = esi % CHUNK_ESIS;
    return chunk !== undefined && (chunk[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  }

  /** False when a symbol is so far from all others of its block that no server can have sent it. */
  hasRoom(block: number, esi: number): boolean {
    const chunks = this.#chunks[block];
    return chunks === undefined || chunks.size < this.#maxChunkCount || chunks.has(Math.floor(esi / CHUNK_ESIS));
  }

  /** Takes a symbol for which there is room. */
  add(block: number, esi: number): void {
    const chunks = this.#chunks[block] ?? new Map<number, Uint32Array>();
    this.#chunks[block] = chunks;
    const index = Math.floor(esi / CHUNK_ESIS);
    const chunk = chunks.get(index) ?? new Uint32Array(CHUNK_ESIS / 32);
    chunks.set(index, chunk);
    const bit = esi % CHUNK_ESIS;
    chunk[bit >>> 5]! |= 1 << (bit & 31);
  }

  delete(block: number, esi: number): void {
    const chunk = this.#chunks[block]?.get(Math.floor(esi / CHUNK_ESIS));
    const bit = esi % CHUNK_ESIS;
    if (chunk !== undefined) chunk[bit >>> 5]! &= ~(1 << (bit & 31));
  }

  /** Forgets a block's symbols. */
  clear(block: number): void {
    this.#chunks[block] = undefined;
  }
}
