/** Memory is taken in pieces of this size; a piece is free again when the last packet in it has arrived. */
const CHUNK_BYTES = 2 ** 18;

/** Copies of datagrams under way, many to a buffer: a buffer for each costs ten times the copy. */
export class Arena {
  /** Where `keep` put its last copy. */
  buffer = new Uint8Array(CHUNK_BYTES);
  start = 0;
  #end = 0;

  /** Copies `length` bytes to `buffer` from `start` on. */
  keep(bytes: Uint8Array, from: number, length: number): void {
    if (this.#end + length > this.buffer.length) {
      this.buffer = new Uint8Array(Math.max(CHUNK_BYTES, length));
      this.#end = 0;
    }
    this.start = this.#end;
    this.buffer.set(bytes.subarray(from, from + length), this.start);
    this.#end += length;
  }
}
