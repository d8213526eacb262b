import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr/pack';
import { LayercastError } from '../../base/errors.js';
import { MAX_ESI } from '../../base/limits.js';
import type { GuestRun } from '../../object/placements.js';

/**
 * The bytes of a journal: records one after the other, each as
 *
 *     u32 LE  length of the payload
 *     u32 LE  CRC-32 of the payload (zlib's)
 *     payload: a msgpack array, [kind, …]
 *
 * The first record has kind 0 and names the object. The other records list runs: each run as its gap from the end of the run
 * before and its count; each run of guests as gap, count and first ESI.
 */
export const FORMAT_VERSION = 1;

export const HEADER_KIND = 0;

/**
 * The number of each kind of record, which never changes: symbols at their own places on disk; blocks that have matched their
 * digests; places whose symbols, own or guests, have been taken back; places whose guests, and only guests, are gone.
 */
const RUN_KINDS = { durable: 1, verified: 2, dropped: 3, evicted: 5 } as const;
export type RunKind = keyof typeof RUN_KINDS;
/** The kind of a record of guests: places that hold other symbols of their block. */
const GUESTS_KIND = 4;

export type Run = readonly [first: number, count: number];
export interface RunRecord {
  readonly kind: RunKind;
  /** Runs of places, or of blocks when the kind is `verified`. No run is empty. */
  readonly runs: readonly Run[];
}
export interface GuestRecord {
  readonly kind: 'guests';
  readonly runs: readonly GuestRun[];
}
export type JournalRecord = RunRecord | GuestRecord;

/** The reader takes no longer payload, even if a damaged record claims one. A record of `RUNS_PER_RECORD` runs has 46 KiB at most. */
const MAX_PAYLOAD_BYTES = 64 * 1024;
const RUNS_PER_RECORD = 2048;
const FRAME_HEADER_BYTES = 8;

const packr = new Packr({ useRecords: false });

/** A record as bytes. @throws {LayercastError} `INTERNAL` for a payload that is too long for the reader. */
export function frame(payload: readonly unknown[]): Buffer {
  const packed = packr.pack(payload);
  if (packed.length > MAX_PAYLOAD_BYTES) {
    throw new LayercastError('INTERNAL', `a journal record of ${packed.length} bytes`);
  }
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32LE(packed.length, 0);
  header.writeUInt32LE(crc32(packed), 4);
  return Buffer.concat([header, packed]);
}

/** As many records as the runs need. A run that begins before the end of the run before it begins a new record. */
export function* frameRuns(kind: RunKind, runs: Iterable<Run>): Generator<Buffer> {
  yield* frameFields(
    RUN_KINDS[kind],
    mapped(runs, ([first, count]) => ({ first, count, fields: [] })),
  );
}

export function* frameGuests(runs: Iterable<GuestRun>): Generator<Buffer> {
  yield* frameFields(
    GUESTS_KIND,
    mapped(runs, ([first, esi, count]) => ({ first, count, fields: [esi] })),
  );
}

export function* frameRecord(record: JournalRecord): Generator<Buffer> {
  yield* record.kind === 'guests' ? frameGuests(record.runs) : frameRuns(record.kind, record.runs);
}

/**
 * The payloads from the start of a file up to its end, or up to the first record that is cut off, damaged or no array. Nobody
 * knows where the next record begins after such a record.
 */
export async function* readFrames(handle: FileHandle): AsyncGenerator<readonly unknown[]> {
  const buffer = Buffer.alloc(2 * (MAX_PAYLOAD_BYTES + FRAME_HEADER_BYTES));
  for (let position = 0, end = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, end, buffer.length - end, position);
    position += bytesRead;
    end += bytesRead;
    let start = 0;
    while (end - start >= FRAME_HEADER_BYTES) {
      const length = buffer.readUInt32LE(start);
      if (length > MAX_PAYLOAD_BYTES) return;
      const next = start + FRAME_HEADER_BYTES + length;
      if (next > end) break;
      const payload = buffer.subarray(start + FRAME_HEADER_BYTES, next);
      const decoded = crc32(payload) === buffer.readUInt32LE(start + 4) ? decode(payload) : undefined;
      if (decoded === undefined) return;
      yield decoded;
      start = next;
    }
    if (bytesRead === 0) return;
    buffer.copyWithin(0, start, end);
    end -= start;
  }
}

/**
 * The runs of a decoded record.
 * @returns 'unknown' for a kind that only a later version writes, undefined for a payload that no version writes
 */
export function recordOf(
  payload: readonly unknown[],
  { symbolCount, blockCount }: { readonly symbolCount: number; readonly blockCount: number },
): JournalRecord | 'unknown' | undefined {
  const [number, flat] = payload;
  if (typeof number !== 'number') return undefined;
  if (number === GUESTS_KIND) {
    const runs = readFields(flat, symbolCount, 1)?.map(
      ({ first, count, fields }) => [first, fields[0]!, count] as const,
    );
    const areEsis = runs?.every(([, firstEsi, count]) => firstEsi + count - 1 <= MAX_ESI);
    return runs !== undefined && areEsis === true ? { kind: 'guests', runs } : undefined;
  }
  const kind = (Object.keys(RUN_KINDS) as RunKind[]).find((name) => RUN_KINDS[name] === number);
  if (kind === undefined) return 'unknown';
  const runs = readFields(flat, kind === 'verified' ? blockCount : symbolCount, 0);
  return runs && { kind, runs: runs.map(({ first, count }) => [first, count] as const) };
}

/** A run as it is written: its first place or block, its count, and further fields. */
interface FieldRun {
  readonly first: number;
  readonly count: number;
  readonly fields: readonly number[];
}

function* frameFields(kind: number, runs: Iterable<FieldRun>): Generator<Buffer> {
  let flat: number[] = [];
  let runCount = 0;
  let previousEnd = 0;
  for (const { first, count, fields } of runs) {
    if (runCount === RUNS_PER_RECORD || first < previousEnd) {
      yield frame([kind, flat]);
      flat = [];
      runCount = 0;
      previousEnd = 0;
    }
    flat.push(first - previousEnd, count, ...fields);
    runCount++;
    previousEnd = first + count;
  }
  if (runCount > 0) yield frame([kind, flat]);
}

/** @param limit all places or blocks of the runs must be below this number */
function readFields(flat: unknown, limit: number, fieldCount: number): FieldRun[] | undefined {
  const stride = 2 + fieldCount;
  if (!Array.isArray(flat) || flat.length % stride !== 0 || !flat.every(isCount)) return undefined;
  const runs: FieldRun[] = [];
  let previousEnd = 0;
  for (let i = 0; i < flat.length; i += stride) {
    const first = previousEnd + flat[i]!;
    const count = flat[i + 1]!;
    if (count === 0 || first + count > limit) return undefined;
    runs.push({ first, count, fields: flat.slice(i + 2, i + stride) });
    previousEnd = first + count;
  }
  return runs;
}

function* mapped<T, U>(items: Iterable<T>, of: (item: T) => U): Generator<U> {
  for (const item of items) yield of(item);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function decode(payload: Uint8Array): readonly unknown[] | undefined {
  try {
    const decoded: unknown = packr.unpack(payload);
    return Array.isArray(decoded) ? decoded : undefined;
  } catch {
    // msgpackr throws many kinds of errors for bytes that are no msgpack. All mean that the record is damaged.
    return undefined;
  }
}
