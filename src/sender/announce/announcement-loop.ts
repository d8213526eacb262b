/** What takes one place in the round: in each round one of the lists of pieces, in turn. Objects have one list. */
export type AnnouncedTurns = readonly (readonly Uint8Array[])[];

/**
 * Gives the datagrams of one announcement channel: the pieces of every object's signed descriptor, in turn and without end. New
 * objects do not wait for a whole round: new and known objects alternate until every new object has been announced once.
 */
export class AnnouncementLoop {
  /** The pieces of objects that have been announced, in the order of the round. */
  readonly #round = new Map<string, AnnouncedTurns>();
  /** The pieces of objects that have not been announced; these objects are not in the round yet. */
  readonly #fresh = new Map<string, AnnouncedTurns>();
  #current: { readonly name: string; readonly isFresh: boolean; piece: number } | undefined;
  #wasFresh = false;

  get isEmpty(): boolean {
    return this.#round.size + this.#fresh.size === 0;
  }

  /** Whether an object waits for its first announcement. */
  get hasFresh(): boolean {
    return this.#fresh.size > 0;
  }

  /** Announces an object, or another record of an object, from now on. @param turns at least one, each of at least one datagram */
  put(name: string, turns: AnnouncedTurns): void {
    if (this.#round.has(name)) this.#round.set(name, turns);
    else this.#fresh.set(name, turns);
    if (this.#current?.name === name) this.#current = undefined;
  }

  delete(name: string): void {
    this.#round.delete(name);
    this.#fresh.delete(name);
    if (this.#current?.name === name) this.#current = undefined;
  }

  /** Takes the next datagram; undefined if there is no object. */
  take(): Uint8Array | undefined {
    const current = this.#current ?? this.#begin();
    if (current === undefined) return undefined;
    const { name, isFresh } = current;
    const [datagrams, ...later] = (isFresh ? this.#fresh : this.#round).get(name)! as [readonly Uint8Array[]];
    const datagram = datagrams[current.piece++];
    if (current.piece < datagrams.length) return datagram;
    this.#fresh.delete(name);
    this.#round.delete(name);
    this.#round.set(name, [...later, datagrams]);
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
