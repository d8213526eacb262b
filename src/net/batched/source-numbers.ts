import { textOfAddress } from '../../base/ipv6-text.js';
import type { SourceTable } from '../../base/source-table.js';

/** Places in the table: the addresses of 255 servers with room to spare. A power of 2. */
const PLACES = 1024;
/** How many places an address may be in. Eight addresses that hash alike all find one. */
const TRIES = 8;
const ADDRESS_WORDS = 4;

/**
 * Finds the number of a source from the bytes of its address, and allocates nothing for an address that it remembers. An address that
 * it has forgotten costs some microseconds and gets the same number again, because `SourceTable` computes the number.
 */
export class SourceNumbers {
  readonly #sources: SourceTable;
  readonly #addresses = new Uint32Array(PLACES * ADDRESS_WORDS);
  /** One more than the number; 0 in a free place. */
  readonly #numbers = new Float64Array(PLACES);
  #next = 0;

  constructor(sources: SourceTable) {
    this.#sources = sources;
  }

  /** @param at the word at which the 16 bytes of the address begin */
  idOf(words: Uint32Array, at: number): number {
    const a = words[at]!;
    const b = words[at + 1]!;
    const c = words[at + 2]!;
    const d = words[at + 3]!;
    const first = Math.imul(Math.imul(a ^ b, 0x9e3779b1) ^ c ^ (d << 7) ^ (d >>> 9), 0x85ebca6b) >>> 16;
    for (let i = 0; i < TRIES; i++) {
      const place = (first + i) % PLACES;
      const known = this.#numbers[place]!;
      if (known === 0) break;
      const entry = place * ADDRESS_WORDS;
      const all = this.#addresses;
      if (all[entry] === a && all[entry + 1] === b && all[entry + 2] === c && all[entry + 3] === d) return known - 1;
    }
    return this.#learn(words.subarray(at, at + ADDRESS_WORDS), first);
  }

  #learn(address: Uint32Array, first: number): number {
    const id = this.#sources.idOf(
      textOfAddress(new Uint8Array(address.buffer, address.byteOffset, address.byteLength)),
    );
    const free = Array.from({ length: TRIES }, (_, i) => (first + i) % PLACES).find((at) => this.#numbers[at] === 0);
    const place = free ?? (first + (this.#next++ % TRIES)) % PLACES;
    this.#addresses.set(address, place * ADDRESS_WORDS);
    this.#numbers[place] = id + 1;
    return id;
  }
}
