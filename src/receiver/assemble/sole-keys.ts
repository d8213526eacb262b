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

/** The only key that may fill a block. */
interface Sole {
  readonly key: number;
  /** The keys that had a part in the block before. */
  readonly others: readonly number[];
  /** Proven symbols of other keys that were refused. */
  refusedCount: number;
}

/**
 * Finds the key that signs wrong symbols. A wrong block of symbols that one key proved convicts it. If several keys proved them, one of them
 * alone fills the block next: the block then convicts that key or, if there was only one other, the other. A key that does not fill it, because its
 * server is slow or silent, gives its turn to another one.
 */
export class SoleKeys {
  readonly #keys: KnownKeys;
  /** By block. Only blocks of lying servers are here. */
  readonly #soleOf = new Map<number, Sole>();
  /** Keys that had a block alone and did not fill it, by block. */
  readonly #triedOf = new Map<number, Set<number>>();

  constructor(keys: KnownKeys) {
    this.#keys = keys;
  }

  /** Whether a symbol that this key proves, or none does, may fill a block. */
  isWelcome(block: number, key: number): boolean {
    if (this.#soleOf.size === 0) return true;
    const sole = this.#soleOf.get(block);
    return sole === undefined || sole.key === key || this.#keys.isLeft(sole.key);
  }

  /** Whether one key alone may fill a block, so that its symbols have to be proven before they are taken. */
  isReserved(block: number): boolean {
    const sole = this.#soleOf.get(block);
    return sole !== undefined && !this.#keys.isLeft(sole.key);
  }

  /**
   * Notes that a symbol was not welcome. When the others have sent as many proven ones as the block has, its turn is over.
   *
   * @param symbolCount of the block
   */
  noteRefused(block: number, key: number, symbolCount: number): void {
    const sole = this.#soleOf.get(block);
    if (sole === undefined || key === UNPROVEN || ++sole.refusedCount < symbolCount) return;
    this.#soleOf.delete(block);
    this.#triedOf.set(block, (this.#triedOf.get(block) ?? new Set()).add(sole.key));
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
    if (proven.length === 1) {
      const [only = UNPROVEN] = proven;
      this.#forget(block);
      return { kept: new Set(), hadUnproven: false, left: this.#keys.strike(only) ? only : undefined };
    }
    const key = this.#nextOf(block, proven, shares);
    this.#soleOf.set(block, { key, others: proven.filter((other) => other !== key), refusedCount: 0 });
    return { kept: new Set([key]), hadUnproven: false, left: undefined };
  }

  /**
   * Notes that a block is right; returns the number of a key that is left because of that, or undefined.
   *
   * @param isFromServers whether symbols of servers filled it
   */
  clear(block: number, isFromServers: boolean): number | undefined {
    const sole = this.#soleOf.get(block);
    this.#forget(block);
    // Where the key is left, others have filled the block.
    if (sole === undefined || this.#keys.isLeft(sole.key) || !isFromServers) return undefined;
    const [liar = UNPROVEN, ...rest] = sole.others;
    return rest.length === 0 && this.#keys.strike(liar) ? liar : undefined;
  }

  /** The key that gets a block next: of those that have not had it, the one with most symbols. */
  #nextOf(block: number, keys: readonly number[], shares: ReadonlyMap<number, number>): number {
    const tried = this.#triedOf.get(block);
    const untried = keys.filter((key) => !tried?.has(key));
    if (untried.length === 0) this.#triedOf.delete(block);
    const [next = UNPROVEN] = (untried.length === 0 ? keys : untried).toSorted(
      (a, b) => shares.get(b)! - shares.get(a)!,
    );
    return next;
  }

  #forget(block: number): void {
    this.#soleOf.delete(block);
    this.#triedOf.delete(block);
  }
}
