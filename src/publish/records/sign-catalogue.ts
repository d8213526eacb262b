import type { KeyObject } from 'node:crypto';
import {
  type Catalogue,
  type CatalogueEntry,
  compareNames,
  MAX_CATALOGUE_BODY_BYTES,
  MAX_CATALOGUE_PARTS,
  packCatalogue,
} from '../../wire/catalogue.js';
import { RecordKind, signRecord } from '../../wire/signature.js';

/** What a catalogue says beside its entries. */
export type CatalogueHead = Omit<Catalogue, 'part' | 'partCount' | 'entries'>;

/** An entry has at most 49 bytes beside its name, and the head of a part some 150. */
const ENTRY_BYTES = 49;
const HEAD_BYTES = 256;

/**
 * The records of a catalogue's parts.
 *
 * @throws {RangeError} for more objects than a catalogue can list, some 30,000
 */
export function signCatalogue(
  head: CatalogueHead,
  entries: readonly CatalogueEntry[],
  key: KeyObject,
): readonly Uint8Array[] {
  const parts = partsOf([...entries].sort((a, b) => compareNames(a.object, b.object)));
  if (parts.length > MAX_CATALOGUE_PARTS)
    throw new RangeError(`${entries.length} objects are too many for a catalogue`);
  return parts.map((some, part) =>
    signRecord(packCatalogue({ ...head, part, partCount: parts.length, entries: some }), key, RecordKind.catalogue),
  );
}

function partsOf(entries: readonly CatalogueEntry[]): readonly (readonly CatalogueEntry[])[] {
  const parts: CatalogueEntry[][] = [[]];
  let bytes = HEAD_BYTES;
  for (const entry of entries) {
    const more = ENTRY_BYTES + Buffer.byteLength(entry.object);
    if (bytes + more > MAX_CATALOGUE_BODY_BYTES) {
      parts.push([]);
      bytes = HEAD_BYTES;
    }
    parts.at(-1)!.push(entry);
    bytes += more;
  }
  return parts;
}
