import type { ObjectStore } from '../receiver/assemble/object-store.js';
import type { Descriptor } from '../wire/descriptor.js';
import { ServedVersion, type VersionIdentity, type WholeFile } from './served-version.js';
import { WatchedStore } from './watched-store.js';

/** Most objects that are served: each has a file open. Those beyond are received, and not served. */
export const MAX_OBJECTS = 1000;

interface Slot {
  /** The newest version whose file is there. */
  readonly whole?: ServedVersion;
  /** A newer version that is being received. */
  readonly coming?: ServedVersion;
}

/** What is there to be served: of each object the newest whole version, and the one that is being received. */
export class Shelf {
  readonly #slots = new Map<string, Slot>();
  readonly #onChange: (object: string) => void;
  #changeCount = 0;

  /** @param onChange hears of which object another version is the newest, or is whole now */
  constructor(onChange: (object: string) => void = () => undefined) {
    this.#onChange = onChange;
  }

  /** How often what is newest has changed: what was made of the shelf is right as long as this stays the same. */
  get changeCount(): number {
    return this.#changeCount;
  }

  get objects(): readonly string[] {
    return [...this.#slots.keys()];
  }

  /** Readers that wait for bytes of what is being received. */
  get waitingCount(): number {
    let count = 0;
    for (const { coming } of this.#slots.values()) count += coming?.waitingCount ?? 0;
    return count;
  }

  /** The whole version of an object, else the one that is being received. */
  newest(object: string): ServedVersion | undefined {
    const { whole, coming } = this.#slots.get(object) ?? {};
    return whole ?? coming;
  }

  /** A version by its number. */
  version(object: string, version: number): ServedVersion | undefined {
    return this.versions(object).find(({ identity }) => identity.version === version);
  }

  versions(object: string): readonly ServedVersion[] {
    const { whole, coming } = this.#slots.get(object) ?? {};
    return [whole, coming].filter((one) => one !== undefined);
  }

  /** A version begins to be received. @returns the store through which its proven blocks are served */
  begin(descriptor: Descriptor, store: ObjectStore): ObjectStore {
    const { object, version, sizeBytes, sha256 } = descriptor;
    const slot = this.#slotOf(object);
    if (slot === undefined) return store;
    // Receiving again what is there: its file was damaged.
    if (slot.whole !== undefined && slot.whole.identity.version >= version) {
      slot.whole.end();
      this.#slots.set(object, {});
    }
    slot.coming?.end();
    const coming = new ServedVersion({ object, version, sizeBytes, sha256 });
    this.#slots.set(object, { ...this.#slots.get(object), coming });
    this.#changed(object);
    return new WatchedStore(store, coming);
  }

  /** A version is whole, and its file is there; unless a newer one is there already. Readers of the version before still get all of it. */
  complete(identity: VersionIdentity, file: WholeFile): void {
    const slot = this.#slotOf(identity.object);
    const isThere =
      slot?.whole !== undefined &&
      (slot.whole.identity.version > identity.version || isSame(slot.whole.identity, identity));
    if (slot === undefined || isThere) {
      void file.close();
      return;
    }
    const { coming } = slot;
    const isComing = coming !== undefined && !coming.hasEnded && isSame(coming.identity, identity);
    // A file of before is found whole while a newer version is being received.
    const isOlder = coming !== undefined && coming.identity.version > identity.version;
    if (!isComing && !isOlder) coming?.end();
    slot.whole?.end();
    const whole = isComing ? coming : new ServedVersion(identity);
    whole.complete(file);
    this.#slots.set(identity.object, isOlder ? { whole, coming } : { whole });
    this.#changed(identity.object);
  }

  /** An object is served no more. Readers of its whole file still get all of it. */
  drop(object: string): void {
    for (const version of this.versions(object)) version.end();
    if (this.#slots.delete(object)) this.#changed(object);
  }

  close(): void {
    for (const { whole, coming } of this.#slots.values()) for (const one of [whole, coming]) one?.end();
    this.#slots.clear();
    this.#changeCount++;
  }

  #changed(object: string): void {
    this.#changeCount++;
    this.#onChange(object);
  }

  /** Undefined when there are too many objects. */
  #slotOf(object: string): Slot | undefined {
    return this.#slots.get(object) ?? (this.#slots.size < MAX_OBJECTS ? {} : undefined);
  }
}

function isSame(a: VersionIdentity, b: VersionIdentity): boolean {
  return a.version === b.version && Buffer.compare(a.sha256, b.sha256) === 0;
}
