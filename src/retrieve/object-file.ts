import { blockSymbolCount, firstSymbolOf, type Geometry, geometryOf } from '../object/geometry.js';
import { SymbolSet } from '../object/symbol-set.js';
import type { ObjectStore } from '../receiver/object-store.js';
import { openPartialObject, type PartialObject } from '../store/partial-object.js';
import { type Descriptor, objectTag } from '../wire/descriptor.js';

/**
 * An object on its way to becoming a file: `FILE.part` and its journal until it is whole, then FILE. The caller holds the
 * lock on FILE.
 *
 * @param outputPath FILE.
 * @param journalPath the journal's file; beside FILE, or in a state directory.
 * @throws {LayercastError} `PERMISSION_DENIED`, `FILE_NOT_FOUND` (no such folder), `DISK_FULL`, `FILE_IO`.
 */
export async function openObjectFile(
  descriptor: Descriptor,
  outputPath: string,
  journalPath: string,
): Promise<ObjectStore> {
  const { fleet, object, version, sha256, sizeBytes, symbolBytes, blockCount } = descriptor;
  const geometry = geometryOf(sizeBytes, symbolBytes, blockCount);
  const partial = await openPartialObject({
    partPath: partPathOf(outputPath),
    journalPath,
    identity: { tag: objectTag(descriptor), geometry, sha256, fleet, object, version },
  });
  return new ObjectFile(partial, geometry, outputPath);
}

export function partPathOf(outputPath: string): string {
  return `${outputPath}.part`;
}

class ObjectFile implements ObjectStore {
  readonly symbols: SymbolSet;
  readonly verifiedBlocks: SymbolSet;
  readonly #partial: PartialObject;
  readonly #geometry: Geometry;
  readonly #outputPath: string;
  #closed = false;

  constructor(partial: PartialObject, geometry: Geometry, outputPath: string) {
    this.#partial = partial;
    this.#geometry = geometry;
    this.#outputPath = outputPath;
    this.symbols = copyOf(partial.journal.symbols);
    this.verifiedBlocks = copyOf(partial.journal.verifiedBlocks);
  }

  write(offset: number, bytes: Uint8Array, start: number, length: number): boolean {
    const { part, checkpoint } = this.#partial;
    if (!part.write(offset, bytes, start, length)) return false;
    checkpoint.noteWritten(offset / this.#geometry.symbolBytes);
    return true;
  }

  read(offset: number, into: Uint8Array): Promise<void> {
    return this.#partial.part.read(offset, into);
  }

  flush(): Promise<void> {
    return this.#partial.part.flush();
  }

  acceptBlock(block: number): void {
    this.#partial.checkpoint.noteVerified(block);
  }

  rejectBlock(block: number): void {
    this.#partial.checkpoint.noteDropped(firstSymbolOf(this.#geometry, block), blockSymbolCount(this.#geometry, block));
  }

  checkpoint(): Promise<void> {
    return this.#partial.checkpoint.run();
  }

  async commit(): Promise<void> {
    const { part, journal } = this.#partial;
    await part.finish(this.#outputPath);
    await journal.discard();
    this.#closed = true;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { part, journal, checkpoint } = this.#partial;
    try {
      await checkpoint.run();
    } finally {
      await Promise.all([part.close(), journal.close()]);
    }
  }

  async discard(): Promise<void> {
    this.#closed = true;
    const { part, journal } = this.#partial;
    // The journal first: a crash between the two leaves bytes without claims, not claims without bytes.
    await journal.discard();
    await part.discard();
  }
}

function copyOf(set: SymbolSet): SymbolSet {
  const copy = new SymbolSet(set.symbolCount);
  copy.addAll(set);
  return copy;
}
