import type { Destination } from '../base/ports.js';
import type { Publication } from './publication.js';
import type { SymbolSource } from './slab.js';

/** One version of an object, with everything that a server needs to send it. */
export interface BroadcastObject {
  readonly name: string;
  readonly publication: Publication;
  /** Where payloads come from; undefined for an object of zeros, because slabs begin as zeros. */
  readonly symbols: SymbolSource | undefined;
  /** The channels that this server sends. */
  readonly channels: readonly BroadcastChannel[];
  /** The sender calls this once, when it no longer reads the object: after it has taken it off the air, or failed to start it. */
  readonly release: () => Promise<void>;
}

export interface BroadcastChannel {
  readonly index: number;
  readonly destination: Destination;
  /** As in `SenderChannelOptions`. */
  readonly burstUs?: number | undefined;
}
