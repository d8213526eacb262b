import type { ChunkedBytes } from '../../chunks/each-chunk.js';
import type { Descriptor } from '../../wire/descriptor.js';
import type { ObjectStore } from '../assemble/object-store.js';

/** A file or block device that may have parts of an object, such as an older version of it. Its bytes are not trusted. */
export interface Seed extends ChunkedBytes, AsyncDisposable {
  /** For people: its path. */
  readonly name: string;
}

/** A delta that is whole and verified. */
export interface CompleteDelta extends ChunkedBytes, AsyncDisposable {}

/** The place of a delta on this host: it is there, or there is a store that receives it. */
export type OpenedDelta =
  | { readonly kind: 'complete'; readonly delta: CompleteDelta }
  | { readonly kind: 'store'; readonly store: ObjectStore };

/** The seeds of a receiver, and the place of a delta on this host while it is needed. */
export interface Seeds {
  /** How many there are. */
  readonly count: number;
  /** Opens a seed. @throws {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED`, `FILE_IO`, … */
  open(seed: number): Promise<Seed>;
  /** @throws {LayercastError} `DISK_FULL`, `PERMISSION_DENIED`, … */
  openDelta(delta: Descriptor): Promise<OpenedDelta>;
  /** Forgets the delta, since the object is whole. */
  removeDelta(): Promise<void>;
}
