/** One byte for each symbol names its origin. A fleet has 255 servers at most, and few of them send one object. */
const MAX_ORIGINS = 256;
/** All sources beyond the first 254 share this number. Nobody trusts it: it is never proven. */
const OTHERS = MAX_ORIGINS - 1;
/** An address is banned after this many wrong blocks in which it was the only source that was not proven. */
const MAX_STRIKES = 3;

/** The origin of symbols from an earlier run: their sources are not known. */
export const FROM_DISK = 0;

/** What happens to a wrong block. */
export interface Verdict {
  /**
   * The origins whose symbols stay: those proven before, or the owner. Symbols from an earlier run never stay: no source can be
   * banned for them, so the block might be wrong for ever.
   */
  readonly kept: ReadonlySet<number>;
  /** The only origin, besides proven ones, that may fill the block from now on; `FROM_DISK` for any origin. */
  readonly owner: number;
}

/**
 * The sources of symbols, and whether their blocks were right. A right block proves all sources that had a part in it. A wrong
 * block that a single source filled proves that source guilty.
 *
 * A forger that uses a server's address counts as that server. Each block is then received again until it has none of the
 * forger's symbols.
 */
export class Origins {
  readonly #ids = new Map<number, number>();
  readonly #proven = new Uint8Array(MAX_ORIGINS);
  readonly #banned = new Uint8Array(MAX_ORIGINS);
  readonly #strikes = new Uint8Array(MAX_ORIGINS);
  #lastSourceId: number | undefined;
  #lastId = FROM_DISK;

  /** The number of a source's origin: 1 for the first source, 2 for the next, and so on. It never changes. */
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

  /** Bans an origin: the receiver takes nothing more from it. If all sources are banned, all bans end. */
  ban(id: number): void {
    if (id === FROM_DISK) return;
    this.#proven[id] = 0;
    this.#banned[id] = 1;
    // With all sources banned the transfer would never end, so all may try again.
    if ([...this.#ids.values()].every((other) => this.isBanned(other))) {
      this.#banned.fill(0);
      this.#strikes.fill(0);
    }
  }

  /** Notes that a block is right in which these origins had a part. `FROM_DISK` is never proven: other blocks on disk may be wrong. */
  approve(ids: Iterable<number>): void {
    for (const id of ids) {
      if (id === FROM_DISK) continue;
      if (id !== OTHERS) this.#proven[id] = 1;
      this.#banned[id] = 0;
      this.#strikes[id] = 0;
    }
  }

  /**
   * Decides about a wrong block. If several sources may have spoilt it, none is banned: one of them, the owner, fills the block
   * next, alone or with proven sources, and the result is proof for or against the owner.
   *
   * @param shares symbols of the block by origin.
   * @param owner the origin that was to fill the block.
   */
  blame(shares: ReadonlyMap<number, number>, owner = FROM_DISK): Verdict {
    const ids = [...shares.keys()];
    const proven = ids.filter((id) => this.isProven(id));
    if (ids.length === 1 && proven.length === 0) {
      this.ban(ids[0]!);
      return { kept: new Set(), owner: FROM_DISK };
    }
    // All of these origins were right before, so one of them has changed: all lose their proof.
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
