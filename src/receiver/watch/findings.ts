import type { Refusal } from '../../trust/refusal.js';
import type { Descriptor } from '../../wire/descriptor.js';

/** What a record that was heard means to a receiver of its object. */
export type FindingKind =
  /** The record describes the newest version so far, which is to be received. */
  | 'newest'
  /** The record describes the newest version anew: the version may be sent in another way now. */
  | 'renewed'
  /** The record describes an older version than the newest, or is an older description of the newest. */
  | 'older'
  /** The version is older than the highest version that this host completed. */
  | 'rollback'
  /** The version's expiry date has passed. */
  | 'expired'
  /** The version number was signed before for different bytes. */
  | 'conflict'
  /** The version has a code or sizes that this program does not support. */
  | 'unsupported'
  /** The version is for other classes of devices. */
  | 'incompatible'
  /** Another key signed the record, or nobody did, so anybody can have sent it. */
  | 'foreign'
  /** Too few keys signed the record, or keys that a root has removed; or its root or catalogue has expired, or names another one. */
  | 'refused'
  /** Enough keys signed the record, and no catalogue that was heard names it yet. It is judged anew when it is heard again. */
  | 'unlisted'
  /** The record was the newest one, and does not count any more: a root removed its keys, a date has passed, or the clock was set. */
  | 'revoked'
  /** The record was the newest one, and the server that announced it last has announced others for long, and this one no more. */
  | 'withdrawn'
  /** No key was given, so the signature was not checked. */
  | 'unchecked';

/** A descriptor that was heard. Each record gives one finding, however often it is heard. */
export interface Finding {
  readonly kind: FindingKind;
  readonly descriptor: Descriptor;
  /** Why the record does not count, for the kinds `expired`, `refused`, `unlisted` and `revoked`. */
  readonly refusal?: Refusal | undefined;
  /** Addresses from which the record was heard, in the order of hearing; grows up to 16 while the record is heard again. */
  readonly sources: readonly string[];
  /** Whether the record is one that an earlier watch heard (`Watch.recall`). */
  readonly isRecalled?: boolean;
}
