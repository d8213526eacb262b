import { createHash } from 'node:crypto';

/** Addresses that can be asked for: four times as many as a fleet can have servers. 1024 of them take some 200 kB. */
const MAX_ADDRESSES = 1024;

/**
 * Numbers for the source addresses that a network meets. A number is a keyed hash of its address, so that it needs no table:
 * strangers who send from very many addresses can neither give an address another number, nor choose an address whose number is
 * that of an honest server. Two of 255 servers have one number with a probability of 0.0015 %.
 *
 * The table only remembers which address a number stands for. Beyond its bound the address that was added first is forgotten; its
 * number stays the same when the address is heard again. (A receiver tells 254 addresses apart in each object, and trusts none
 * of the others: src/receiver/assemble/origins.ts.)
 */
export class SourceTable {
  readonly #key: string;
  readonly #ids = new Map<string, number>();
  readonly #addresses = new Map<number, string>();
  #lastAddress: string | undefined;
  #lastId = 0;

  /** @param key a secret; with the same key, an address has the same number */
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
    // 31 bits are the largest whole numbers that V8 never allocates.
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
