import { Unpackr } from 'msgpackr/unpack';
import {
  MAX_CHANNELS,
  MAX_CLASSES,
  MAX_NAME_BYTES,
  MAX_OBJECT_NAME_BYTES,
  MAX_PORT,
  MAX_SERVERS,
  MAX_VERSION,
} from '../base/limits.js';
import {
  type ChannelDescription,
  type Descriptor,
  MAX_ANNOUNCE_INTERVAL_US,
  MAX_RECORD_BYTES,
  MIN_ANNOUNCE_INTERVAL_US,
  type ServerDescription,
} from './descriptor.js';

/**
 * Reads a descriptor that `packDescriptor` wrote. The input may be anything: every field is checked for type and range.
 * Unknown keys are ignored, unless a capital letter at their beginning makes them critical; then `needs` lists them. Returns undefined if the input is no descriptor. Strings and bytes are copies.
 */
export function unpackDescriptor(bytes: Uint8Array): Descriptor | undefined {
  if (bytes.length > MAX_RECORD_BYTES) return undefined;
  try {
    return readDescriptor(new Unpackr({ useRecords: false, int64AsType: 'number' }).unpack(bytes));
  } catch {
    // msgpackr throws on damaged and on deeply nested input. A mistake in this file would fail the tests of valid records.
    return undefined;
  }
}

/** Thrown by the readers of fields; never leaves this file. */
class Unreadable extends Error {}

function readDescriptor(value: unknown): Descriptor {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Unreadable();
  const map = value as Readonly<Record<string, unknown>>;
  return {
    fleet: name(map.f, MAX_NAME_BYTES),
    object: name(map.o, MAX_OBJECT_NAME_BYTES),
    version: whole(map.v, 1, MAX_VERSION),
    sizeBytes: whole(map.n, 0, 2 ** 48 - 1),
    symbolBytes: whole(map.t, 1, 2 ** 16 - 1),
    blockCount: whole(map.z, 0, 2 ** 32 - 1),
    fecEncodingId: whole(map.e, 0, 255),
    sha256: binary(map.h, 32),
    blockRoot: binary(map.b, 32),
    mode: whole(map.m, 0, 1) === 0 ? 'several' : 'best',
    ssm: truth(map.s),
    channels: list(map.c, 1, MAX_CHANNELS).map(readChannel),
    servers: list(map.d, 1, MAX_SERVERS).map(readServer),
    createdS: whole(map.a, 0, 2 ** 48 - 1),
    expiresS: optional(map.x, (expires) => whole(expires, 0, 2 ** 48 - 1)),
    ...optionally('announceIntervalUs', map.i, (interval) =>
      whole(interval, MIN_ANNOUNCE_INTERVAL_US, MAX_ANNOUNCE_INTERVAL_US),
    ),
    ...optionally('compatible', map.C, (classes) =>
      list(classes, 1, MAX_CLASSES).map((one) => name(one, MAX_NAME_BYTES)),
    ),
    ...needsOf(map),
  };
}

/** Keys that begin with a capital letter are critical, as the names of chunks in PNG are (ISO/IEC 15948, section 5.4). */
const CRITICAL = /^[A-Z]/;

/** The critical keys that this program knows. */
const KNOWN_CRITICAL: readonly string[] = ['C'];

/** The critical keys that this program does not know. */
function needsOf(map: Readonly<Record<string, unknown>>): { readonly needs?: readonly string[] } {
  const needs = Object.keys(map).filter((key) => CRITICAL.test(key) && !KNOWN_CRITICAL.includes(key));
  return needs.length === 0 ? {} : { needs };
}

function readChannel(value: unknown): ChannelDescription {
  const [group, port, intervalUs, startRatio] = list(value, 4, 255);
  const address = binary(group, 16);
  if (address[0] !== 0xff) throw new Unreadable();
  return {
    group: address,
    port: whole(port, 1, MAX_PORT),
    // The slowest channel allowed sends one datagram a day; with a nanosecond between two it is faster than any link.
    intervalUs: real(intervalUs, 0.001, 86_400e6),
    startRatio: real(startRatio, 0, 1),
  };
}

function readServer(value: unknown): ServerDescription {
  const [index, serverName, address, startRatio, channels, publicKey] = list(value, 5, 255);
  return {
    index: whole(index, 0, MAX_SERVERS - 1),
    name: name(serverName, MAX_NAME_BYTES),
    address: optional(address, (bytes) => binary(bytes, 16)),
    startRatio: real(startRatio, 0, 1),
    channels: optional(channels, (indexes) =>
      list(indexes, 0, MAX_CHANNELS).map((channel) => whole(channel, 0, MAX_CHANNELS - 1)),
    ),
    ...optionally('publicKey', publicKey, (bytes) => binary(bytes, 32)),
  };
}

/** Text that people see: without characters that control a terminal or reverse the direction of writing. */
function name(value: unknown, maxBytes: number): string {
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

function whole(value: unknown, min: number, max: number): number {
  const number = real(value, min, max);
  if (!Number.isSafeInteger(number)) throw new Unreadable();
  return number;
}

function real(value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !(value >= min && value <= max)) throw new Unreadable();
  return value;
}

function truth(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Unreadable();
  return value;
}

/** A copy, because binaries from msgpackr share memory with its input, which the next datagram overwrites. */
function binary(value: unknown, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw new Unreadable();
  return Uint8Array.from(value);
}

function list(value: unknown, minCount: number, maxCount: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length < minCount || value.length > maxCount) throw new Unreadable();
  return value;
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === null || value === undefined ? undefined : read(value);
}

/** An object with this property, or without it if the value is undefined. */
function optionally<Key extends string, T>(
  key: Key,
  value: unknown,
  read: (value: unknown) => T,
): Partial<Record<Key, T>> {
  const found = optional(value, read);
  return found === undefined ? {} : ({ [key]: found } as Partial<Record<Key, T>>);
}
