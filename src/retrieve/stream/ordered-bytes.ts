import { createHash } from 'node:crypto';
import { LayercastError } from '../../base/errors.js';
import { blockLength, blockOf, blockOffset, type Geometry } from '../../object/geometry.js';
import { SymbolSet } from '../../object/symbol-set.js';
import type { ByteSink } from './byte-sink.js';

/** The object is read in pieces of at most this size. */
const PIECE_BYTES = 512 * 1024;

/** What a sink has taken of a content. It outlives stores: the content may come in other pieces later on. */
export interface Taken {
  /** The bytes from 0 on that the sink has taken. */
  bytes: number;
  readonly hash: ReturnType<typeof createHash>;
}

export function nothingTaken(): Taken {
  return { bytes: 0, hash: createHash('sha256') };
}

export interface OrderedBytesOptions {
  readonly geometry: Geometry;
  /** Fills `into` with the bytes of the object from the start of `place` on. */
  readonly read: (place: number, into: Uint8Array) => Promise<void>;
  readonly sink: ByteSink;
  readonly taken: Taken;
}

/** Writes the bytes of an object to a sink in order, each as soon as its block and all blocks before are proven. */
export class OrderedBytes {
  readonly #options: OrderedBytesOptions;
  readonly #proven: SymbolSet;
  #isAllProven = false;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #fault: { readonly error: unknown } | undefined;

  constructor(options: OrderedBytesOptions) {
    this.#options = options;
    this.#proven = new SymbolSet(options.geometry.blockCount);
  }

  /** Notes that the bytes of a block are right and will not change. */
  prove(block: number): void {
    this.#proven.add(block);
    this.#go();
  }

  /** @throws the error of the sink or of the disk, if there was one */
  check(): void {
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  /**
   * The whole object is proven. Resolves when the sink has taken all of it.
   * @throws {LayercastError} the error of the sink or the disk; `FILE_IO` if the disk has changed bytes after they were proven
   */
  async finish(sha256: Uint8Array): Promise<void> {
    const { sink, taken } = this.#options;
    this.#isAllProven = true;
    this.#go();
    await this.#running;
    this.check();
    if (!taken.hash.copy().digest().equals(sha256)) {
      sink.abandon();
      throw new LayercastError('FILE_IO', 'the disk has changed bytes of the object while they were being written out');
    }
    await sink.end();
  }

  /** Writes nothing more; resolves when no write is under way. What the sink has taken stays noted. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  #go(): void {
    if (this.#running !== undefined || this.#isStopped || this.#fault !== undefined) return;
    if (!this.#hasNext) return;
    this.#running = this.#write()
      .catch((error: unknown) => {
        this.#fault = { error };
      })
      .then(() => {
        this.#running = undefined;
        // A block may have been proven while the last write ended.
        this.#go();
        return this.#running;
      });
  }

  get #hasNext(): boolean {
    const { geometry, taken } = this.#options;
    return taken.bytes < geometry.sizeBytes && (this.#isAllProven || this.#proven.has(this.#blockAt(taken.bytes)));
  }

  async #write(): Promise<void> {
    const { geometry, read, sink, taken } = this.#options;
    const { symbolBytes } = geometry;
    const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.floor(PIECE_BYTES / symbolBytes)) * symbolBytes);
    while (!this.#isStopped && this.#hasNext) {
      const block = this.#blockAt(taken.bytes);
      const end = blockOffset(geometry, block) + blockLength(geometry, block);
      // In another geometry the sink may have taken a part of a symbol.
      const place = Math.floor(taken.bytes / symbolBytes);
      const start = place * symbolBytes;
      const piece = buffer.subarray(0, Math.min(buffer.length, end - start));
      await read(place, piece);
      const bytes = piece.subarray(taken.bytes - start);
      await sink.write(bytes);
      taken.hash.update(bytes);
      taken.bytes += bytes.length;
    }
  }

  #blockAt(byte: number): number {
    const { geometry } = this.#options;
    return blockOf(geometry, Math.floor(byte / geometry.symbolBytes));
  }
}
