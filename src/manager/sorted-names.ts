/** Names in the order of their code units. Adding one moves at most as many places as there are names: 20 µs of 100,000. */
export class SortedNames {
  #names: string[] = [];

  /** Replaces all. */
  fill(names: Iterable<string>): void {
    this.#names = [...names].sort(compare);
  }

  /** @param name is not there yet */
  add(name: string): void {
    this.#names.splice(this.#placeOf(name), 0, name);
  }

  remove(name: string): void {
    const place = this.#placeOf(name);
    if (this.#names[place] === name) this.#names.splice(place, 1);
  }

  /** The place of the first name that has this prefix or follows it, and that comes after `after`. */
  placeAfter(after: string | undefined, prefix: string): number {
    if (after === undefined || after < prefix) return this.#placeOf(prefix);
    const place = this.#placeOf(after);
    return this.#names[place] === after ? place + 1 : place;
  }

  /** Undefined after the last. */
  at(place: number): string | undefined {
    return this.#names[place];
  }

  /** Where a name is, or would be. */
  #placeOf(name: string): number {
    let [low, high] = [0, this.#names.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#names[middle]! < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
