import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RECORD_BYTES } from '../../dist/base/limits.js';
import { type Descriptor, objectTag, packDescriptor } from '../../dist/wire/descriptor.js';
import { unpackDescriptor } from '../../dist/wire/descriptor-reader.js';
import { MAX_SIGNATURES, signatureBytes } from '../../dist/wire/signature.js';
import { anyDescriptor, descriptorOf, recordVectors } from './descriptor-samples.js';
import { decode, encode } from './slow-messagepack.js';
import { fromHex, toHex, vectorsOf } from './vectors.js';

const tagVectors =
  vectorsOf<readonly (Record<string, string | number> & { what: string; input: string; tag: string })[]>('object-tags');

const sample = descriptorOf(recordVectors[0]!.descriptor);

/** The map as docs/wire-format.md lists it. */
function mapOf(descriptor: Descriptor): Record<string, unknown> {
  return {
    f: descriptor.fleet,
    o: descriptor.object,
    v: descriptor.version,
    n: descriptor.sizeBytes,
    t: descriptor.symbolBytes,
    z: descriptor.blockCount,
    e: descriptor.fecEncodingId,
    h: descriptor.sha256,
    b: descriptor.blockRoot,
    m: { several: 0, best: 1 }[descriptor.mode],
    s: descriptor.ssm,
    c: descriptor.channels.map(({ group, port, intervalUs, startRatio }) => [group, port, intervalUs, startRatio]),
    d: descriptor.servers.map((server) => [
      server.index,
      server.name,
      server.address ?? null,
      server.startRatio,
      server.channels ?? null,
      ...(server.publicKey === undefined ? [] : [server.publicKey]),
    ]),
    a: descriptor.createdS,
    x: descriptor.expiresS ?? null,
    ...(descriptor.compatible === undefined ? {} : { C: descriptor.compatible }),
    ...(descriptor.tree === undefined ? {} : { T: 1 }),
    ...(descriptor.encryption === undefined
      ? {}
      : { P: [descriptor.encryption.plaintextMac, descriptor.encryption.keyCheck] }),
    ...(descriptor.announceIntervalUs === undefined ? {} : { i: descriptor.announceIntervalUs }),
    ...(descriptor.delta === undefined ? {} : { p: deltaOf(descriptor.delta) }),
    ...(descriptor.schedule === undefined
      ? {}
      : { w: [descriptor.schedule.everyS, descriptor.schedule.lastsS, descriptor.schedule.fromS] }),
  };
}

function deltaOf({ sizeBytes, blockCount, sha256, blockRoot, channels }: NonNullable<Descriptor['delta']>) {
  const packed = channels.map(({ group, port, intervalUs, startRatio }) => [group, port, intervalUs, startRatio]);
  return [sizeBytes, blockCount, sha256, blockRoot, packed];
}

describe('a descriptor', () => {
  it.each(recordVectors)('is packed and read as in the vectors: $what', ({ descriptor, body }) => {
    expect(toHex(packDescriptor(descriptorOf(descriptor)))).toBe(body);
    expect(unpackDescriptor(fromHex(body))).toEqual(descriptorOf(descriptor));
  });

  it('is plain MessagePack that any library reads, whatever it says', () => {
    fc.assert(
      fc.property(anyDescriptor, (descriptor) => {
        const packed = packDescriptor(descriptor);
        expect(decode(packed)).toEqual(mapOf(descriptor));
        expect(unpackDescriptor(packed)).toEqual(descriptor);
        expect(unpackDescriptor(encode(mapOf(descriptor)))).toEqual(descriptor);
      }),
    );
  });

  it('of the longest ladder and the most servers, with all their names and lists, fits a record', () => {
    const ones = new Uint8Array(16).fill(0xff);
    const longest: Descriptor = {
      ...sample,
      fleet: 'f'.repeat(63),
      object: 'o'.repeat(255),
      version: 2 ** 48 - 1,
      sizeBytes: 2 ** 48 - 1,
      blockCount: 2 ** 32 - 1,
      channels: Array.from({ length: 32 }, () => ({ group: ones, port: 65_535, intervalUs: 1 / 3, startRatio: 1 / 3 })),
      servers: Array.from({ length: 255 }, (_, index) => ({
        index,
        name: 's'.repeat(63),
        address: ones,
        startRatio: 1 / 3,
        channels: Array.from({ length: 32 }, (_, channel) => channel),
        publicKey: new Uint8Array(32).fill(index),
      })),
      createdS: 2 ** 48 - 1,
      expiresS: 2 ** 48 - 1,
      announceIntervalUs: 86_400e6,
      schedule: { everyS: 366 * 86_400, lastsS: 365 * 86_400, fromS: 364 * 86_400 },
      delta: {
        sizeBytes: 2 ** 48 - 1,
        blockCount: 2 ** 32 - 1,
        sha256: sample.sha256,
        blockRoot: sample.blockRoot,
        channels: Array.from({ length: 32 }, () => ({
          group: ones,
          port: 65_535,
          intervalUs: 1 / 3,
          startRatio: 1 / 3,
        })),
      },
    };
    const packed = packDescriptor(longest);
    // docs/wire-format.md and src/wire/descriptor.ts name this number.
    expect(packed.length + signatureBytes()).toBe(44_919);
    expect(packed.length + signatureBytes(MAX_SIGNATURES)).toBeLessThanOrEqual(MAX_RECORD_BYTES);
    expect(unpackDescriptor(packed)).toEqual(longest);
  });
});

describe("an object's tag", () => {
  it.each(tagVectors)('is as in the vectors: $what', ({ what: _what, input, tag, ...fields }) => {
    const descriptor = { ...sample, ...fields, sha256: fromHex(String(fields.sha256)) };
    expect(toHex(objectTag(descriptor))).toBe(tag);
    expect(createHash('sha256').update(fromHex(input)).digest('hex').slice(0, 16)).toBe(tag);
  });

  it.each([
    ['fleet', 'lab2'],
    ['object', 'firmware2'],
    ['version', sample.version + 1],
    ['sizeBytes', 4],
    ['symbolBytes', 1168],
    ['blockCount', 2],
    ['fecEncodingId', 6],
    ['sha256', new Uint8Array(32)],
  ])('is another when %s is', (field, value) => {
    expect(toHex(objectTag({ ...sample, [field]: value }))).not.toBe(toHex(objectTag(sample)));
  });

  it('is the same wherever and whenever the object is announced', () => {
    const elsewhere: Descriptor = {
      ...sample,
      mode: 'best',
      ssm: true,
      channels: [...sample.channels, ...sample.channels],
      servers: [{ ...sample.servers[0]!, name: 'two', index: 7 }],
      createdS: sample.createdS + 1,
      expiresS: sample.createdS + 2,
      blockRoot: new Uint8Array(32),
    };
    expect(toHex(objectTag(elsewhere))).toBe(toHex(objectTag(sample)));
  });
});
