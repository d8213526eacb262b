import type { EventOf } from '../events/event-types.js';
import type { fetchEvents, receiverStats } from '../events/fetch-events.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { DatagramFault } from './counters.js';

/**
 * The events of a receiver, in the order in which things happen. Names and fields are those of `fetch --json`; docs/events.md
 * says what each field means, and src/events/fetch-events.ts declares them.
 */
export interface ReceiverEvents {
  /** Announcements can be heard from now on. */
  readonly listening: (event: ListeningEvent) => void;
  /** The receiver waits for an interface that is missing, or for a lock that another process may still hold. */
  readonly waiting: (event: WaitingEvent) => void;
  /** The signed description of the version that is being received. */
  readonly descriptor: (event: DescriptorEvent) => void;
  /** What seeds and the object's delta had is in its place; the rest is received. */
  readonly seed: (event: SeedEvent) => void;
  /** A block was filled by unicast. */
  readonly fill: (event: FillEvent) => void;
  readonly join: (event: MembershipEvent) => void;
  readonly leave: (event: MembershipEvent) => void;
  /** About once a second. */
  readonly progress: (event: ProgressEvent) => void;
  /** Something a person should know that does not end the transfer. */
  readonly warning: (event: WarningEvent) => void;
  readonly complete: (event: CompleteEvent) => void;
}

/** Where the receiver listens, and for how long it waits. */
export interface ListeningEvent extends EventOf<typeof fetchEvents.listening> {}

/** What the receiver waits for before it can begin. */
export interface WaitingEvent extends EventOf<typeof fetchEvents.waiting> {}

/** `fetch --json` prints parts of the descriptor, with bytes in hexadecimal. */
export interface DescriptorEvent extends Pick<EventOf<typeof fetchEvents.descriptor>, 'resumedBytes'> {
  readonly descriptor: Descriptor;
}

/** How much of the object came from seeds and from its delta. */
export interface SeedEvent extends EventOf<typeof fetchEvents.seed> {}

/** A block that a server of the web filled. */
export interface FillEvent extends EventOf<typeof fetchEvents.fill> {}

/** A join or leave, with its reason and the numbers that were compared. */
export interface MembershipEvent extends EventOf<typeof fetchEvents.join> {}

/** What a person should know, though it does not end the transfer. */
export interface WarningEvent extends EventOf<typeof fetchEvents.warning> {}

/** How far the transfer is, and how fast. */
export interface ProgressEvent extends EventOf<typeof fetchEvents.progress> {}

/** The object is whole, verified and has its name. */
export interface CompleteEvent extends Readonly<Omit<EventOf<typeof fetchEvents.complete>, 'invalid'>>, ReceiverStats {}

/**
 * Counts since the receiver started, over all versions that it received and all ways in which these were sent. Only `overhead`
 * and `resumedBytes` are counted for the last version alone.
 */
export interface ReceiverStats extends EventOf<typeof receiverStats> {
  readonly invalid: Readonly<Partial<Record<DatagramFault, number>>>;
}
