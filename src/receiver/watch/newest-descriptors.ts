import { deleteOldest } from '../../base/delete-oldest.js';
import type { SignedRelease } from '../../trust/trust.js';
import type { Descriptor } from '../../wire/descriptor.js';
import type { FindingKind } from './findings.js';

/** Objects whose newest descriptor is kept: more than people can list, and 20 MB at about 1 kB each, with their records. */
const MAX_OBJECTS = 10_000;

/** A descriptor that counts, with all by which it is judged anew. */
export interface Accepted {
  readonly descriptor: Descriptor;
  readonly release: SignedRelease;
  /** The signed bytes. */
  readonly record: Uint8Array;
}

/** Where and when any record of a version was heard last. */
export interface LastHeard {
  readonly address: string;
  readonly atUs: number;
}

/** A record to be kept for a later time. */
export interface KeptRecord {
  readonly object: string;
  /** The signed bytes. */
  readonly record: Uint8Array;
  /** The address of the server that announced the version last; undefined if none did. */
  readonly announcedBy: string | undefined;
}

interface Newest extends Accepted {
  heard: LastHeard | undefined;
  /** Since when no catalogue lists this description of the version; undefined: one does, or none is needed. */
  unlistedUs: number | undefined;
}

/** How a descriptor compares with the newest one of its object. */
export type Relation = Extract<FindingKind, 'newest' | 'renewed' | 'older' | 'conflict'>;

/** The newest descriptor of each object. */
export class NewestDescriptors implements Iterable<Readonly<Newest>> {
  readonly #byName = new Map<string, Newest>();

  /** In the order in which the objects were heard first. */
  [Symbol.iterator](): IterableIterator<Readonly<Newest>> {
    return this.#byName.values();
  }

  /** What is kept of this very version; undefined if another one is the newest of its object, or none is. */
  of(descriptor: Descriptor): Readonly<Newest> | undefined {
    const newest = this.#byName.get(nameOf(descriptor));
    return newest?.descriptor.version === descriptor.version ? newest : undefined;
  }

  /** The records, to be kept for a later time. */
  get records(): readonly KeptRecord[] {
    return [...this].map(({ descriptor: { object }, record, heard }) => ({
      object,
      record,
      announcedBy: heard?.address,
    }));
  }

  /**
   * Takes a descriptor that counts, and keeps it if none of its object is newer. The object that was heard first makes room.
   *
   * @returns how the descriptor compares with the newest one before
   */
  take(accepted: Accepted): Relation {
    const { descriptor } = accepted;
    const name = nameOf(descriptor);
    const before = this.#byName.get(name);
    const relation = before === undefined ? 'newest' : relationOf(before.descriptor, descriptor);
    if (relation === 'older' || relation === 'conflict') return relation;
    if (relation === 'renewed' && descriptor.createdS <= before!.descriptor.createdS) return 'older';
    if (before === undefined && this.#byName.size >= MAX_OBJECTS) deleteOldest(this.#byName);
    const heard = relation === 'renewed' ? before!.heard : undefined;
    this.#byName.set(name, { ...accepted, heard, unlistedUs: undefined });
    return relation;
  }

  /** Notes where and when a record of this version was heard, if the version is the newest. */
  noteHeard(descriptor: Descriptor, heard: LastHeard): void {
    const newest: Newest | undefined = this.of(descriptor);
    if (newest !== undefined) newest.heard = heard;
  }

  /** Notes since when no catalogue lists this description, if its version is the newest; undefined: one does, or none is needed. */
  noteUnlisted(descriptor: Descriptor, sinceUs: number | undefined): void {
    const newest: Newest | undefined = this.of(descriptor);
    if (newest !== undefined) newest.unlistedUs = sinceUs;
  }

  /** Forgets the newest descriptor of an object. */
  remove(descriptor: Descriptor): void {
    this.#byName.delete(nameOf(descriptor));
  }
}

/** Names hold no control characters, so no two pairs of names give the same text. */
function nameOf({ fleet, object }: Descriptor): string {
  return `${fleet}\n${object}`;
}

/** How a descriptor compares with the newest one before, by version and bytes. */
export function relationOf(newest: Descriptor, descriptor: Descriptor): Relation {
  if (descriptor.version !== newest.version) return descriptor.version > newest.version ? 'newest' : 'older';
  return isSameObject(newest, descriptor) ? 'renewed' : 'conflict';
}

/** Whether two descriptors name the same bytes; the same object may be cut into other pieces. */
function isSameObject(one: Descriptor, other: Descriptor): boolean {
  return one.sizeBytes === other.sizeBytes && Buffer.compare(one.sha256, other.sha256) === 0;
}
