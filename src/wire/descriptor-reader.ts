import {
  MAX_CHANNELS,
  MAX_CLASSES,
  MAX_NAME_BYTES,
  MAX_OBJECT_NAME_BYTES,
  MAX_PORT,
  MAX_RECORD_BYTES,
  MAX_SERVERS,
  MAX_VERSION,
} from '../base/limits.js';
import {
  type ChannelDescription,
  type DeltaDescription,
  type Descriptor,
  type Encryption,
  MAX_ANNOUNCE_INTERVAL_US,
  MIN_ANNOUNCE_INTERVAL_US,
  type ServerDescription,
  TAR,
} from './descriptor.js';
import {
  type FieldMap,
  readBinary,
  readList,
  readMap,
  readName,
  readOptional,
  readReal,
  readWhole,
  Unreadable,
} from './map-fields.js';
import { MAX_EVERY_S, MIN_EVERY_S, type SendingWindows } from './sending-windows.js';

/**
 * Reads a descriptor that `packDescriptor` wrote. The input may be anything: every field is checked for type and range. Unknown keys are
 * ignored, unless a capital letter at their beginning makes them critical; then `needs` lists them. Returns undefined if the input is no
 * descriptor. Strings and bytes are copies.
 */
export function unpackDescriptor(bytes: Uint8Array): Descriptor | undefined {
  return readMap(bytes, MAX_RECORD_BYTES, readDescriptor);
}

function readDescriptor(map: FieldMap): Descriptor {
  return {
    fleet: readName(map.f, MAX_NAME_BYTES),
    object: readName(map.o, MAX_OBJECT_NAME_BYTES),
    version: readWhole(map.v, 1, MAX_VERSION),
    sizeBytes: readWhole(map.n, 0, 2 ** 48 - 1),
    symbolBytes: readWhole(map.t, 1, 2 ** 16 - 1),
    blockCount: readWhole(map.z, 0, 2 ** 32 - 1),
    fecEncodingId: readWhole(map.e, 0, 255),
    sha256: readBinary(map.h, 32),
    blockRoot: readBinary(map.b, 32),
    mode: readWhole(map.m, 0, 1) === 0 ? 'several' : 'best',
    ssm: truth(map.s),
    channels: readChannels(map.c),
    servers: readList(map.d, 1, MAX_SERVERS).map(readServer),
    createdS: readWhole(map.a, 0, 2 ** 48 - 1),
    expiresS: readOptional(map.x, (expires) => readWhole(expires, 0, 2 ** 48 - 1)),
    ...optionally('announceIntervalUs', map.i, (interval) =>
      readWhole(interval, MIN_ANNOUNCE_INTERVAL_US, MAX_ANNOUNCE_INTERVAL_US),
    ),
    ...optionally('compatible', map.C, (classes) =>
      readList(classes, 1, MAX_CLASSES).map((one) => readName(one, MAX_NAME_BYTES)),
    ),
    ...(map.T === TAR ? { tree: 'tar' as const } : {}),
    ...optionally('delta', map.p, readDelta),
    ...optionally('encryption', map.P, readEncryption),
    ...optionally('schedule', map.w, readWindows),
    ...needsOf(map),
  };
}

/** Keys that begin with a capital letter are critical, as the names of chunks in PNG are (ISO/IEC 15948, section 5.4). */
const CRITICAL = /^[A-Z]/;

/** The critical keys that this program knows, whatever they say. */
const KNOWN_CRITICAL: readonly string[] = ['C', 'P'];

/** The critical keys that this program does not know. */
function needsOf(map: FieldMap): { readonly needs?: readonly string[] } {
  // A tree in another format is as unknown as an unknown key.
  const isKnown = (key: string) => KNOWN_CRITICAL.includes(key) || (key === 'T' && map.T === TAR);
  const needs = Object.keys(map).filter((key) => CRITICAL.test(key) && !isKnown(key));
  return needs.length === 0 ? {} : { needs };
}

function readDelta(value: unknown): DeltaDescription {
  const [sizeBytes, blockCount, sha256, blockRoot, channels] = readList(value, 5, 255);
  return {
    sizeBytes: readWhole(sizeBytes, 1, 2 ** 48 - 1),
    blockCount: readWhole(blockCount, 1, 2 ** 32 - 1),
    sha256: readBinary(sha256, 32),
    blockRoot: readBinary(blockRoot, 32),
    channels: readChannels(channels),
  };
}

function readWindows(value: unknown): SendingWindows {
  const [every, lasts, from] = readList(value, 3, 255);
  const everyS = readWhole(every, MIN_EVERY_S, MAX_EVERY_S);
  return { everyS, lastsS: readWhole(lasts, 1, everyS), fromS: readWhole(from, 0, everyS - 1) };
}

function readChannels(value: unknown): readonly ChannelDescription[] {
  return readList(value, 1, MAX_CHANNELS).map(readChannel);
}

function readEncryption(value: unknown): Encryption {
  const [plaintextMac, keyCheck] = readList(value, 2, 255);
  return { plaintextMac: readBinary(plaintextMac, 32), keyCheck: readBinary(keyCheck, 16) };
}

function readChannel(value: unknown): ChannelDescription {
  const [group, port, intervalUs, startRatio] = readList(value, 4, 255);
  const address = readBinary(group, 16);
  if (address[0] !== 0xff) throw new Unreadable();
  return {
    group: address,
    port: readWhole(port, 1, MAX_PORT),
    // The slowest channel allowed sends one datagram a day; with a nanosecond between two it is faster than any link.
    intervalUs: readReal(intervalUs, 0.001, 86_400e6),
    startRatio: readReal(startRatio, 0, 1),
  };
}

function readServer(value: unknown): ServerDescription {
  const [index, serverName, address, startRatio, channels, publicKey] = readList(value, 5, 255);
  return {
    index: readWhole(index, 0, MAX_SERVERS - 1),
    name: readName(serverName, MAX_NAME_BYTES),
    address: readOptional(address, (bytes) => readBinary(bytes, 16)),
    startRatio: readReal(startRatio, 0, 1),
    channels: readOptional(channels, (indexes) =>
      readList(indexes, 0, MAX_CHANNELS).map((channel) => readWhole(channel, 0, MAX_CHANNELS - 1)),
    ),
    ...optionally('publicKey', publicKey, (bytes) => readBinary(bytes, 32)),
  };
}

function truth(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Unreadable();
  return value;
}

/** An object with this property, or without it if the value is undefined. */
function optionally<Key extends string, T>(
  key: Key,
  value: unknown,
  read: (value: unknown) => T,
): Partial<Record<Key, T>> {
  const found = readOptional(value, read);
  return found === undefined ? {} : ({ [key]: found } as Partial<Record<Key, T>>);
}
