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

/** A record to be kept for a later time. */
export interface KeptRecord {
  readonly object: string;
  /** The signed bytes. */
  readonly record: Uint8Array;
}

/** The newest descriptor of each object. */
export class NewestDescriptors implements Iterable<Accepted> {
  readonly #byName = new Map<string, Accepted>();

  /** In the order in which the objects were heard first. */
  [Symbol.iterator](): IterableIterator<Accepted> {
    return this.#byName.values();
  }

  /** The records, to be kept for a later time. */
  get records(): readonly KeptRecord[] {
    return [...this].map(({ descriptor, record }) => ({ object: descriptor.object, record }));
  }

  /**
   * Takes a descriptor that counts, and keeps it if none of its object is newer. The object that was heard first makes room.
   *
   * @returns how the descriptor compares with the newest one before
   */
  take(accepted: Accepted): Extract<FindingKind, 'newest' | 'renewed' | 'older' | 'conflict'> {
    const { descriptor } = accepted;
    const name = nameOf(descriptor);
    const newest = this.#byName.get(name)?.descriptor;
    if (newest !== undefined && descriptor.version < newest.version) return 'older';
    if (newest?.version === descriptor.version) {
      if (!isSameObject(newest, descriptor)) return 'conflict';
      if (descriptor.createdS <= newest.createdS) return 'older';
    }
    if (newest === undefined && this.#byName.size >= MAX_OBJECTS)
      this.#byName.delete(this.#byName.keys().next().value!);
    this.#byName.set(name, accepted);
    return newest?.version === descriptor.version ? 'renewed' : 'newest';
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

/** Whether two descriptors name the same bytes; the same object may be cut into other pieces. */
function isSameObject(one: Descriptor, other: Descriptor): boolean {
  return one.sizeBytes === other.sizeBytes && Buffer.compare(one.sha256, other.sha256) === 0;
}
