import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import type { Descriptor } from '../../dist/wire/descriptor.js';
import { fromHex, vectorsOf } from './vectors.js';

/** A descriptor as JSON has it: bytes in hex, null for what is left open. */
export interface DescriptorText extends Omit<Descriptor, 'sha256' | 'blockRoot' | 'channels' | 'servers' | 'expiresS'> {
  readonly sha256: string;
  readonly blockRoot: string;
  readonly channels: readonly (Omit<Descriptor['channels'][number], 'group'> & { readonly group: string })[];
  readonly servers: readonly (Omit<Descriptor['servers'][number], 'address' | 'channels' | 'publicKey'> & {
    readonly address: string | null;
    readonly channels: readonly number[] | null;
    readonly publicKey?: string;
  })[];
  readonly expiresS: number | null;
}

export interface RecordVector {
  readonly what: string;
  readonly descriptor: DescriptorText;
  readonly body: string;
  /** Kind, number of signatures and id of the key. */
  readonly prefix: string;
  readonly signature: string;
  readonly objectTag: string;
  readonly recordTag: string;
  readonly serverIndex: number;
  readonly channelIndex: number;
  readonly datagrams: readonly string[];
}

const vectors = vectorsOf<{
  readonly privateKeySeed: string;
  readonly publicKey: string;
  readonly records: readonly RecordVector[];
}>('descriptors');

export const recordVectors = vectors.records;
export const privateKey = keyFromSeed(vectors.privateKeySeed);
export const publicKey = createPublicKey(privateKey);
export const publicKeyHex = vectors.publicKey;

export function descriptorOf(text: DescriptorText): Descriptor {
  return {
    ...text,
    sha256: fromHex(text.sha256),
    blockRoot: fromHex(text.blockRoot),
    channels: text.channels.map((channel) => ({ ...channel, group: fromHex(channel.group) })),
    servers: text.servers.map(({ publicKey, ...server }) => ({
      ...server,
      address: server.address === null ? undefined : fromHex(server.address),
      channels: server.channels ?? undefined,
      ...(publicKey === undefined ? {} : { publicKey: fromHex(publicKey) }),
    })),
    expiresS: text.expiresS ?? undefined,
  };
}

/** Any descriptor that the format can hold. */
export const anyDescriptor: fc.Arbitrary<Descriptor> = fc.record(
  {
    fleet: nameOf(63),
    object: nameOf(255),
    version: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
    sizeBytes: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    symbolBytes: fc.integer({ min: 1, max: 65_535 }),
    blockCount: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fecEncodingId: fc.integer({ min: 0, max: 255 }),
    sha256: bytesOf(32),
    blockRoot: bytesOf(32),
    mode: fc.constantFrom('several', 'best'),
    ssm: fc.boolean(),
    channels: anyChannels(),
    servers: fc.array(
      fc.record(
        {
          index: fc.integer({ min: 0, max: 254 }),
          name: nameOf(63),
          address: fc.option(bytesOf(16), { nil: undefined }),
          startRatio: ratio(),
          channels: fc.option(fc.array(fc.integer({ min: 0, max: 31 }), { maxLength: 32 }), { nil: undefined }),
          publicKey: bytesOf(32),
        },
        { requiredKeys: ['index', 'name', 'address', 'startRatio', 'channels'] },
      ),
      { minLength: 1, maxLength: 20 },
    ),
    createdS: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    expiresS: fc.option(fc.integer({ min: 0, max: 2 ** 48 - 1 }), { nil: undefined }),
    announceIntervalUs: fc.integer({ min: 1000, max: 86_400e6 }),
    compatible: fc.array(nameOf(63), { minLength: 1, maxLength: 16 }),
    tree: fc.constant('tar' as const),
    delta: fc.record({
      sizeBytes: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
      blockCount: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      sha256: bytesOf(32),
      blockRoot: bytesOf(32),
      channels: anyChannels(),
    }),
    schedule: fc
      .record({ everyS: fc.integer({ min: 60, max: 366 * 86_400 }), lasts: fc.nat(), from: fc.nat() })
      .map(({ everyS, lasts, from }) => ({ everyS, lastsS: 1 + (lasts % everyS), fromS: from % everyS })),
    encryption: fc.record({ plaintextMac: bytesOf(32), keyCheck: bytesOf(16) }),
  },
  {
    requiredKeys: [
      'fleet',
      'object',
      'version',
      'sizeBytes',
      'symbolBytes',
      'blockCount',
      'fecEncodingId',
      'sha256',
      'blockRoot',
      'mode',
      'ssm',
      'channels',
      'servers',
      'createdS',
      'expiresS',
    ],
  },
);

function anyChannels(): fc.Arbitrary<Descriptor['channels']> {
  return fc.array(
    fc.record({
      group: bytesOf(16).map((bytes) => Uint8Array.from([0xff, ...bytes.subarray(1)])),
      port: fc.integer({ min: 1, max: 65_535 }),
      intervalUs: fc.oneof(
        fc.double({ min: 0.001, max: 86_400e6, noNaN: true }),
        fc.integer({ min: 1, max: 86_400e6 }),
      ),
      startRatio: ratio(),
    }),
    { minLength: 1, maxLength: 32 },
  );
}

export function keyFromSeed(seedHex: string): KeyObject {
  // RFC 8410, section 7: what stands in front of the 32 bytes in PKCS#8.
  const der = Buffer.from(`302e020100300506032b657004220420${seedHex}`, 'hex');
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

export function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

export function nameOf(maxBytes: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: 'binary', minLength: 1, maxLength: maxBytes })
    .filter((text) => Buffer.byteLength(text) <= maxBytes && !/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u.test(text));
}

function ratio(): fc.Arbitrary<number> {
  return fc.oneof(fc.constantFrom(0, 1, 1 / 3), fc.double({ min: 0, max: 1, noNaN: true }));
}
