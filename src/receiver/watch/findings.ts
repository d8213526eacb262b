import type { Descriptor } from '../../wire/descriptor.js';

/** What a record that was heard means to somebody who wants its object. */
export type FindingKind =
  /** The newest version so far: the one to receive. */
  | 'newest'
  /** The same version, described anew: it may be sent in another way now. */
  | 'renewed'
  /** An older version than the newest, or an older description of it. */
  | 'older'
  /** Older than the version that was completed before. */
  | 'rollback'
  /** Past its date. */
  | 'expired'
  /** The same version number signed for different bytes. */
  | 'conflict'
  /** For a code that this program does not speak, or sizes that it cannot handle. */
  | 'unsupported'
  /** Signed by another key, or by nobody: anybody can have said it. */
  | 'foreign'
  /** Nobody gave a key, so nobody asked who signed. */
  | 'unchecked';

/** A descriptor that was heard, once for each record. */
export interface Finding {
  readonly kind: FindingKind;
  readonly descriptor: Descriptor;
  /** Addresses from which the record was heard, in the order of hearing; grows up to 16 while the record is heard again. */
  readonly sources: readonly string[];
}
