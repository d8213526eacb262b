import type { Geometry } from './geometry.js';
import { type GuestRun, Placements } from './placements.js';
import { SymbolSet } from './symbol-set.js';

/** Questions that a set of places answers to code that may not change it. */
export type PlaceSet = Pick<
  SymbolSet,
  'symbolCount' | 'count' | 'isComplete' | 'has' | 'nextMissing' | 'missingIn' | 'runs' | 'fill'
>;

/**
 * The one record of what each place of an object holds, and of what a journal claims that it holds.
 *
 * A place holds nothing, its own symbol, or a guest: another symbol of its block, named by its ESI. The store writes this
 * record when it takes, restores or gives up symbols; the receiver reads it. The journal writes the claims: what a process
 * finds after a crash. The two differ in three cases.
 *
 * - A place holds a symbol that is not claimed: the symbol is not on disk, or the journal does not say so yet.
 * - A claim is left of a symbol that the place no longer holds, because its block was wrong. The ESI of such a guest stays
 *   here until the journal has let go of it, so that nothing is written over it.
 * - A guest is no longer claimed although its place holds it, while its block is written over it.
 *
 * Memory: three bits a place, and for guests 8 to 16 bytes a run, at most 4 bytes a place.
 */
export class Holdings {
  readonly geometry: Geometry;
  readonly #filled: SymbolSet;
  /** Guests that a place holds, or that the journal claims. */
  readonly #guests: Placements;
  readonly #claimedOwn: SymbolSet;
  readonly #claimedGuests: SymbolSet;

  constructor(geometry: Geometry) {
    this.geometry = geometry;
    this.#filled = new SymbolSet(geometry.symbolCount);
    this.#guests = new Placements(geometry.symbolCount);
    this.#claimedOwn = new SymbolSet(geometry.symbolCount);
    this.#claimedGuests = new SymbolSet(geometry.symbolCount);
  }

  /** Places that hold a symbol, their own or a guest. */
  get filled(): PlaceSet {
    return this.#filled;
  }

  /** ESI of the guest that a place holds; −1 if it holds none. */
  guestAt(place: number): number {
    return this.#filled.has(place) ? this.#guests.get(place) : -1;
  }

  holdsOwn(place: number): boolean {
    return this.#filled.has(place) && this.#guests.get(place) < 0;
  }

  /** How many of the places `first .. first + count`, from the first on, hold no guest, and no claim of one. */
  ownCount(first: number, count: number): number {
    if (this.#guests.count === 0) return count;
    let own = 0;
    while (own < count && this.#guests.get(first + own) < 0) own++;
    return own;
  }

  addOwn(place: number): void {
    this.#filled.add(place);
    if (this.#guests.get(place) >= 0) this.#guests.removeRun(place, 1);
  }

  addOwnRun(first: number, count: number): void {
    this.#filled.addRun(first, count);
    this.#guests.removeRun(first, count);
  }

  /** @throws {LayercastError} `INTERNAL` for a place outside the object or a number that is no ESI */
  addGuest(place: number, esi: number): void {
    this.#guests.set(place, esi);
    this.#filled.add(place);
  }

  /** These places hold nothing any more. What the journal claims of them stays until the journal lets go of it. */
  remove(first: number, count: number): void {
    this.#filled.removeRun(first, count);
    this.#forgetGuests(first, count);
  }

  /** Symbols of `places` that are at their own places, as runs. */
  *ownRuns(places: PlaceSet): Generator<readonly [first: number, count: number]> {
    for (const [first, count] of places.runs()) {
      const end = first + count;
      let start = first;
      for (let place = first; this.#guests.count > 0 && place < end; place++) {
        if (this.#guests.get(place) < 0) continue;
        if (place > start) yield [start, place - start];
        start = place + 1;
      }
      if (end > start) yield [start, end - start];
    }
  }

  /** Those of the places `first .. first + count` that do not hold their own symbols, as runs. */
  runsWithoutOwn(first: number, count: number): (readonly [first: number, count: number])[] {
    const runs: (readonly [first: number, count: number])[] = [];
    let start = -1;
    for (let place = first; place <= first + count; place++) {
      const isMissing = place < first + count && !this.holdsOwn(place);
      if (isMissing && start < 0) start = place;
      if (isMissing || start < 0) continue;
      runs.push([start, place - start]);
      start = -1;
    }
    return runs;
  }

  /** Guests of `places`, as runs. */
  *guestRuns(places: PlaceSet): Generator<GuestRun> {
    for (const [first, count] of places.runs()) yield* this.#guests.runsIn(first, count);
  }

  /** Guests at places `first .. first + count`, held or claimed, as runs. */
  guestRunsIn(first: number, count: number): Generator<GuestRun> {
    return this.#guests.runsIn(first, count);
  }

  // The journal's claims.

  /** Places that the journal claims to hold their own symbols. */
  get claimedOwn(): PlaceSet {
    return this.#claimedOwn;
  }

  /** Places that the journal claims to hold guests. */
  get claimedGuests(): PlaceSet {
    return this.#claimedGuests;
  }

  claimOwn(first: number, count: number): void {
    this.#claimedOwn.addRun(first, count);
  }

  claimGuests([firstPlace, firstEsi, count]: GuestRun): void {
    this.#claimedGuests.addRun(firstPlace, count);
    this.#guests.setRun([firstPlace, firstEsi, count]);
  }

  unclaimOwn(first: number, count: number): void {
    this.#claimedOwn.removeRun(first, count);
  }

  unclaimGuests(first: number, count: number): void {
    if (this.#claimedGuests.removeRun(first, count) > 0) this.#forgetGuests(first, count);
  }

  unclaimAll(): void {
    this.#claimedOwn.clear();
    this.unclaimGuests(0, this.geometry.symbolCount);
  }

  /** Makes the places hold all symbols that the journal claims, and no others: these an earlier process left on disk. */
  takeUp(): void {
    this.#filled.addAll(this.#claimedOwn);
    this.#filled.addAll(this.#claimedGuests);
  }

  /** Forgets guests that are neither held nor claimed. */
  #forgetGuests(first: number, count: number): void {
    if (this.#guests.count === 0) return;
    for (let place = first; place < first + count; place++) {
      const isKept = this.#filled.has(place) || this.#claimedGuests.has(place);
      if (!isKept && this.#guests.get(place) >= 0) this.#guests.removeRun(place, 1);
    }
  }
}
