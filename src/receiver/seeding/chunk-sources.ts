import type { ChunkIndex } from '../../chunks/chunk-index.js';
import type { DeltaHead } from '../../chunks/delta-head.js';
import { type ChunkedBytes, chunkHash, eachChunk } from '../../chunks/each-chunk.js';

/** A place where bytes of the object are. */
export interface ChunkPlace {
  /** 0 is the delta, and seeds count from 1. */
  readonly source: number;
  readonly offset: number;
}

/** Knows where on this host the chunks of an object are: in the delta or in a seed. */
export class ChunkSources {
  readonly #index: ChunkIndex;
  /** For each first chunk, the number of its source plus 1; 0 for none. */
  readonly #sources: Uint8Array;
  readonly #offsets: Float64Array;
  #unknownCount = 0;

  /** @param headBytes where the chunks of the delta begin */
  constructor({ index, brought }: DeltaHead, headBytes: number) {
    this.#index = index;
    this.#sources = new Uint8Array(index.count);
    this.#offsets = new Float64Array(index.count);
    for (let chunk = 0; chunk < index.count; chunk++) if (index.firstOf(chunk) === chunk) this.#unknownCount++;
    let offset = headBytes;
    for (const chunk of brought) {
      this.#note(chunk, 0, offset);
      offset += index.lengthOf(chunk);
    }
  }

  /** Where the bytes of a chunk should be; undefined if they are nowhere on this host. */
  placeOf(chunk: number): ChunkPlace | undefined {
    const first = this.#index.firstOf(chunk);
    const source = this.#sources[first]! - 1;
    return source < 0 ? undefined : { source, offset: this.#offsets[first]! };
  }

  /** Looks for chunks that are nowhere else. @param source number of the seed, 1 to 254 @throws what reading throws; the reason of the signal */
  async search(seed: ChunkedBytes, source: number, signal: AbortSignal): Promise<void> {
    if (this.#unknownCount === 0) return;
    await eachChunk(
      seed,
      (bytes, offset) => {
        const chunk = this.#index.find(chunkHash(bytes));
        if (chunk >= 0 && this.#sources[chunk] === 0) this.#note(chunk, source, offset);
        return this.#unknownCount > 0;
      },
      signal,
    );
  }

  #note(chunk: number, source: number, offset: number): void {
    this.#sources[chunk] = source + 1;
    this.#offsets[chunk] = offset;
    this.#unknownCount--;
  }
}
