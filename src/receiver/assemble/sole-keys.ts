import { type KnownKeys, UNPROVEN } from '../runs/known-keys.js';

/** What a wrong block tells. */
export interface Verdict {
  /** Numbers of the keys whose symbols stay. */
  readonly kept: ReadonlySet<number>;
  /** Whether the block had symbols that no key proves: somebody may have forged them. */
  readonly hadUnproven: boolean;
  /** The number of a key that is left because of this block; undefined if none is. */
  readonly left: number | undefined;
}

/**
 * Finds the key that signs wrong symbols. A wrong block of symbols that one key proved convicts it. If several keys proved them, one of them
 * alone fills the block next: the block then convicts that key or, if there was only one other, the other.
 */
export class SoleKeys {
  readonly #keys: KnownKeys;
  /** The only key that may fill a block, and the keys that had a part in it before. Only blocks of lying servers are here. */
  readonly #soleOf = new Map<number, { readonly key: number; readonly others: readonly number[] }>();

  constructor(keys: KnownKeys) {
    this.#keys = keys;
  }

  /** Whether a symbol that this key proves, or none does, may fill a block. */
  isWelcome(block: number, key: number): boolean {
    if (this.#soleOf.size === 0) return true;
    const sole = this.#soleOf.get(block);
    return sole === undefined || sole.key === key || this.#keys.isLeft(sole.key);
  }

  /**
   * Judges a wrong block.
   *
   * @param shares symbols of the block by the numbers of their keys
   */
  judge(block: number, shares: ReadonlyMap<number, number>): Verdict {
    const proven = [...shares.keys()].filter((key) => key !== UNPROVEN && !this.#keys.isLeft(key));
    const hadUnproven = proven.length < shares.size;
    if (hadUnproven) return { kept: new Set(proven), hadUnproven: shares.has(UNPROVEN), left: undefined };
    const [most = UNPROVEN, ...others] = proven.toSorted((a, b) => shares.get(b)! - shares.get(a)!);
    if (others.length === 0) {
      this.#soleOf.delete(block);
      return { kept: new Set(), hadUnproven: false, left: this.#keys.strike(most) ? most : undefined };
    }
    this.#soleOf.set(block, { key: most, others });
    return { kept: new Set([most]), hadUnproven: false, left: undefined };
  }

  /** Notes that a block is right; returns the number of a key that is left because of that, or undefined. */
  clear(block: number): number | undefined {
    const sole = this.#soleOf.get(block);
    if (sole === undefined) return undefined;
    this.#soleOf.delete(block);
    const [liar = UNPROVEN, ...rest] = sole.others;
    return rest.length === 0 && this.#keys.strike(liar) ? liar : undefined;
  }
}
