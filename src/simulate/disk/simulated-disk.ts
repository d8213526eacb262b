import { geometryOf } from '../../object/geometry.js';
import { Holdings } from '../../object/holdings.js';
import { SymbolSet } from '../../object/symbol-set.js';
import type { Opened } from '../../receiver/destination.js';
import { type Descriptor, objectTag } from '../../wire/descriptor.js';
import type { VirtualClock } from '../clock/virtual-clock.js';
import type { Content } from '../object/content.js';
import { type PartialObject, SimulatedStore } from './simulated-store.js';
import { WriteQueue } from './write-queue.js';

export interface DiskOptions {
  readonly clock: VirtualClock;
  /** Content of the received object. A coded object must be blank, so that guests have the same bytes as all other symbols. */
  readonly content: Content;
  /** How fast written bytes leave the write queue. @default at once */
  readonly bytesPerSecond?: number | undefined;
}

/** What a simulated receiver needs of a disk. */
export interface ReceiverDisk {
  /** Takes up what there is of this version, or begins it, unless the version is there, whole, under its final name. */
  open(descriptor: Descriptor): Promise<Opened>;
  /** Power off: only what the journal claims is left. */
  crash(): void;
}

/**
 * A receiver's disk in virtual time, for scenarios in which every symbol is genuine: it keeps which places are filled and what
 * the journal claims, and reads bytes from the object's content. It holds one object over any number of runs and power cuts.
 */
export class SimulatedDisk implements ReceiverDisk {
  readonly #options: DiskOptions;
  #partial: PartialObject | undefined;
  #completedTag: Uint8Array | undefined;
  #store: SimulatedStore | undefined;

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  async open(descriptor: Descriptor): Promise<Opened> {
    if (isTag(this.#completedTag, descriptor)) return { kind: 'complete' };
    const partial = isTag(this.#partial?.tag, descriptor) ? this.#partial! : begin(descriptor);
    this.#partial = partial;
    const { clock, bytesPerSecond, content } = this.#options;
    this.#store = new SimulatedStore(partial, new WriteQueue(clock, bytesPerSecond), content, (isWhole) => {
      this.#partial = undefined;
      if (isWhole) this.#completedTag = partial.tag;
    });
    return { kind: 'store', store: this.#store };
  }

  crash(): void {
    this.#store?.kill();
    this.#store = undefined;
    if (this.#partial !== undefined) this.#partial.holdings = claimedBy(this.#partial.holdings);
  }
}

function begin(descriptor: Descriptor): PartialObject {
  const geometry = geometryOf(descriptor.sizeBytes, descriptor.symbolBytes, descriptor.blockCount);
  return {
    tag: objectTag(descriptor),
    geometry,
    holdings: new Holdings(geometry),
    journalledBlocks: new SymbolSet(geometry.blockCount),
  };
}

/** What a process finds after a crash: all that is claimed, and nothing else. */
function claimedBy(before: Holdings): Holdings {
  const found = new Holdings(before.geometry);
  for (const [first, count] of before.claimedOwn.runs()) found.claimOwn(first, count);
  for (const run of before.guestRuns(before.claimedGuests)) found.claimGuests(run);
  found.takeUp();
  return found;
}

function isTag(tag: Uint8Array | undefined, descriptor: Descriptor): boolean {
  return tag !== undefined && Buffer.compare(tag, objectTag(descriptor)) === 0;
}
