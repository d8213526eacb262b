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
  #current: Current | undefined;
  #wasFresh = false;

  get isEmpty(): boolean {
    return this.#round.size + this.#fresh.size === 0;
  }

  /** Whether an object waits for its first announcement. */
  get hasFresh(): boolean {
    return this.#fresh.size > 0;
  }

  /**
   * Announces an object, or another record of an object, from now on. A record that is being sent is sent to its end: one that changes again and
   * again would else never be whole, and keep the others waiting.
   *
   * @param turns at least one, each of at least one datagram
   */
  put(name: string, turns: AnnouncedTurns): void {
    if (this.#round.has(name)) this.#round.set(name, turns);
    else this.#fresh.set(name, turns);
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
    const [datagrams] = current.turns;
    const datagram = datagrams![current.piece++];
    if (current.piece === datagrams!.length) this.#end(current);
    return datagram;
  }

  #begin(): Current | undefined {
    const isFresh = this.#fresh.size > 0 && (!this.#wasFresh || this.#round.size === 0);
    const next = (isFresh ? this.#fresh : this.#round).entries().next();
    if (next.done === true) return undefined;
    this.#wasFresh = isFresh;
    const [name, turns] = next.value;
    this.#current = { name, turns, isFresh, piece: 0 };
    return this.#current;
  }

  /** Gives the others their turns. What has taken the place of the record that was sent is not announced yet. */
  #end({ name, turns, isFresh }: Current): void {
    this.#current = undefined;
    const list = isFresh ? this.#fresh : this.#round;
    const now = list.get(name)!;
    list.delete(name);
    if (now !== turns) list.set(name, now);
    else this.#round.set(name, [...turns.slice(1), turns[0]!]);
  }
}

/** The record that is being sent. */
interface Current {
  readonly name: string;
  /** The first of them is sent. */
  readonly turns: AnnouncedTurns;
  readonly isFresh: boolean;
  /** The piece that is sent next. */
  piece: number;
}
