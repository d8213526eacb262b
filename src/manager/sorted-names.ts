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

  /** The names from the first with this prefix on, and after `after` if that is later. */
  *after(after: string | undefined, prefix: string): Iterable<string> {
    let place = this.#placeOf(prefix);
    if (after !== undefined && after >= prefix) {
      place = this.#placeOf(after);
      if (this.#names[place] === after) place++;
    }
    for (; place < this.#names.length; place++) yield this.#names[place]!;
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
