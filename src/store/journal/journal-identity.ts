import type { Geometry } from '../../object/geometry.js';
import { FORMAT_VERSION, HEADER_KIND } from './journal-format.js';

/** Whose progress it is. All of it must be the same, or the journal is of no use. */
export interface JournalIdentity {
  /** The object tag that its datagrams carry. */
  readonly tag: Uint8Array;
  readonly geometry: Geometry;
  readonly sha256: Uint8Array;
  readonly fleet: string;
  readonly object: string;
  readonly version: number;
}

/**
 * Why there is no progress to take up: no journal; one of another object or version; none of it can be read; a later version
 * of this program wrote it; or the part file that it speaks of is not there.
 */
export type StartedOver = 'absent' | 'other-object' | 'damaged' | 'incompatible' | 'part-missing';

/** The first record of a journal: it names the object and the format. */
export function headerOf({ tag, geometry, sha256, fleet, object, version }: JournalIdentity): readonly unknown[] {
  const { sizeBytes, symbolBytes, blockCount } = geometry;
  const bytes = [tag, sha256].map((field) => Buffer.from(field));
  return [HEADER_KIND, FORMAT_VERSION, ...bytes, sizeBytes, symbolBytes, blockCount, fleet, object, version];
}

/** Why a journal with this first record is of no use for this object; undefined when it is of use. */
export function compareHeader(payload: readonly unknown[], identity: JournalIdentity): StartedOver | undefined {
  const [kind, formatVersion] = payload;
  if (kind !== HEADER_KIND) return 'damaged';
  if (formatVersion !== FORMAT_VERSION) return 'incompatible';
  const expected = headerOf(identity);
  const isSame = expected.every((field, i) => {
    const found = payload[i];
    return field instanceof Uint8Array
      ? found instanceof Uint8Array && Buffer.compare(field, found) === 0
      : field === found;
  });
  return isSame && payload.length === expected.length ? undefined : 'other-object';
}
