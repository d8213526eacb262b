const NONE = -1;
const MIN_CAPACITY = 4;

/**
 * Guests at up to 65,536 neighbouring places, each named by its ESI. Guests that come one after the other lie in places one after
 * the other, so a chunk begins as a list of runs, with 8 bytes each. When runs would take more memory than one ESI for each place,
 * the chunk becomes a table with 4 bytes for each place.
 */
export class GuestChunk {
  /** Guests in the chunk. */
  count = 0;
  readonly #placeCount: number;
  #runCount = 0;
  /** Runs in order of places: run i has places `starts[i] .. starts[i] + counts[i]` and ESIs from `esis[i]` on. */
  #starts = new Uint16Array(MIN_CAPACITY);
  #counts = new Uint16Array(MIN_CAPACITY);
  #esis = new Int32Array(MIN_CAPACITY);
  /** The run that was found last: calls for neighbouring places follow each other. */
  #recent = 0;
  /** The ESI in each place; undefined while there are runs. */
  #table: Int32Array | undefined;

  constructor(placeCount: number) {
    this.#placeCount = placeCount;
  }

  /** ESI of the guest at a place of the chunk; −1 if there is none. */
  get(place: number): number {
    if (this.#table !== undefined) return this.#table[place]!;
    const run = this.#runAt(place);
    return run < 0 ? NONE : this.#esis[run]! + place - this.#starts[run]!;
  }

  /** Notes a guest; it replaces a guest that the place had. */
  set(place: number, esi: number): void {
    // The journal notes the same guests once more.
    if (this.get(place) === esi) return;
    if (this.#table === undefined) this.#setInRuns(place, esi);
    if (this.#table === undefined) return;
    if (this.#table[place] === NONE) this.count++;
    this.#table[place] = esi;
  }

  /** Forgets the guests at places `from .. to` and returns how many there were. */
  remove(from: number, to: number): number {
    let removed = 0;
    for (let place = from; place < to; place++) if (this.get(place) !== NONE) removed++;
    if (removed === 0) return 0;
    if (removed < this.count) this.#toTable().fill(NONE, from, to);
    this.count -= removed;
    return removed;
  }

  #setInRuns(place: number, esi: number): void {
    const last = this.#runCount - 1;
    const end = last < 0 ? 0 : this.#starts[last]! + this.#counts[last]!;
    // Places are taken in ascending order, unless some were given up.
    if (place < end) {
      this.#toTable();
      return;
    }
    if (last >= 0 && place === end && esi === this.#esis[last]! + this.#counts[last]!) {
      this.#counts[last]!++;
      this.count++;
      return;
    }
    if (this.#runCount === this.#starts.length && !this.#grow()) return;
    this.#starts[this.#runCount] = place;
    this.#counts[this.#runCount] = 1;
    this.#esis[this.#runCount] = esi;
    this.#runCount++;
    this.count++;
  }

  /** Makes room for more runs; false when a table is smaller, which then takes their place. */
  #grow(): boolean {
    const capacity = 2 * this.#starts.length;
    if (2 * capacity > this.#placeCount) {
      this.#toTable();
      return false;
    }
    const [starts, counts, esis] = [this.#starts, this.#counts, this.#esis];
    this.#starts = new Uint16Array(capacity);
    this.#counts = new Uint16Array(capacity);
    this.#esis = new Int32Array(capacity);
    this.#starts.set(starts);
    this.#counts.set(counts);
    this.#esis.set(esis);
    return true;
  }

  #toTable(): Int32Array {
    if (this.#table !== undefined) return this.#table;
    const table = new Int32Array(this.#placeCount).fill(NONE);
    for (let run = 0; run < this.#runCount; run++) {
      for (let i = 0; i < this.#counts[run]!; i++) table[this.#starts[run]! + i] = this.#esis[run]! + i;
    }
    this.#starts = new Uint16Array(0);
    this.#counts = new Uint16Array(0);
    this.#esis = new Int32Array(0);
    this.#runCount = 0;
    this.#table = table;
    return table;
  }

  /** The run that has a place; −1 if none has. */
  #runAt(place: number): number {
    for (let run = this.#recent; run < this.#recent + 2 && run < this.#runCount; run++) {
      if (this.#has(run, place)) return this.#found(run);
    }
    let [low, high] = [0, this.#runCount];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= place) low = middle + 1;
      else high = middle;
    }
    return low > 0 && this.#has(low - 1, place) ? this.#found(low - 1) : -1;
  }

  #has(run: number, place: number): boolean {
    const offset = place - this.#starts[run]!;
    return offset >= 0 && offset < this.#counts[run]!;
  }

  #found(run: number): number {
    this.#recent = run;
    return run;
  }
}
