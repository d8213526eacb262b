import type { Destination } from '../base/ports.js';
import type { Publication } from './publication.js';
import type { SymbolSource } from './slab.js';

/** One version of an object, with all that is needed to send it. */
export interface BroadcastObject {
  readonly name: string;
  readonly publication: Publication;
  /** Where payloads come from; undefined for an object of zeros, whose symbols are as slabs are made. */
  readonly symbols: SymbolSource | undefined;
  /** The channels that this server sends. */
  readonly channels: readonly { readonly index: number; readonly destination: Destination }[];
  /** Called once, when nothing of it is read any more: after it has left the air, or when it could not go there. */
  readonly release: () => Promise<void>;
}
