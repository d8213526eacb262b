/** One byte for each symbol names its origin. A fleet has 255 servers at most, and few of them send one object. */
const MAX_ORIGINS = 256;
/** All sources beyond the first 254 share this number. Nobody trusts it: it is never proven. */
const OTHERS = MAX_ORIGINS - 1;
/** Wrong blocks in which an address was the only one that was never right, until it is heard no more. */
const MAX_STRIKES = 3;

/** Who sent the symbols of an earlier run is not known. */
export const FROM_DISK = 0;

/** What becomes of a wrong block. */
export interface Verdict {
  /**
   * Whose symbols may stay: those proven before, or the owner's. What is on disk from an earlier run never stays: nobody can be
   * banned for it, so that the block might be wrong for ever.
   */
  readonly kept: ReadonlySet<number>;
  /** The only one who may fill it, besides those who are proven; `FROM_DISK` for anybody. */
  readonly owner: number;
}

/**
 * Sources that symbols came from, and what their blocks turned out to be. A block that is right proves all who had a part
 * in it; one that is wrong proves guilty whoever filled it alone.
 *
 * A forger who takes a server's own address passes for it here; blocks are then received again until one has none of his.
 */
export class Origins {
  readonly #ids = new Map<number, number>();
  readonly #proven = new Uint8Array(MAX_ORIGINS);
  readonly #banned = new Uint8Array(MAX_ORIGINS);
  readonly #strikes = new Uint8Array(MAX_ORIGINS);
  #lastSourceId: number | undefined;
  #lastId = FROM_DISK;

  /** The number that stands for a source here: 1 for the first, 2 for the next, and so on. It never changes. */
  idOf(sourceId: number): number {
    if (sourceId === this.#lastSourceId) return this.#lastId;
    let id = this.#ids.get(sourceId);
    if (id === undefined) {
      id = Math.min(this.#ids.size + 1, OTHERS);
      if (this.#ids.size < MAX_ORIGINS) this.#ids.set(sourceId, id);
    }
    this.#lastSourceId = sourceId;
    this.#lastId = id;
    return id;
  }

  isProven(id: number): boolean {
    return this.#proven[id] === 1;
  }

  isBanned(id: number): boolean {
    return this.#banned[id] === 1;
  }

  /** Takes nothing from this origin any more, unless nobody else is left. */
  ban(id: number): void {
    if (id === FROM_DISK) return;
    this.#proven[id] = 0;
    this.#banned[id] = 1;
    // With everybody banned nothing would ever come: then all may try again.
    if ([...this.#ids.values()].every((other) => this.isBanned(other))) {
      this.#banned.fill(0);
      this.#strikes.fill(0);
    }
  }

  /** A block in which these had a part is right; which says nothing about what else is on disk. */
  approve(ids: Iterable<number>): void {
    for (const id of ids) {
      if (id === FROM_DISK) continue;
      if (id !== OTHERS) this.#proven[id] = 1;
      this.#banned[id] = 0;
      this.#strikes[id] = 0;
    }
  }

  /**
   * A block is wrong. Nobody is banned for being one of several who may have done it: the next who fills it is then alone with
   * those who were right before, and what comes of that is proof.
   *
   * @param shares symbols of the block by origin.
   * @param owner who was to fill it.
   */
  blame(shares: ReadonlyMap<number, number>, owner = FROM_DISK): Verdict {
    const ids = [...shares.keys()];
    const proven = ids.filter((id) => this.isProven(id));
    if (ids.length === 1 && proven.length === 0) {
      this.ban(ids[0]!);
      return { kept: new Set(), owner: FROM_DISK };
    }
    // All were right before, so one of them has changed: nobody's word counts any more.
    if (proven.length === ids.length) {
      for (const id of ids) this.#proven[id] = 0;
      return { kept: new Set(), owner: FROM_DISK };
    }
    const suspects = ids.filter((id) => id !== FROM_DISK && !this.isProven(id) && !this.isBanned(id));
    const [most = FROM_DISK] = suspects.toSorted((a, b) => shares.get(b)! - shares.get(a)!);
    if (proven.length === 0) {
      const next = suspects.includes(owner) ? owner : most;
      return { kept: new Set(next === FROM_DISK ? [] : [next]), owner: next };
    }
    if (proven.length === ids.length - 1 && suspects.length === 1 && ++this.#strikes[most]! >= MAX_STRIKES) {
      this.ban(most);
    }
    return { kept: new Set(proven), owner: suspects.length > 1 ? most : proven[0]! };
  }
}
