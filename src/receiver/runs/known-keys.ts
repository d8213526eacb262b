import type { KeyObject } from 'node:crypto';
import type { Descriptor } from '../../wire/descriptor.js';
import { publicKeyOf } from '../../wire/public-key.js';

/** Symbols without a proof have this in the place of a key's number. */
export const UNPROVEN = 0;
/** Numbers of keys are bytes. A fleet has at most 255 servers; keys beyond the first 255 of a run prove nothing. */
const MAX_KEYS = 255;
/** A key is left after this many wrong blocks of symbols that it alone proved: one could be a fault of this host's disk or memory. */
const MAX_STRIKES = 2;

/** The keys of an object's servers, as its descriptors have named them, and those that have signed wrong symbols. */
export class KnownKeys {
  readonly #numbers = new Map<string, number>();
  readonly #keys: (KeyObject | undefined)[] = [undefined];
  readonly #strikes = new Uint8Array(MAX_KEYS + 1);
  readonly #byServer = new Map<number, { readonly number: number; readonly channels: readonly number[] | undefined }>();
  readonly #withoutKey = new Set<number>();

  /** Whether any server of the descriptor has a key: without, nothing can be proven. */
  get hasKeys(): boolean {
    return this.#byServer.size > 0;
  }

  /** Takes the servers of a descriptor. Numbers of keys stay the same. */
  name(servers: Descriptor['servers']): void {
    this.#byServer.clear();
    this.#withoutKey.clear();
    for (const { index, publicKey, channels } of servers) {
      const number = publicKey === undefined ? UNPROVEN : this.#numberOf(publicKey);
      if (number === UNPROVEN) this.#withoutKey.add(index);
      else this.#byServer.set(index, { number, channels });
    }
  }

  /** The number of the key with which a server signs what it sends on a channel; `UNPROVEN` if it does not. */
  numberOf(serverIndex: number, channelIndex: number): number {
    const server = this.#byServer.get(serverIndex);
    if (server === undefined || server.channels?.includes(channelIndex) === false) return UNPROVEN;
    return server.number;
  }

  /** Whether the descriptor has a server of this index that signs nothing. */
  isWithoutKey(serverIndex: number): boolean {
    return this.#withoutKey.has(serverIndex);
  }

  keyOf(number: number): KeyObject {
    return this.#keys[number]!;
  }

  /** Whether a key has signed wrong symbols, so that nothing is taken from it any more. */
  isLeft(number: number): boolean {
    return this.#strikes[number]! >= MAX_STRIKES;
  }

  /** Indexes of the servers that sign with a key that is left. */
  get leftServers(): ReadonlySet<number> {
    return new Set([...this.#byServer].filter(([, { number }]) => this.isLeft(number)).map(([index]) => index));
  }

  /** Notes a wrong block of symbols that this key alone proved; true if the key is left now and was not before. */
  strike(number: number): boolean {
    if (number === UNPROVEN || this.isLeft(number)) return false;
    this.#strikes[number]!++;
    return this.isLeft(number);
  }

  #numberOf(publicKey: Uint8Array): number {
    const hex = Buffer.from(publicKey).toString('hex');
    const known = this.#numbers.get(hex);
    if (known !== undefined) return known;
    const key = publicKeyOf(publicKey);
    if (key === undefined || this.#keys.length > MAX_KEYS) return UNPROVEN;
    this.#numbers.set(hex, this.#keys.length);
    return this.#keys.push(key) - 1;
  }
}
