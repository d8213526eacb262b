import type { ErrorCode } from '../base/errors.js';
import type { EventOf } from '../events/event-types.js';
import type { serveEvents } from '../events/serve-events.js';
import type { FleetObject } from '../fleet/fleet.js';
import type { WarningCode } from '../fleet/warnings.js';
import type { FrameSending } from '../sender/iotupd/frame-transmission.js';
import type { ChannelStats } from '../sender/object-transmissions.js';
import type { PreparedObject } from './prepared-object.js';
import type { Station } from './station.js';

/**
 * What a sender tells while it works. Names and fields are those of `serve --json`; docs/events.md says what each field means,
 * and src/events/serve-events.ts declares them.
 */
export interface SenderEvents {
  /** An object, or its next version, is sent from now on. */
  readonly publish: (event: PublishEvent) => void;
  /**
   * An object is no longer sent: the fleet file no longer has it or gives its channels to another object (no error), or because
   * of a fault.
   */
  readonly withdraw: (event: WithdrawEvent) => void;
  /** An object, or a new version of it, cannot be sent; what is being sent stays as it is. */
  readonly refuse: (event: RefuseEvent) => void;
  /** A file is being hashed, which happens once per content; at most every 64 MB. */
  readonly hashing: (event: WorkEvent) => void;
  /**
   * A file is being encoded, with `code: raptorq`: once for its content, and at each start for the symbols with which fast channels begin; at most
   * every 64 MB.
   */
  readonly encoding: (event: WorkEvent) => void;
  /** The system began to refuse datagrams to a group (an errno name or error code), or takes them again (undefined). */
  readonly network: (event: NetworkEvent) => void;
  /** A channel pauses, or sends again (`pausedFor` is empty). Announcements go on. */
  readonly pause: (event: PauseEvent) => void;
  /** The interface, or an address that is needed, is not there yet; told once. */
  readonly waiting: (event: EventOf<typeof serveEvents.waiting>) => void;
  /** Something that does not keep the server from sending, but probably is a mistake. */
  readonly warning: (event: SenderWarningEvent) => void;
  /** Nothing is sent, and nothing will be before a reload or before a file comes back; told at once and each minute. */
  readonly idle: (event: EventOf<typeof serveEvents.idle>) => void;
}

/** A version of an object is on the air. */
export interface PublishEvent extends EventOf<typeof serveEvents.publish> {}

/** How far the hashing or encoding of an object is. */
export interface WorkEvent extends EventOf<typeof serveEvents.hashing> {}

/** `serve --json` prints the error as `code`, `message` and `hint`. */
export interface WithdrawEvent extends Readonly<Omit<EventOf<typeof serveEvents.withdraw>, keyof Reason>> {
  /** Undefined when the fleet file no longer has the object. */
  readonly error: unknown;
}

/** `serve --json` prints the error as `code`, `message` and `hint`. */
export interface RefuseEvent extends Readonly<Omit<EventOf<typeof serveEvents.refuse>, keyof Reason>> {
  readonly error: unknown;
}

type Reason = EventOf<typeof serveEvents.error>;

/** What `warning` of a sender tells; that of a receiver is a `WarningEvent`. */
export interface SenderWarningEvent extends EventOf<typeof serveEvents.warning> {
  readonly code: ErrorCode | WarningCode;
}

/** A group cannot be sent to, or can be again. */
export interface NetworkEvent extends EventOf<typeof serveEvents.network> {}

/** A channel pauses, or sends again. */
export interface PauseEvent extends EventOf<typeof serveEvents.pause> {}

/** What a server has sent of each object that is on the air. */
export interface SenderStats {
  readonly server: string | undefined;
  readonly objects: readonly {
    readonly object: string;
    readonly version: number;
    readonly channels: readonly ChannelStats[];
  }[];
}

/** The event for an object that goes on the air. */
export function publishEvent(
  object: FleetObject,
  prepared: PreparedObject,
  { server, interface: interfaceName }: Station,
  frames: FrameSending | undefined,
): PublishEvent {
  return {
    server: server.name,
    interface: interfaceName,
    object: object.name,
    version: object.version,
    bytes: prepared.descriptor.sizeBytes,
    sha256: Buffer.from(prepared.descriptor.sha256).toString('hex'),
    channels: object.channels
      .filter(({ index }) => server.channels?.includes(index) ?? true)
      .map(({ index, group, port, rateBitsPerSecond }) => ({ channel: index, group, port, rateBitsPerSecond })),
    iotupd: iotupdOf(object, frames),
  };
}

function iotupdOf({ iotupd }: FleetObject, frames: FrameSending | undefined): PublishEvent['iotupd'] {
  if (iotupd === undefined || frames === undefined) return undefined;
  const { group, port, rateBitsPerSecond, frameBytes } = iotupd;
  return { group, port, rateBitsPerSecond, frameBytes, hash: Buffer.from(frames.file.hash).toString('hex') };
}
