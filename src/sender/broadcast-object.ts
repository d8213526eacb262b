import type { Destination } from '../base/ports.js';
import type { Publication } from './publication.js';
import type { SymbolSource } from './slab.js';

/** One version of an object, with everything that a server needs to send it. */
export interface BroadcastObject extends BroadcastContent {
  readonly name: string;
  /** What is sent beside the object, and goes on and off the air with it; undefined: nothing. */
  readonly delta?: BroadcastContent | undefined;
  /** The sender calls this once, when it no longer reads the object: after it has taken it off the air, or failed to start it. */
  readonly release: () => Promise<void>;
}

/** Bytes that a server sends on channels. */
export interface BroadcastContent {
  readonly publication: Publication;
  /** Where payloads come from; undefined for an object of zeros, because slabs begin as zeros. */
  readonly symbols: SymbolSource | undefined;
  /** The channels that this server sends. */
  readonly channels: readonly BroadcastChannel[];
}

/** All channels on which an object is sent, with those of its delta. */
export function channelsOf({ channels, delta }: BroadcastObject): readonly BroadcastChannel[] {
  return [...channels, ...(delta?.channels ?? [])];
}

export interface BroadcastChannel {
  readonly index: number;
  readonly destination: Destination;
  /** As in `SenderChannelOptions`. */
  readonly burstUs?: number | undefined;
}
