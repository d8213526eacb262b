import type { CoapMethod } from './code.js';
import type { Link } from './links.js';
import type { Peer } from './peer.js';
import type { CoapRequest } from './request.js';

/** What an endpoint serves. The endpoint itself answers `/.well-known/core`. */
export interface CoapSite {
  /** What `/.well-known/core` lists. */
  links(): readonly Link[];
  /** Undefined: nothing is there. */
  find(path: readonly string[]): CoapResource | undefined;
}

export interface CoapResource {
  /** Payloads of requests are put together up to here; what is longer gets 4.13. @default 0 */
  readonly maxPayloadBytes?: number | undefined;
  /** @default false */
  readonly isObservable?: boolean | undefined;
  /** Whether the peer may ask this; if not, it gets 4.03 before anything of its payload is kept. @default everybody may */
  admits?(peer: Peer, method: CoapMethod): boolean;
  /** An error that is thrown is answered with 5.00. */
  answer(request: IncomingRequest): CoapReply | Promise<CoapReply>;
}

export interface IncomingRequest extends CoapRequest {
  readonly peer: Peer;
  readonly payload: Uint8Array;
  readonly query: readonly string[];
  /** Aborted when the endpoint is closed. */
  readonly signal: AbortSignal;
}

export interface CoapReply {
  /** See `Code`. */
  readonly code: number;
  /** A body in memory; the endpoint cuts it into blocks. */
  readonly payload?: Uint8Array | undefined;
  /** A body that is read block by block. */
  readonly content?: CoapContent | undefined;
  readonly contentFormat?: number | undefined;
  readonly maxAgeS?: number | undefined;
  readonly locationPath?: readonly string[] | undefined;
}

/** A body that is not in memory, such as a file. Nothing is kept for a client between two blocks. */
export interface CoapContent {
  readonly sizeBytes: number;
  /** 1 to 8 bytes that no other content at the same address has. */
  readonly etag: Uint8Array;
  /** Fills `into` from `offset` on. @returns false: these bytes are not there yet */
  read(offset: number, into: Uint8Array, signal: AbortSignal): Promise<boolean>;
}
