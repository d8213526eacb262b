import { blockOf, firstSymbolOf, type Geometry, geometryOf } from '../object/geometry.js';
import type { Holdings, PlaceSet } from '../object/holdings.js';
import { SymbolSet } from '../object/symbol-set.js';
import type { BlockContent, Outcome } from '../receiver/assemble/block-content.js';
import type { ObjectStore } from '../receiver/assemble/object-store.js';
import type { FileLock } from '../store/lock/file-lock.js';
import { whileHeld } from '../store/lock/while-held.js';
import type { PartFile } from '../store/part/part-file.js';
import { openPartialObject, type PartialObject } from '../store/partial-object.js';
import { type Descriptor, NO_CODE, objectTag } from '../wire/descriptor.js';
import type { BlockRestorer } from './block-restorer.js';
import { PlacedBlocks } from './placed-blocks.js';

/** Blocks longer than this are restored one at a time: each takes as much memory as it is long. */
const MAX_SHARED_BLOCK_BYTES = 12e6;

/**
 * Makes the output of a part file that is whole, and closes or removes the part file.
 * @param confirm called right before the output changes; when it rejects, so does the function, and nothing has changed
 */
export type Finish = (part: PartFile, confirm: () => Promise<void>) => Promise<void>;

/** Gives the part file the name `target` in one step. */
export function finishAs(target: string): Finish {
  return (part, confirm) => part.finish(target, confirm);
}

export interface ObjectFileOptions {
  readonly partPath: string;
  /** The journal, beside the part file or in a state directory. */
  readonly journalPath: string;
  /** Restores coded blocks. It outlives the store, which gives back its memory when the object is whole. */
  readonly restorer: BlockRestorer;
  readonly finish: Finish;
  /** Whether the part file is a block device, which is overwritten in place. @default false */
  readonly isDevice?: boolean | undefined;
  /** Whether nobody but the owner may read the part file from its first byte on. @default false */
  readonly isPrivate?: boolean;
  /**
   * The lock on the output. A process that has lost the lock, because it was suspended for long, ends with `FILE_IN_USE` at the next
   * checkpoint and never renames, replaces or removes a file.
   * @default none, for tests and tools that no other process disturbs
   */
  readonly lock?: Pick<FileLock, 'requireHeld'> | undefined;
}

/**
 * Opens the store of an object that lies in a part file with a journal until it is whole. The caller holds the lock on the output.
 * @throws {LayercastError} `PERMISSION_DENIED`, `FILE_NOT_FOUND` (no such folder), `DISK_FULL`, `FILE_IO`.
 */
export async function openObjectFile(descriptor: Descriptor, options: ObjectFileOptions): Promise<ObjectStore> {
  const { partPath, journalPath, isPrivate, isDevice, lock = UNLOCKED } = options;
  const { fleet, object, version, sha256, sizeBytes, symbolBytes, blockCount } = descriptor;
  const geometry = geometryOf(sizeBytes, symbolBytes, blockCount);
  const partial = await openPartialObject({
    partPath,
    journalPath,
    isDevice,
    mode: isPrivate ? 0o600 : 0o666,
    requireHeld: () => lock.requireHeld(),
    arrival: descriptor.fecEncodingId === NO_CODE ? 'inOrder' : 'scattered',
    identity: { tag: objectTag(descriptor), geometry, sha256, fleet, object, version },
  });
  return new ObjectFile(partial, geometry, { ...options, lock });
}

const UNLOCKED = { requireHeld: async () => undefined };

class ObjectFile implements ObjectStore {
  readonly holdings: Holdings;
  readonly verifiedBlocks: SymbolSet;
  readonly restoresAtOnce: number;
  readonly #partial: PartialObject;
  readonly #geometry: Geometry;
  readonly #finish: Finish;
  readonly #restorer: BlockRestorer;
  readonly #lock: Pick<FileLock, 'requireHeld'>;
  readonly #blocks: PlacedBlocks;
  /** Whether a block will have to be restored: before the first guest comes, nothing is started for that. */
  #isPrepared = false;
  #closed = false;

  constructor(
    partial: PartialObject,
    geometry: Geometry,
    {
      finish,
      restorer,
      lock,
    }: Pick<ObjectFileOptions, 'finish' | 'restorer'> & Required<Pick<ObjectFileOptions, 'lock'>>,
  ) {
    this.#partial = partial;
    this.#geometry = geometry;
    this.#finish = finish;
    this.#restorer = restorer;
    this.#lock = lock;
    this.#blocks = new PlacedBlocks(partial, geometry, restorer);
    const isLong = geometry.longBlockSymbolCount * geometry.symbolBytes > MAX_SHARED_BLOCK_BYTES;
    this.restoresAtOnce = isLong ? 1 : restorer.threadCount;
    this.holdings = partial.journal.holdings;
    this.verifiedBlocks = copyOf(partial.journal.verifiedBlocks);
  }

  writeSymbol(place: number, esi: number, bytes: Uint8Array, start: number, length: number): boolean {
    const { part, checkpoint } = this.#partial;
    const block = blockOf(this.#geometry, place);
    const isOwn = place === firstSymbolOf(this.#geometry, block) + esi;
    // If the symbol were written over a guest, a crash would leave the claim that the guest is still there.
    if (this.#blocks.has(block) || checkpoint.holdsGuest(place)) return false;
    if (!isOwn && checkpoint.holdsOwn(place)) return false;
    if (this.holdings.filled.has(place)) part.forgetHashed(place, 1);
    if (!part.write(place, bytes, start, length)) return false;
    if (isOwn) checkpoint.noteWritten(place);
    else {
      checkpoint.noteGuest(place, esi);
      this.#prepare();
    }
    return true;
  }

  restoreBlock(block: number, content: BlockContent, digest: Uint8Array): Promise<Outcome> {
    return this.#blocks.restore(block, content, digest);
  }

  async putBlock(block: number, bytes: Uint8Array): Promise<void> {
    await this.#blocks.put(block, bytes);
  }

  read(place: number, into: Uint8Array): Promise<void> {
    return this.#partial.part.read(place, into);
  }

  hashBlock(block: number): Promise<Uint8Array> {
    return this.#partial.part.digestOf(block);
  }

  acceptBlock(block: number): void {
    this.#partial.checkpoint.noteVerified(block);
  }

  rejectPlaces(first: number, count: number): void {
    this.#partial.part.forgetHashed(first, count);
    this.#partial.checkpoint.noteDropped(first, count);
  }

  async checkpoint(): Promise<void> {
    await this.#lock.requireHeld();
    await whileHeld(this.#lock, this.#partial.checkpoint.run());
  }

  async commit(): Promise<void> {
    const { part, journal, checkpoint } = this.#partial;
    await this.#restorer.rest();
    // If the output cannot be made, the next run finds the whole object on disk and only has to make the output.
    await whileHeld(this.#lock, checkpoint.run());
    this.#closed = true;
    await this.#blocks.end();
    try {
      await whileHeld(
        this.#lock,
        this.#finish(part, () => this.#lock.requireHeld()),
      );
    } catch (error) {
      await Promise.allSettled([part.close(), journal.close()]);
      throw error;
    }
    // The output is whole. If the journal cannot be removed, the next run removes it.
    await journal.discard().catch(() => undefined);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { part, journal, checkpoint } = this.#partial;
    await this.#blocks.end();
    try {
      await whileHeld(this.#lock, checkpoint.run());
    } finally {
      await Promise.all([part.close(), journal.close()]);
    }
  }

  async discard(): Promise<void> {
    this.#closed = true;
    const { part, journal } = this.#partial;
    await this.#blocks.end();
    await this.#lock.requireHeld().catch(async (error) => {
      await Promise.all([part.close(), journal.close()]);
      throw error;
    });
    // The journal is removed first: a crash between the two leaves bytes without claims, not claims without bytes.
    await journal.discard();
    await part.discard();
  }

  #prepare(): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    this.#restorer.prepare();
  }
}

function copyOf(set: PlaceSet): SymbolSet {
  const copy = new SymbolSet(set.symbolCount);
  copy.addAll(set);
  return copy;
}
