import { createHash } from 'node:crypto';
import {
  DIGEST_BYTES,
  MAX_NAME_BYTES,
  MAX_OBJECT_NAME_BYTES,
  MAX_RECORD_BYTES,
  MAX_SERVERS,
  MAX_VERSION,
} from '../base/limits.js';
import {
  type FieldMap,
  packMap,
  readBinary,
  readList,
  readMap,
  readName,
  readWhole,
  Unreadable,
} from './map-fields.js';
import { MAX_ROOT_VERSION, NEVER_S } from './root.js';

/** One object of a fleet as it is published now. */
export interface CatalogueEntry {
  readonly object: string;
  readonly version: number;
  /** SHA-256 of the descriptor's signed bytes, 32 bytes. */
  readonly digest: Uint8Array;
}

/** What a fleet publishes at one time: proves for a short time that these versions, and no other ones, are the newest. */
export interface Catalogue {
  readonly fleet: string;
  /** The server that signed, as descriptors number it: servers may have the same key. */
  readonly serverIndex: number;
  /** Grows with each catalogue of the same server. */
  readonly version: number;
  /** The root that its signers know: receivers that know only an older one wait for that root first. */
  readonly rootVersion: number;
  /** When it was signed, in seconds since 1970. */
  readonly createdS: number;
  readonly expiresS: number;
  /** A catalogue of many objects is signed in parts: the index of this one, and how many there are. */
  readonly part: number;
  readonly partCount: number;
  /** In ascending order of the names' UTF-8 bytes, each object once in all parts together. */
  readonly entries: readonly CatalogueEntry[];
}

/** With entries of 60 bytes, 64 parts list some 38,000 objects. */
export const MAX_CATALOGUE_PARTS = 64;

/** The most bytes of a part's body: half of the longest record, so that losing one piece of it costs less. */
export const MAX_CATALOGUE_BODY_BYTES = MAX_RECORD_BYTES / 2;

/** The shortest entry has 38 bytes. */
const MAX_ENTRIES = Math.ceil(MAX_CATALOGUE_BODY_BYTES / 38);
const MAX_TIME_S = NEVER_S - 1;

/** The digest by which a catalogue names a descriptor. @param body the descriptor's signed bytes */
export function descriptorDigest(body: Uint8Array): Uint8Array {
  return createHash('sha256').update(body).digest();
}

/** Compares names as catalogues order them: by their UTF-8 bytes. */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The MessagePack bytes of a catalogue's part (docs/wire-format.md). */
export function packCatalogue(catalogue: Catalogue): Uint8Array {
  return packMap({
    f: catalogue.fleet,
    s: catalogue.serverIndex,
    v: catalogue.version,
    w: catalogue.rootVersion,
    a: catalogue.createdS,
    x: catalogue.expiresS,
    p: [catalogue.part, catalogue.partCount],
    c: catalogue.entries.map(({ object, version, digest }) => [object, version, digest]),
  });
}

/** Reads a part that `packCatalogue` wrote. The input may be anything: undefined if it is no part of a catalogue. */
export function unpackCatalogue(bytes: Uint8Array): Catalogue | undefined {
  return readMap(bytes, MAX_CATALOGUE_BODY_BYTES, readCatalogue);
}

function readCatalogue(map: FieldMap): Catalogue {
  const [part, partCount] = readList(map.p, 2, 255);
  const count = readWhole(partCount, 1, MAX_CATALOGUE_PARTS);
  const entries = readList(map.c, 0, MAX_ENTRIES).map(readEntry);
  const isInOrder = entries.every(({ object }, i) => i === 0 || compareNames(entries[i - 1]!.object, object) < 0);
  if (!isInOrder) throw new Unreadable();
  return {
    fleet: readName(map.f, MAX_NAME_BYTES),
    serverIndex: readWhole(map.s, 0, MAX_SERVERS - 1),
    version: readWhole(map.v, 1, MAX_VERSION),
    rootVersion: readWhole(map.w, 0, MAX_ROOT_VERSION),
    createdS: readWhole(map.a, 0, MAX_TIME_S),
    expiresS: readWhole(map.x, 0, MAX_TIME_S),
    part: readWhole(part, 0, count - 1),
    partCount: count,
    entries,
  };
}

function readEntry(value: unknown): CatalogueEntry {
  const [object, version, digest] = readList(value, 3, 255);
  return {
    object: readName(object, MAX_OBJECT_NAME_BYTES),
    version: readWhole(version, 1, MAX_VERSION),
    digest: readBinary(digest, DIGEST_BYTES),
  };
}
