import { createHash } from 'node:crypto';

/** Most addresses that the table remembers: four for each server that a fleet can have. 1024 addresses take some 200 kB. */
const MAX_ADDRESSES = 1024;

/**
 * Numbers the source addresses from which a network receives datagrams. A number is a keyed hash of its address and does not
 * depend on the table. So strangers who send from very many addresses cannot change the number of an address, nor choose an
 * address that has the number of an honest server. The probability that any two of 255 servers share a number is 0.0015 %.
 *
 * The table only remembers which address a number stands for. When the table is full, it forgets the address that was added
 * first. The address gets the same number when a datagram comes from it again. (A receiver tells 254 addresses apart in each
 * object, and trusts no others: src/receiver/assemble/origins.ts.)
 */
export class SourceTable {
  readonly #key: string;
  readonly #ids = new Map<string, number>();
  readonly #addresses = new Map<number, string>();
  #lastAddress: string | undefined;
  #lastId = 0;

  /** @param key a secret; tables with the same key give an address the same number */
  constructor(key: string) {
    this.#key = key;
  }

  /** @param address in text form, without zone @returns a whole number from 0 to 2^31 − 1 */
  idOf(address: string): number {
    if (address === this.#lastAddress) return this.#lastId;
    const id = this.#ids.get(address) ?? this.#add(address);
    this.#lastAddress = address;
    this.#lastId = id;
    return id;
  }

  /** The address that a number stands for; undefined when it has been forgotten. */
  addressOf(id: number): string | undefined {
    return this.#addresses.get(id);
  }

  #add(address: string): number {
    // V8 allocates no memory for whole numbers of up to 31 bits.
    const id = createHash('sha256').update(`${this.#key} ${address}`).digest().readUInt32BE() >>> 1;
    if (this.#ids.size >= MAX_ADDRESSES) this.#forgetFirst();
    this.#ids.set(address, id);
    this.#addresses.set(id, address);
    return id;
  }

  #forgetFirst(): void {
    for (const [address, id] of this.#ids) {
      this.#ids.delete(address);
      this.#addresses.delete(id);
      return;
    }
  }
}
