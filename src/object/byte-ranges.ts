/**
 * Most stretches that a set keeps apart: a file of 2 GiB in pieces of 1194 bytes, of which 3 % are missing here and there. The set then
 * takes 1 MB. While it is full, only bytes next to a stretch are added.
 */
const MAX_RANGES = 65_536;

/** A set of byte positions, kept as stretches that do not touch each other, in order. */
export class ByteRanges {
  readonly #maxRanges: number;
  /** Where each stretch begins and ends; the end is not in the stretch. */
  #starts = new Float64Array(16);
  #ends = new Float64Array(16);
  #rangeCount = 0;
  #totalBytes = 0;

  /** @param maxRanges most stretches that are kept apart */
  constructor(maxRanges = MAX_RANGES) {
    this.#maxRanges = maxRanges;
  }

  /** Bytes in the set. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  get rangeCount(): number {
    return this.#rangeCount;
  }

  /** How many bytes of a stretch are in the set. */
  bytesWithin(start: number, end: number): number {
    let sum = 0;
    for (let i = this.#firstEndingAfter(start); i < this.#rangeCount && this.#starts[i]! < end; i++) {
      sum += Math.min(end, this.#ends[i]!) - Math.max(start, this.#starts[i]!);
    }
    return sum;
  }

  /** Adds a stretch of at least one byte. @returns false if the set is full and the stretch touches no other; then nothing is added */
  add(start: number, end: number): boolean {
    // Stretches that end where this one begins are joined with it.
    const first = this.#firstEndingAfter(start - 1);
    let next = first;
    let [from, to] = [start, end];
    let replacedBytes = 0;
    for (; next < this.#rangeCount && this.#starts[next]! <= end; next++) {
      replacedBytes += this.#ends[next]! - this.#starts[next]!;
      from = Math.min(from, this.#starts[next]!);
      to = Math.max(to, this.#ends[next]!);
    }
    if (next === first && this.#rangeCount >= this.#maxRanges) return false;
    this.#replace(first, next, from, to);
    this.#totalBytes += to - from - replacedBytes;
    return true;
  }

  /** The stretches in order, as [start, end]; the end is not in the stretch. */
  *ranges(): Generator<readonly [number, number]> {
    for (let i = 0; i < this.#rangeCount; i++) yield [this.#starts[i]!, this.#ends[i]!];
  }

  clear(): void {
    this.#rangeCount = 0;
    this.#totalBytes = 0;
  }

  /** Index of the first stretch that ends after `position`. */
  #firstEndingAfter(position: number): number {
    let [low, high] = [0, this.#rangeCount];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Puts one stretch in the place of those from `first` up to `next`. */
  #replace(first: number, next: number, start: number, end: number): void {
    const count = this.#rangeCount - (next - first) + 1;
    if (count > this.#starts.length) this.#grow();
    for (const list of [this.#starts, this.#ends]) list.copyWithin(first + 1, next, this.#rangeCount);
    this.#starts[first] = start;
    this.#ends[first] = end;
    this.#rangeCount = count;
  }

  #grow(): void {
    const [starts, ends] = [this.#starts, this.#ends];
    this.#starts = new Float64Array(starts.length * 2);
    this.#ends = new Float64Array(ends.length * 2);
    this.#starts.set(starts);
    this.#ends.set(ends);
  }
}
