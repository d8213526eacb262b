import { createHash } from 'node:crypto';
import { LayercastError } from '../base/errors.js';
import { DIGEST_BYTES, FILE_PIECE_BYTES } from '../base/limits.js';
import { blockLength, blockOf, blockOffset, type Geometry } from '../object/geometry.js';
import { SymbolSet } from '../object/symbol-set.js';

/** Reads the bytes of an object from the start of a place on, as `ObjectStore.read` does. */
export type ReadPlaces = (place: number, into: Uint8Array) => Promise<void>;

/** A file that is whole, or what stands for it in tests. */
export interface WholeFile {
  /** Fills `into` from `offset` on. */
  read(offset: number, into: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Which content a version has. */
export interface VersionIdentity {
  readonly object: string;
  readonly version: number;
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
}

/** While a file gets its name, its bytes cannot be read for a moment. */
const RENAME_MS = 5_000;

/**
 * One version of an object, as it is served: while it is received, those blocks that are proven; then its file. Readers hold it, so that the file stays
 * open for them when a newer version takes its name.
 */
export class ServedVersion {
  readonly identity: VersionIdentity;
  #partial: { readonly geometry: Geometry; readonly read: ReadPlaces; readonly proven: SymbolSet } | undefined;
  #file: WholeFile | undefined;
  /** How the version was sent, if it was received in this run. */
  #geometry: Geometry | undefined;
  #digests: Promise<Uint8Array> | undefined;
  #hasEnded = false;
  #readerCount = 0;
  readonly #waiting = new Set<() => void>();

  constructor(identity: VersionIdentity) {
    this.identity = identity;
  }

  /** The content's strong entity tag. Two versions with equal bytes have the same. */
  get tag(): string {
    return `"sha256-${Buffer.from(this.identity.sha256).toString('hex')}"`;
  }

  get isWhole(): boolean {
    return this.#file !== undefined;
  }

  /** No more bytes will come: the transfer has ended, or a newer version has replaced this one. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Readers that wait for bytes. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Bytes that can be served. */
  get provenBytes(): number {
    if (this.#file !== undefined) return this.identity.sizeBytes;
    if (this.#partial === undefined) return 0;
    const { geometry, proven } = this.#partial;
    let bytes = 0;
    for (let block = 0; block < geometry.blockCount; block++)
      if (proven.has(block)) bytes += blockLength(geometry, block);
    return bytes;
  }

  /** Serves what is proven of a transfer from now on. */
  receive(geometry: Geometry, read: ReadPlaces): void {
    this.#geometry = geometry;
    this.#partial = { geometry, read, proven: new SymbolSet(geometry.blockCount) };
  }

  /** A block is proven, and will not change. */
  prove(block: number): void {
    this.#partial?.proven.add(block);
    this.#wake();
  }

  /** The file is there; this version closes it at its end. */
  complete(file: WholeFile): void {
    if (this.#file !== undefined || this.#hasEnded) {
      void file.close();
      return;
    }
    this.#file = file;
    this.#partial = undefined;
    this.#wake();
  }

  /** Readers of the whole file still get it all; others get no more. */
  end(): void {
    this.#hasEnded = true;
    this.#partial = undefined;
    this.#wake();
    this.#closeUnread();
  }

  /** Until the returned function is called, the file stays open. */
  hold(): () => void {
    this.#readerCount++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#readerCount--;
      this.#closeUnread();
    };
  }

  /** The end of the bytes from `offset` on that can be read in one piece: at most that of the block; `offset` if they are not there. */
  readableEnd(offset: number): number {
    const { sizeBytes } = this.identity;
    if (this.#file !== undefined) return sizeBytes;
    if (this.#partial === undefined || offset >= sizeBytes) return offset;
    const { geometry, proven } = this.#partial;
    const block = blockOf(geometry, Math.floor(offset / geometry.symbolBytes));
    return proven.has(block) ? blockOffset(geometry, block) + blockLength(geometry, block) : offset;
  }

  /** Waits until the byte at `offset` can be read. @returns whether it can; false after `waitMs`, at the end, and when the signal is aborted */
  async await(offset: number, waitMs: number, signal: AbortSignal): Promise<boolean> {
    const untilMs = performance.now() + waitMs;
    while (this.readableEnd(offset) === offset) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0 || signal.aborted || (this.#hasEnded && !this.isWhole)) return false;
      await this.#change(leftMs, signal);
    }
    return true;
  }

  /**
   * Reads bytes that can be read: at most `most` from `offset` on.
   *
   * @throws {LayercastError} `OBJECT_CHANGED` when this version is no longer there; `FILE_IO`
   */
  async read(offset: number, most: number, signal: AbortSignal): Promise<Uint8Array> {
    const partial = this.#partial;
    if (partial !== undefined) {
      const bytes = await this.#readPartial(partial, offset, most).catch(() => undefined);
      if (bytes !== undefined) return bytes;
      // The file was getting its name, or the transfer has ended.
      if (this.#partial === partial) await this.#change(RENAME_MS, signal);
    }
    if (this.#file === undefined) throw gone(this.identity);
    const bytes = Buffer.allocUnsafe(Math.min(most, this.identity.sizeBytes - offset));
    await this.#file.read(offset, bytes);
    return bytes;
  }

  /**
   * SHA-256 of each block, back to back, which receivers need that fill from here alone. They are made once, from the whole file; after a failure, anew.
   *
   * @returns undefined while the file is not whole, and for a file of an earlier run, of which the blocks are not known
   * @throws {LayercastError} as `read`
   */
  async digests(): Promise<Uint8Array | undefined> {
    const geometry = this.#geometry;
    if (geometry === undefined || !this.isWhole) return undefined;
    this.#digests ??= this.#hashBlocks(geometry).catch((error: unknown) => {
      this.#digests = undefined;
      throw error;
    });
    return await this.#digests;
  }

  async #hashBlocks(geometry: Geometry): Promise<Uint8Array> {
    const release = this.hold();
    const { signal } = new AbortController();
    try {
      const digests = new Uint8Array(geometry.blockCount * DIGEST_BYTES);
      for (let block = 0; block < geometry.blockCount; block++) {
        const hash = createHash('sha256');
        const end = blockOffset(geometry, block) + blockLength(geometry, block);
        for (let at = blockOffset(geometry, block); at < end; ) {
          const piece = await this.read(at, Math.min(FILE_PIECE_BYTES, end - at), signal);
          hash.update(piece);
          at += piece.length;
        }
        digests.set(hash.digest(), block * DIGEST_BYTES);
      }
      return digests;
    } finally {
      release();
    }
  }

  async #readPartial(
    { geometry, read }: { readonly geometry: Geometry; readonly read: ReadPlaces },
    offset: number,
    most: number,
  ) {
    const place = Math.floor(offset / geometry.symbolBytes);
    const start = place * geometry.symbolBytes;
    const end = Math.min(this.readableEnd(offset), offset + most);
    const bytes = Buffer.allocUnsafe(end - start);
    await read(place, bytes);
    return bytes.subarray(offset - start);
  }

  #change(mostMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, mostMs);
      signal.addEventListener('abort', done, { once: true });
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }

  #closeUnread(): void {
    if (!this.#hasEnded || this.#readerCount > 0 || this.#file === undefined) return;
    const file = this.#file;
    this.#file = undefined;
    void file.close().catch(() => undefined);
  }
}

function gone({ object, version }: VersionIdentity): LayercastError {
  return new LayercastError('OBJECT_CHANGED', `version ${version} of ${object} is no longer there`);
}
