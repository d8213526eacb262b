import type { ErrorCode } from '../base/errors.js';
import type { FleetObject } from '../fleet/fleet.js';
import type { WarningCode } from '../fleet/warnings.js';
import type { ChannelStats } from '../sender/object-transmissions.js';
import type { PreparedObject } from './prepared-object.js';
import type { Station } from './station.js';

/** What a sender tells while it works. */
export interface SenderEvents {
  /** An object goes on the air, or comes back changed. */
  readonly publish: (event: PublishEvent) => void;
  /**
   * An object is no longer sent: the fleet file no longer has it or gives its channels to another object (no error), or because
   * of a fault.
   */
  readonly withdraw: (event: WithdrawEvent) => void;
  /** An object, or a new version of it, cannot be sent; what is on the air stays as it is. */
  readonly refuse: (event: RefuseEvent) => void;
  /** A file is being hashed, which happens once per content; at most every 64 MB. */
  readonly hashing: (event: { readonly object: string; readonly bytes: number; readonly totalBytes: number }) => void;
  /** A file is being encoded, which happens once per content with `code: raptorq`; at most every 64 MB. */
  readonly encoding: (event: { readonly object: string; readonly bytes: number; readonly totalBytes: number }) => void;
  /** The system began to refuse datagrams to a group (an errno name or error code), or takes them again (undefined). */
  readonly network: (event: NetworkEvent) => void;
  /** The interface or an address that has to be there is not there yet; told once. */
  readonly waiting: (event: { readonly message: string }) => void;
  /** Something that does not keep the server from sending, but probably is a mistake. */
  readonly warning: (event: SenderWarningEvent) => void;
  /** Nothing is sent, and nothing will be before a reload or before a file comes back; told at once and each minute. */
  readonly idle: (event: { readonly message: string }) => void;
}

export interface PublishEvent {
  readonly server: string;
  readonly interface: string | undefined;
  readonly object: string;
  readonly version: number;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly channels: readonly {
    readonly channel: number;
    readonly group: string;
    readonly port: number;
    readonly rateBitsPerSecond: number;
  }[];
}

export interface WithdrawEvent {
  readonly object: string;
  readonly version: number;
  readonly error: unknown;
  /** When it is tried again, in milliseconds from now; undefined waits for a reload. */
  readonly retryMs: number | undefined;
}

export interface RefuseEvent {
  readonly object: string;
  readonly version: number;
  readonly error: unknown;
  /** The version that is still sent; undefined when none is. */
  readonly sentVersion: number | undefined;
  /** When it is tried again, in milliseconds from now; undefined waits for a reload. */
  readonly retryMs: number | undefined;
}

/** What `warning` of a sender tells; that of a receiver is a `WarningEvent`. */
export interface SenderWarningEvent {
  readonly code: ErrorCode | WarningCode;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface NetworkEvent {
  /** Undefined for announcements. */
  readonly object: string | undefined;
  readonly channel: number | undefined;
  /** Where the datagrams go: announcements go to the fleet's group and to the directory. */
  readonly group: string;
  readonly failure: string | undefined;
}

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
  };
}
