import type { Destination } from '../base/ports.js';
import type { FrameSending } from './iotupd/frame-transmission.js';
import type { Publication } from './publication.js';
import type { SymbolSource } from './slab.js';

/** One version of an object, with everything that a server needs to send it. */
export interface BroadcastObject extends BroadcastContent {
  readonly name: string;
  /** What is sent beside the object, and goes on and off the air with it; undefined: nothing. */
  readonly delta?: BroadcastContent | undefined;
  /** The object's file as frames of iotupd, beside the channels; undefined: it is not sent so. */
  readonly frames?: FrameSending | undefined;
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

/** Where an object is sent: on its channels, on those of its delta, and as frames of iotupd. */
export function destinationsOf({ channels, delta, frames }: BroadcastObject): readonly Destination[] {
  const all = [...channels, ...(delta?.channels ?? []), ...(frames === undefined ? [] : [frames])];
  return all.map(({ destination }) => destination);
}

export interface BroadcastChannel {
  readonly index: number;
  readonly destination: Destination;
  /** As in `SenderChannelOptions`. */
  readonly burstUs?: number | undefined;
}
