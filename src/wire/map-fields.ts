import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';

/*
 * Fields of signed maps (MessagePack). Each reader checks type and range, and throws `Unreadable`, which never leaves `readMap`.
 */

export type FieldMap = Readonly<Record<string, unknown>>;

/** Thrown by the readers of fields, and by the reader of a whole map for fields that contradict each other. */
export class Unreadable extends Error {}

/** The MessagePack bytes of a map with short keys, which any MessagePack library reads. */
export function packMap(map: FieldMap): Uint8Array {
  return packr.pack(map);
}

/**
 * What `read` makes of a map. The input may be anything: undefined if it is no map, is longer than `maxBytes`, or if `read` refuses
 * a field. Unknown keys are ignored.
 */
export function readMap<T>(bytes: Uint8Array, maxBytes: number, read: (map: FieldMap) => T): T | undefined {
  if (bytes.length > maxBytes) return undefined;
  try {
    const value: unknown = new Unpackr({ useRecords: false, int64AsType: 'number' }).unpack(bytes);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return read(value as FieldMap);
  } catch {
    // msgpackr throws on damaged and on deeply nested input. A mistake in a reader would fail the tests of valid records.
    return undefined;
  }
}

/** Text that people see: without characters that control a terminal or reverse the direction of writing. */
export function readName(value: unknown, maxBytes: number): string {
  if (
    typeof value !== 'string' ||
    value === '' ||
    Buffer.byteLength(value) > maxBytes ||
    /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u.test(value)
  ) {
    throw new Unreadable();
  }
  return value;
}

export function readWhole(value: unknown, min: number, max: number): number {
  const number = readReal(value, min, max);
  if (!Number.isSafeInteger(number)) throw new Unreadable();
  return number;
}

export function readReal(value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !(value >= min && value <= max)) throw new Unreadable();
  return value;
}

/** A copy, because binaries from msgpackr share memory with its input, which the next datagram overwrites. */
export function readBinary(value: unknown, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw new Unreadable();
  return Uint8Array.from(value);
}

export function readList(value: unknown, minCount: number, maxCount: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length < minCount || value.length > maxCount) throw new Unreadable();
  return value;
}

export function readOptional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === null || value === undefined ? undefined : read(value);
}

// msgpackr's records would give maps a private extension type. Any MessagePack library can read plain maps.
const packr = new Packr({ useRecords: false });
