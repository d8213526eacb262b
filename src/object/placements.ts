import { LayercastError } from '../base/errors.js';
import { MAX_ESI } from '../base/limits.js';
import { GuestChunk } from './guest-chunk.js';

/** Consecutive places that hold consecutive ESIs. */
export type GuestRun = readonly [firstPlace: number, firstEsi: number, count: number];

/** At most 16 KiB: small enough that nearly all memory of a whole block is given back; an object of 10 GB has 2100 chunks. */
const CHUNK_PLACES = 4096;
const NONE = -1;

/**
 * Which places of an object hold guests, and which. A place is the position of a symbol in the file, numbered like the
 * object's symbols; a guest is another symbol of the same block that waits there, named by its ESI.
 *
 * Takes 8 to 16 bytes for each run of guests, and at most 4 bytes for each place of those chunks (of 4096 places) that hold guests. `get`
 * allocates nothing; `set` allocates a few times for each chunk.
 */
export class Placements {
  readonly placeCount: number;
  readonly #chunks: (GuestChunk | undefined)[];
  #count = 0;

  constructor(placeCount: number) {
    this.placeCount = placeCount;
    const chunkCount = Math.ceil(placeCount / CHUNK_PLACES);
    this.#chunks = new Array<GuestChunk | undefined>(chunkCount).fill(undefined);
  }

  /** How many places hold a guest. */
  get count(): number {
    return this.#count;
  }

  /** ESI of the guest at `place`; −1 if there is none, or no such place. */
  get(place: number): number {
    return this.#chunks[Math.floor(place / CHUNK_PLACES)]?.get(place % CHUNK_PLACES) ?? NONE;
  }

  /**
   * Notes a guest. It replaces a guest that the place held before.
   * @throws {LayercastError} `INTERNAL` for a place outside the object or a number that is no ESI
   */
  set(place: number, esi: number): void {
    if (!(Number.isInteger(place) && place >= 0 && place < this.placeCount && isEsi(esi))) {
      throw new LayercastError('INTERNAL', `ESI ${esi} at place ${place} of an object of ${this.placeCount} places`);
    }
    const index = Math.floor(place / CHUNK_PLACES);
    const chunk = this.#chunks[index] ?? this.#allocate(index);
    const before = chunk.count;
    chunk.set(place % CHUNK_PLACES, esi);
    this.#count += chunk.count - before;
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
      this.#count -= chunk.remove(from, to);
      // The memory of a chunk without guests is given back.
      if (chunk.count === 0) this.#chunks[index] = undefined;
    });
    return before - this.#count;
  }

  clear(): void {
    this.#chunks.fill(undefined);
    this.#count = 0;
  }

  /** The longest runs of consecutive places that hold consecutive ESIs, in order of places. No guest may be added meanwhile. */
  runs(): Generator<GuestRun> {
    return this.runsIn(0, this.placeCount);
  }

  /** The same, of places `first .. first + count`. */
  *runsIn(first: number, count: number): Generator<GuestRun> {
    let [firstPlace, firstEsi, runCount] = [0, 0, 0];
    for (let place = first; place < first + count; ) {
      const index = Math.floor(place / CHUNK_PLACES);
      const stop = Math.min(first + count, (index + 1) * CHUNK_PLACES);
      const chunk = this.#chunks[index];
      for (; chunk !== undefined && place < stop; place++) {
        const esi = chunk.get(place - index * CHUNK_PLACES);
        if (esi === NONE) continue;
        if (runCount > 0 && place === firstPlace + runCount && esi === firstEsi + runCount) {
          runCount++;
          continue;
        }
        if (runCount > 0) yield [firstPlace, firstEsi, runCount];
        [firstPlace, firstEsi, runCount] = [place, esi, 1];
      }
      place = stop;
    }
    if (runCount > 0) yield [firstPlace, firstEsi, runCount];
  }

  #allocate(index: number): GuestChunk {
    const chunk = new GuestChunk(Math.min(CHUNK_PLACES, this.placeCount - index * CHUNK_PLACES));
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

/** Whether a number can be an ESI: 0 .. 2^24 − 1. */
export function isEsi(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_ESI;
}
