/**
 * What one announcement channel sends: the pieces of every object's signed descriptor, in turn, for ever. What is put in comes
 * soon: new objects and those of the round alternate until all new ones have been announced once.
 */
export class AnnouncementLoop {
  /** By object; in the order in which they come. */
  readonly #round = new Map<string, readonly Uint8Array[]>();
  /** Not announced yet; not in the round yet either. */
  readonly #fresh = new Map<string, readonly Uint8Array[]>();
  #current: { readonly name: string; readonly isFresh: boolean; piece: number } | undefined;
  #wasFresh = false;

  get isEmpty(): boolean {
    return this.#round.size + this.#fresh.size === 0;
  }

  /** Whether something waits for its first announcement. */
  get hasFresh(): boolean {
    return this.#fresh.size > 0;
  }

  /** Announces an object from now on, or another record of it. @param datagrams at least one */
  put(name: string, datagrams: readonly Uint8Array[]): void {
    if (this.#round.has(name)) this.#round.set(name, datagrams);
    else this.#fresh.set(name, datagrams);
    if (this.#current?.name === name) this.#current = undefined;
  }

  delete(name: string): void {
    this.#round.delete(name);
    this.#fresh.delete(name);
    if (this.#current?.name === name) this.#current = undefined;
  }

  /** The next datagram; undefined when there is nothing to announce. */
  take(): Uint8Array | undefined {
    const current = this.#current ?? this.#begin();
    if (current === undefined) return undefined;
    const { name, isFresh } = current;
    const datagrams = (isFresh ? this.#fresh : this.#round).get(name)!;
    const datagram = datagrams[current.piece++];
    if (current.piece < datagrams.length) return datagram;
    this.#fresh.delete(name);
    this.#round.delete(name);
    this.#round.set(name, datagrams);
    this.#current = undefined;
    return datagram;
  }

  #begin(): { readonly name: string; readonly isFresh: boolean; piece: number } | undefined {
    const isFresh = this.#fresh.size > 0 && (!this.#wasFresh || this.#round.size === 0);
    const next = (isFresh ? this.#fresh : this.#round).keys().next();
    if (next.done === true) return undefined;
    this.#wasFresh = isFresh;
    this.#current = { name: next.value, isFresh, piece: 0 };
    return this.#current;
  }
}
