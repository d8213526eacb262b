import { LayercastError } from '../base/errors.js';
import { MAX_ESI } from '../base/limits.js';

/** Consecutive places that hold consecutive ESIs. */
export type GuestRun = readonly [firstPlace: number, firstEsi: number, count: number];

/** 16 KiB: of a block that is whole nearly all is given back, and an object of 10 GB has 2100 chunks. */
const CHUNK_PLACES = 4096;
const NONE = -1;

/**
 * Which places of an object hold guests, and which. A place is the position of a symbol in the file, numbered like the
 * object's symbols; a guest is another symbol of the same block that waits there, named by its ESI.
 *
 * Takes 4 bytes for each place of those chunks (of 4096 places) that hold any. `get`, and `set` but for the first of a
 * chunk, allocate nothing.
 */
export class Placements {
  readonly placeCount: number;
  readonly #chunks: (Int32Array | undefined)[];
  /** Guests in each chunk; one without is given back. */
  readonly #chunkCounts: Uint16Array;
  #count = 0;

  constructor(placeCount: number) {
    this.placeCount = placeCount;
    const chunkCount = Math.ceil(placeCount / CHUNK_PLACES);
    this.#chunks = new Array<Int32Array | undefined>(chunkCount).fill(undefined);
    this.#chunkCounts = new Uint16Array(chunkCount);
  }

  /** How many places hold a guest. */
  get count(): number {
    return this.#count;
  }

  /** ESI of the guest at `place`; −1 if there is none, or no such place. */
  get(place: number): number {
    return this.#chunks[Math.floor(place / CHUNK_PLACES)]?.[place % CHUNK_PLACES] ?? NONE;
  }

  /**
   * Notes a guest; one that was there before is gone.
   * @throws {LayercastError} `INTERNAL` for a place outside the object or what is no ESI
   */
  set(place: number, esi: number): void {
    if (!(Number.isInteger(place) && place >= 0 && place < this.placeCount && isEsi(esi))) {
      throw new LayercastError('INTERNAL', `ESI ${esi} at place ${place} of an object of ${this.placeCount} places`);
    }
    const index = Math.floor(place / CHUNK_PLACES);
    const chunk = this.#chunks[index] ?? this.#allocate(index);
    const slot = place % CHUNK_PLACES;
    if (chunk[slot] === NONE) {
      this.#chunkCounts[index]!++;
      this.#count++;
    }
    chunk[slot] = esi;
  }

  /** Notes a run of guests, as `set`. */
  setRun([firstPlace, firstEsi, count]: GuestRun): void {
    for (let i = 0; i < count; i++) this.set(firstPlace + i, firstEsi + i);
  }

  /** Forgets the guests at places `first .. first + count` and returns how many there were. */
  removeRun(first: number, count: number): number {
    if (this.#count === 0) return 0;
    const before = this.#count;
    this.#visit(first, count, (index, from, to) => {
      const chunk = this.#chunks[index]!;
      const removed = guestsIn(chunk, from, to);
      chunk.fill(NONE, from, to);
      this.#count -= removed;
      this.#chunkCounts[index]! -= removed;
      if (this.#chunkCounts[index] === 0) this.#chunks[index] = undefined;
    });
    return before - this.#count;
  }

  /** How many of the places `first .. first + count` hold a guest. */
  countIn(first: number, count: number): number {
    let found = 0;
    if (this.#count > 0) {
      this.#visit(first, count, (index, from, to) => {
        found += guestsIn(this.#chunks[index]!, from, to);
      });
    }
    return found;
  }

  /** Takes over all guests of `other`, for as many places; where both have one, the other's. */
  addAll(other: Placements): void {
    for (const run of other.runs()) this.setRun(run);
  }

  clear(): void {
    this.#chunks.fill(undefined);
    this.#chunkCounts.fill(0);
    this.#count = 0;
  }

  /** The longest runs of consecutive places that hold consecutive ESIs, in order of places. Nothing may change meanwhile. */
  *runs(): Generator<GuestRun> {
    let [firstPlace, firstEsi, count] = [0, 0, 0];
    for (const [index, chunk] of this.#chunks.entries()) {
      if (chunk === undefined) continue;
      for (let slot = 0; slot < chunk.length; slot++) {
        const esi = chunk[slot]!;
        if (esi === NONE) continue;
        const place = index * CHUNK_PLACES + slot;
        if (count > 0 && place === firstPlace + count && esi === firstEsi + count) {
          count++;
          continue;
        }
        if (count > 0) yield [firstPlace, firstEsi, count];
        [firstPlace, firstEsi, count] = [place, esi, 1];
      }
    }
    if (count > 0) yield [firstPlace, firstEsi, count];
  }

  #allocate(index: number): Int32Array {
    const slotCount = Math.min(CHUNK_PLACES, this.placeCount - index * CHUNK_PLACES);
    const chunk = new Int32Array(slotCount).fill(NONE);
    this.#chunks[index] = chunk;
    return chunk;
  }

  /** The parts of a run that lie in chunks with guests. */
  #visit(first: number, count: number, part: (index: number, from: number, to: number) => void): void {
    const end = first + count;
    if (!(first >= 0 && count >= 0 && end <= this.placeCount)) {
      throw new LayercastError('INTERNAL', `places ${first} to ${end - 1} of an object of ${this.placeCount} places`);
    }
    for (let place = first; place < end; ) {
      const index = Math.floor(place / CHUNK_PLACES);
      const stop = Math.min(end, (index + 1) * CHUNK_PLACES);
      if (this.#chunks[index] !== undefined) part(index, place - index * CHUNK_PLACES, stop - index * CHUNK_PLACES);
      place = stop;
    }
  }
}

function isEsi(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_ESI;
}

function guestsIn(chunk: Int32Array, from: number, to: number): number {
  let count = 0;
  for (let slot = from; slot < to; slot++) if (chunk[slot] !== NONE) count++;
  return count;
}
