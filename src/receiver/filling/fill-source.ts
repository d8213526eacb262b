import { plainText } from '../../base/plain-text.js';

/** A server that has the object as a file, and can be asked for any part of it. Its bytes are not trusted. */
export interface FillSource {
  /** For people: its URL. */
  readonly name: string;
  /** Fills `into` with the bytes of the object from `offset` on. @throws {FillFault}; the reason of the signal */
  read(offset: number, into: Uint8Array, signal: AbortSignal): Promise<void>;
  /** SHA-256 of each block, back to back; undefined if the server does not have them. @throws {FillFault}; the reason of the signal */
  digests(byteCount: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
}

/** Why a source could not be used. The message may hold what the source said. */
export class FillFault extends Error {
  /** Whether it is of no use to ask again. */
  readonly isFinal: boolean;

  constructor(message: string, isFinal: boolean) {
    super(plainText(message));
    this.isFinal = isFinal;
  }
}
