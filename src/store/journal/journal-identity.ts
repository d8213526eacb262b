import type { Geometry } from '../../object/geometry.js';
import { FORMAT_VERSION, HEADER_KIND } from './journal-format.js';

/** The object whose progress a journal records. If any field differs, the journal cannot be used. */
export interface JournalIdentity {
  /** The object tag in the object's datagrams. */
  readonly tag: Uint8Array;
  readonly geometry: Geometry;
  readonly sha256: Uint8Array;
  readonly fleet: string;
  readonly object: string;
  readonly version: number;
}

/**
 * Why a run begins without earlier progress: there is no journal; the journal belongs to another object or version; its header
 * is damaged; a later version of this program wrote it; or the part file is missing.
 */
export type StartedOver = 'absent' | 'other-object' | 'damaged' | 'incompatible' | 'part-missing';

/** The first record of a journal: it names the object and the format. */
export function headerOf({ tag, geometry, sha256, fleet, object, version }: JournalIdentity): readonly unknown[] {
  const { sizeBytes, symbolBytes, blockCount } = geometry;
  const bytes = [tag, sha256].map((field) => Buffer.from(field));
  return [HEADER_KIND, FORMAT_VERSION, ...bytes, sizeBytes, symbolBytes, blockCount, fleet, object, version];
}

/** Why a journal with this first record cannot be used for this object; undefined when it can. */
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
