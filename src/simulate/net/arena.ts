/** Memory is taken in chunks of this size. A chunk is free again when the last packet in it has arrived. */
const CHUNK_BYTES = 2 ** 18;

/** Copies of datagrams under way, many in one buffer: a buffer for each datagram costs ten times as much as the copy. */
export class Arena {
  /** The buffer of the last copy that `keep` made, and where the copy begins. */
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
