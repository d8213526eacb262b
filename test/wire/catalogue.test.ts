import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Catalogue,
  descriptorDigest,
  MAX_CATALOGUE_BODY_BYTES,
  packCatalogue,
  unpackCatalogue,
} from '../../dist/wire/catalogue.js';
import { decode, encode } from './slow-messagepack.js';
import { anyCatalogue } from './trust-samples.js';
import { fromHex, toHex, vectorsOf } from './vectors.js';

interface CatalogueVector {
  readonly what: string;
  readonly catalogue: Omit<Catalogue, 'entries'> & {
    readonly entries: readonly { readonly object: string; readonly version: number; readonly digest: string }[];
  };
  readonly body: string;
}

const vectors = vectorsOf<{ readonly catalogues: readonly CatalogueVector[] }>('roots').catalogues;

function catalogueFrom({ entries, ...rest }: CatalogueVector['catalogue']): Catalogue {
  return { ...rest, entries: entries.map((entry) => ({ ...entry, digest: fromHex(entry.digest) })) };
}

/** The map as docs/wire-format.md lists it. */
function mapOf({ entries, ...rest }: Catalogue): Record<string, unknown> {
  return {
    f: rest.fleet,
    s: rest.serverIndex,
    v: rest.version,
    w: rest.rootVersion,
    a: rest.createdS,
    x: rest.expiresS,
    p: [rest.part, rest.partCount],
    c: entries.map(({ object, version, digest }) => [object, version, digest]),
  };
}

const digest = new Uint8Array(32).fill(7);
const sample: Catalogue = {
  fleet: 'acme',
  serverIndex: 254,
  version: 5,
  rootVersion: 2,
  createdS: 1000,
  expiresS: 2000,
  part: 1,
  partCount: 3,
  entries: [
    { object: 'firmware', version: 3, digest },
    { object: 'maps', version: 9, digest },
  ],
};
const goodMap = () => mapOf(sample);

describe('a catalogue', () => {
  it.each(vectors)('is packed and read as in the vectors: $what', ({ catalogue, body }) => {
    expect(toHex(packCatalogue(catalogueFrom(catalogue)))).toBe(body);
    expect(unpackCatalogue(fromHex(body))).toEqual(catalogueFrom(catalogue));
  });

  it('is plain MessagePack that any library reads, whatever it says', () => {
    fc.assert(
      fc.property(anyCatalogue, (catalogue) => {
        const packed = packCatalogue(catalogue);
        expect(decode(packed)).toEqual(mapOf(catalogue));
        expect(unpackCatalogue(packed)).toEqual(catalogue);
        expect(unpackCatalogue(encode(mapOf(catalogue)))).toEqual(catalogue);
      }),
    );
  });

  it('names a descriptor by the SHA-256 of its signed bytes', () => {
    expect(descriptorDigest(Buffer.from('body'))).toEqual(createHash('sha256').update('body').digest());
  });
});

describe('the reader of catalogues', () => {
  it.each([
    ['f', ['f'.repeat(63)], ['', 'f'.repeat(64), 'a\nb', null, 1]],
    ['s', [0, 254], [255, -1, null]],
    ['v', [1, 2 ** 48 - 1], [0, 2 ** 48, 1.5, null, '1']],
    ['w', [0, 2 ** 32 - 1], [2 ** 32, -1, null]],
    ['a', [0, 2 ** 48 - 1], [2 ** 48, -1, null]],
    ['x', [0, 2 ** 48 - 1], [2 ** 48, -1, null]],
    [
      'p',
      [
        [0, 1],
        [63, 64],
        [0, 1, 'later'],
      ],
      [null, [], [1], [1, 1], [0, 0], [0, 65], [-1, 1]],
    ],
    [
      'c',
      [
        [],
        [
          ['a', 1, digest],
          ['b', 1, digest],
        ],
        [['a', 1, digest, 'later']],
      ],
      [
        null,
        [
          ['b', 1, digest],
          ['a', 1, digest],
        ],
        [
          ['a', 1, digest],
          ['a', 2, digest],
        ],
        [['a', 0, digest]],
        [['a', 1, digest.subarray(1)]],
        [['', 1, digest]],
        [['a', 1]],
        [null],
      ],
    ],
  ] as const)('knows the bounds of %s', (key, inside, outside) => {
    const read = (value: unknown) => unpackCatalogue(encode({ ...goodMap(), [key]: value }));
    for (const value of inside) expect(read(value), JSON.stringify(value)).toBeDefined();
    for (const value of outside) expect(read(value), JSON.stringify(value)).toBeUndefined();
  });

  it('orders names by their UTF-8 bytes, not by their UTF-16 units', () => {
    const inOrder = [
      ['\uff5e', 1, digest],
      ['\u{1f600}', 1, digest],
    ];
    expect(unpackCatalogue(encode({ ...goodMap(), c: inOrder }))).toBeDefined();
    expect(unpackCatalogue(encode({ ...goodMap(), c: inOrder.toReversed() }))).toBeUndefined();
  });

  it('refuses every truncation, bytes after the end, and more bytes than a part may have', () => {
    const body = packCatalogue(sample);
    for (let length = 0; length < body.length; length++) {
      expect(unpackCatalogue(body.subarray(0, length)), `${length} bytes`).toBeUndefined();
    }
    expect(unpackCatalogue(Buffer.concat([body, Uint8Array.of(0xc0)]))).toBeUndefined();
    expect(unpackCatalogue(encode({ ...goodMap(), q: new Uint8Array(MAX_CATALOGUE_BODY_BYTES) }))).toBeUndefined();
  });

  it('reads random bytes and flipped bits without throwing, and never anything out of bounds', () => {
    const body = packCatalogue(sample);
    const flipped = fc.nat(body.length * 8 - 1).map((bit) => {
      const bytes = Uint8Array.from(body);
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(flipped, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        const found = unpackCatalogue(bytes);
        if (found !== undefined) expect(unpackCatalogue(packCatalogue(found))).toEqual(found);
      }),
      { numRuns: 2000 },
    );
  });
});
