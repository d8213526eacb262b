import type { Geometry } from '../../../dist/object/geometry.js';
import { geometryOf } from '../../../dist/object/geometry.js';
import { SymbolSet } from '../../../dist/object/symbol-set.js';
import type { ObjectStore } from '../../../dist/receiver/assemble/object-store.js';
import type { Opened } from '../../../dist/receiver/destination.js';
import type { VirtualClock } from '../../../dist/simulate/clock/virtual-clock.js';
import type { Content } from '../../../dist/simulate/object/content.js';
import { type Descriptor, objectTag } from '../../../dist/wire/descriptor.js';
import { CheckingStore } from './checking-store.js';
import { PlaceClaims } from './place-claims.js';
import type { SolveBlock } from './solved-block.js';
import { SymbolStorage } from './symbol-storage.js';

export interface DiskOptions {
  readonly clock: VirtualClock;
  /**
   * What a version's bytes should be. With it, symbols that are right take no memory, however many receivers there are, and
   * whole files are compared.
   */
  readonly known?: ((descriptor: Descriptor) => Content | undefined) | undefined;
  /** How fast written bytes leave the write queue. @default at once */
  readonly bytesPerSecond?: number | undefined;
  /** What the write queue holds. @default 16 MiB, as the real one */
  readonly queueBytes?: number | undefined;
  /** What a flush takes when the queue is empty. @default 0 */
  readonly flushUs?: number | undefined;
  /** What a read takes. @default 0 */
  readonly readUs?: number | undefined;
  /** What it takes to restore a block: half to have the journal forget its guests, half to write it. @default 0 */
  readonly restoreUs?: number | undefined;
  /** Solves blocks. @default as the code says */
  readonly solve?: SolveBlock | undefined;
  /** Bytes that fit; more is ENOSPC. @default any number */
  readonly capacityBytes?: number | undefined;
}

/** What is on a disk of an object that is not whole, and what its journal says of it. */
export interface PartialObject {
  readonly descriptor: Descriptor;
  readonly geometry: Geometry;
  readonly storage: SymbolStorage;
  readonly journal: PlaceClaims;
  readonly journalledBlocks: SymbolSet;
}

/**
 * A receiver's disk in virtual time: keeps one object over any number of runs, crashes and faults. It watches how it is used:
 * `violations` lists everything that a real store must never be asked to do, or must never have done.
 */
export class CheckingDisk {
  readonly violations: string[] = [];
  /** Symbols that the write queue had no room for. */
  refusedCount = 0;
  options: DiskOptions;
  #partial: PartialObject | undefined;
  #completed: PartialObject | undefined;
  #store: CheckingStore | undefined;

  constructor(options: DiskOptions) {
    this.options = options;
  }

  /** The object that became whole here last. */
  get completed():
    | { readonly descriptor: Descriptor; readonly read: (offset: number, into: Uint8Array) => void }
    | undefined {
    const completed = this.#completed;
    if (completed === undefined) return undefined;
    return { descriptor: completed.descriptor, read: (offset, into) => completed.storage.copy(offset, into) };
  }

  /** What a crash would leave: bytes of symbols in the journal, guests too. */
  get journalledBytes(): number {
    const partial = this.#partial;
    if (partial === undefined) return 0;
    const { sizeBytes, symbolBytes } = partial.geometry;
    let bytes = partial.journal.guests.count * symbolBytes;
    for (const [first, count] of partial.journal.symbols.runs()) {
      bytes += Math.min(sizeBytes, (first + count) * symbolBytes) - first * symbolBytes;
    }
    return bytes;
  }

  async open(descriptor: Descriptor): Promise<Opened> {
    if (this.#completed !== undefined && isSame(this.#completed.descriptor, descriptor)) return { kind: 'complete' };
    return { kind: 'store', store: await this.openStore(descriptor) };
  }

  /** Guests in the journal. */
  get journalledGuestCount(): number {
    return this.#partial?.journal.guests.count ?? 0;
  }

  /** Takes up what there is of this version, or begins it; what was there of another is gone. */
  async openStore(descriptor: Descriptor): Promise<ObjectStore> {
    const before = this.#partial;
    const partial = before !== undefined && isSame(before.descriptor, descriptor) ? before : this.#begin(descriptor);
    this.#partial = partial;
    this.#store = new CheckingStore(partial, this);
    return this.#store;
  }

  /** Lays what an earlier run would have left: these symbols, genuine, and these blocks, verified. */
  prepare(descriptor: Descriptor, symbols: SymbolSet, verifiedBlocks: SymbolSet): void {
    const partial = this.#begin(descriptor);
    partial.storage.assume(symbols);
    partial.journal.symbols.addAll(symbols);
    partial.journalledBlocks.addAll(verifiedBlocks);
    this.#partial = partial;
  }

  /** Power off: what is not in the journal is worse than lost, it is garbage. */
  crash(): void {
    const [partial, store] = [this.#partial, this.#store];
    store?.kill();
    this.#store = undefined;
    partial?.storage.spoil((place) => !partial.journal.holds(place) || store?.isAtRisk(place) === true);
  }

  /** For the store: the object is whole and has its name. */
  complete(partial: PartialObject): void {
    this.#completed = partial;
    this.#partial = undefined;
  }

  /** For the store: nothing of this version is wanted any more. */
  forget(): void {
    this.#partial = undefined;
  }

  #begin(descriptor: Descriptor): PartialObject {
    const { sizeBytes, symbolBytes, blockCount } = descriptor;
    const geometry = geometryOf(sizeBytes, symbolBytes, blockCount);
    return {
      descriptor,
      geometry,
      storage: new SymbolStorage(geometry, this.options.known?.(descriptor)),
      journal: new PlaceClaims(geometry.symbolCount),
      journalledBlocks: new SymbolSet(blockCount),
    };
  }
}

function isSame(one: Descriptor, other: Descriptor): boolean {
  return Buffer.compare(objectTag(one), objectTag(other)) === 0;
}
