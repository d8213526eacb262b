/** Something that waits for a time in a `TimeHeap`. */
export interface Waiting {
  /** Its owner may change it while it is in no heap. */
  atUs: number;
  /** Belongs to the heap: how many were added before. */
  order: number;
  /** Belongs to the heap: its place there, or −1 while it is in none. */
  heapIndex: number;
}

/** A binary heap ordered by time, and among equal times by when they were added. All changes take O(log n), and allocate nothing. */
export class TimeHeap<W extends Waiting> {
  readonly #waiting: W[] = [];
  #order = 0;

  get size(): number {
    return this.#waiting.length;
  }

  /** The next one in time; it stays in the heap. */
  get first(): W | undefined {
    // V8 gives up optimised code that reads beyond the end of an array, again and again.
    return this.#waiting.length === 0 ? undefined : this.#waiting[0];
  }

  /** @param one in no heap */
  add(one: W): void {
    one.order = this.#order++;
    this.#waiting.push(one);
    this.#rise(one, this.#waiting.length - 1);
  }

  /** Takes out the next one in time. @returns undefined if the heap is empty */
  takeFirst(): W | undefined {
    const { first } = this;
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Does nothing if `one` is in no heap. */
  remove(one: W): void {
    const index = one.heapIndex;
    if (index < 0) return;
    one.heapIndex = -1;
    const last = this.#waiting.pop()!;
    if (last === one) return;
    if (index > 0 && isBefore(last, this.#waiting[(index - 1) >>> 1]!)) this.#rise(last, index);
    else this.#sink(last, index);
  }

  #rise(one: W, from: number): void {
    const waiting = this.#waiting;
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >>> 1;
      const parent = waiting[parentIndex]!;
      if (!isBefore(one, parent)) break;
      waiting[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    waiting[index] = one;
    one.heapIndex = index;
  }

  #sink(one: W, from: number): void {
    const waiting = this.#waiting;
    const count = waiting.length;
    let index = from;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= count) break;
      if (childIndex + 1 < count && isBefore(waiting[childIndex + 1]!, waiting[childIndex]!)) childIndex++;
      const child = waiting[childIndex]!;
      if (!isBefore(child, one)) break;
      waiting[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    waiting[index] = one;
    one.heapIndex = index;
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
