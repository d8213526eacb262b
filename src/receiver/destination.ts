import type { LayercastError } from '../base/errors.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { ObjectStore } from './assemble/object-store.js';

/** What a destination makes of a version that is to be received. */
export type Opened =
  /** The version can be received into this store. */
  | { readonly kind: 'store'; readonly store: ObjectStore }
  /** The destination already has exactly this version. */
  | { readonly kind: 'complete' }
  /** The destination does not take such a version; another version may fit. */
  | { readonly kind: 'refused'; readonly error: LayercastError };

/**
 * Opens the place where a version goes. A store that was opened before for another version has ended by then.
 * @throws {LayercastError} `DISK_FULL`, `PERMISSION_DENIED`, …: no version can be received there
 */
export type OpenDestination = (descriptor: Descriptor) => Promise<Opened>;
