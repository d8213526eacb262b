import type { GuestRun } from '../../../dist/object/placements.js';
import { Placements } from '../../../dist/object/placements.js';
import { SymbolSet } from '../../../dist/object/symbol-set.js';

/** What somebody says of the places of an object: that they hold their own symbol, or a guest. */
export class PlaceClaims {
  readonly symbols: SymbolSet;
  readonly guests: Placements;

  constructor(placeCount: number) {
    this.symbols = new SymbolSet(placeCount);
    this.guests = new Placements(placeCount);
  }

  holds(place: number): boolean {
    return this.symbols.has(place) || this.guests.get(place) >= 0;
  }

  addOwn(first: number, count: number): void {
    this.symbols.addRun(first, count);
    this.guests.removeRun(first, count);
  }

  addGuest(place: number, esi: number): void {
    this.symbols.removeRun(place, 1);
    this.guests.set(place, esi);
  }

  addAll(other: PlaceClaims): void {
    for (const [first, count] of other.symbols.runs()) this.addOwn(first, count);
    for (const [firstPlace, firstEsi, count] of other.guests.runs()) {
      for (let i = 0; i < count; i++) this.addGuest(firstPlace + i, firstEsi + i);
    }
  }

  remove(first: number, count: number): void {
    this.symbols.removeRun(first, count);
    this.guests.removeRun(first, count);
  }

  clear(): void {
    this.symbols.clear();
    this.guests.clear();
  }

  /** Guests that are there already: in another place, or in their own. Each by the run that says so again. */
  repeatedGuests(blockOf: (place: number) => { readonly block: number; readonly first: number; readonly end: number }) {
    const seen = new Set<string>();
    const repeated: GuestRun[] = [];
    for (const [firstPlace, firstEsi, count] of this.guests.runs()) {
      for (let i = 0; i < count; i++) {
        const { block, first, end } = blockOf(firstPlace + i);
        const key = `${block}/${firstEsi + i}`;
        const own = first + firstEsi + i;
        if (seen.has(key) || (own < end && this.symbols.has(own))) repeated.push([firstPlace + i, firstEsi + i, 1]);
        seen.add(key);
      }
    }
    return repeated;
  }
}
