import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr';
import { LayercastError } from '../errors.js';

/**
 * The bytes of a journal: records one after the other, each as
 *
 *     u32 LE  length of the payload
 *     u32 LE  CRC-32 of the payload (zlib's)
 *     payload: a msgpack array, [kind, …]
 *
 * The first has kind 0 and says whose journal it is; the others list runs, as gap from the end of the run before and count.
 */
export const FORMAT_VERSION = 1;

export const HEADER_KIND = 0;

/** What is on disk, which blocks have matched their digests, what has been taken back: in numbers that never change. */
export const RUN_KINDS = { durable: 1, verified: 2, dropped: 3 } as const;
export type RunKind = keyof typeof RUN_KINDS;

export type Run = readonly [first: number, count: number];
export interface RunRecord {
  readonly kind: RunKind;
  /** Of symbols, or of blocks when the kind is `verified`; none is empty. */
  readonly runs: readonly Run[];
}

/** Bounds what a damaged length can make the reader fetch; a record of `RUNS_PER_RECORD` runs has 36 KiB at most. */
const MAX_PAYLOAD_BYTES = 64 * 1024;
const RUNS_PER_RECORD = 2048;
const FRAME_HEADER_BYTES = 8;

const packr = new Packr({ useRecords: false });

/** @throws {LayercastError} `INTERNAL` for a payload that no reader would take. */
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

/** As many records as the runs need; one whose place is before the end of the last begins a new record. */
export function* frameRuns(kind: RunKind, runs: Iterable<Run>): Generator<Buffer> {
  let flat: number[] = [];
  let previousEnd = 0;
  for (const [first, count] of runs) {
    if (flat.length === 2 * RUNS_PER_RECORD || first < previousEnd) {
      yield frame([RUN_KINDS[kind], flat]);
      flat = [];
      previousEnd = 0;
    }
    flat.push(first - previousEnd, count);
    previousEnd = first + count;
  }
  if (flat.length > 0) yield frame([RUN_KINDS[kind], flat]);
}

/**
 * The payloads from the start of a file up to its end, or up to the first record that is cut off, damaged or no array: what
 * comes after it cannot be trusted to be the start of a record.
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
 * @param limits how many numbers there are of each kind: runs must lie below
 * @returns 'unknown' for a kind that a later version writes, undefined for what no version writes
 */
export function runRecordOf(
  payload: readonly unknown[],
  limits: Readonly<Record<RunKind, number>>,
): RunRecord | 'unknown' | undefined {
  const [number, flat] = payload;
  if (typeof number !== 'number') return undefined;
  const kind = (Object.keys(RUN_KINDS) as RunKind[]).find((name) => RUN_KINDS[name] === number);
  if (kind === undefined) return 'unknown';
  if (!Array.isArray(flat) || flat.length % 2 !== 0) return undefined;
  const runs: Run[] = [];
  let previousEnd = 0;
  for (let i = 0; i < flat.length; i += 2) {
    const gap: unknown = flat[i];
    const count: unknown = flat[i + 1];
    if (!isCount(gap) || !isCount(count) || count === 0 || previousEnd + gap + count > limits[kind]) return undefined;
    runs.push([previousEnd + gap, count]);
    previousEnd += gap + count;
  }
  return { kind, runs };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function decode(payload: Uint8Array): readonly unknown[] | undefined {
  try {
    const decoded: unknown = packr.unpack(payload);
    return Array.isArray(decoded) ? decoded : undefined;
  } catch {
    // msgpackr throws errors of many kinds for what is no msgpack; all mean the same here.
    return undefined;
  }
}
