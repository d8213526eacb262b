import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyIdOf } from '../../dist/wire/public-key.js';
import { MAX_ROOT_BODY_BYTES, originAfter, packRoot, type Role, type Root, unpackRoot } from '../../dist/wire/root.js';
import { decode, encode, uint64 } from './slow-messagepack.js';
import { anyRoot, roleOf, rootOf, testKey } from './trust-samples.js';
import { fromHex, toHex, vectorsOf } from './vectors.js';

interface RootVector {
  readonly what: string;
  readonly root: Omit<Root, 'keys' | 'origin' | 'root'> & {
    readonly keys: readonly string[];
    readonly origin: string | null;
    readonly root: Role | null;
  };
  readonly body: string;
}

const vectors = vectorsOf<{ readonly roots: readonly RootVector[] }>('roots').roots;

function rootFrom({ keys, origin, root, ...rest }: RootVector['root']): Root {
  return { ...rest, keys: keys.map(fromHex), origin: origin ?? undefined, root: root ?? undefined };
}

/** The map as docs/wire-format.md lists it. */
function mapOf(root: Root): Record<string, unknown> {
  const index = (keyId: string) => root.keys.findIndex((key) => keyIdOf(key) === keyId);
  const role = ({ threshold, keyIds }: Role) => [threshold, keyIds.map(index)];
  return {
    f: root.fleet,
    v: root.version,
    a: root.createdS,
    x: root.expiresS,
    ...(root.origin === undefined ? {} : { g: fromHex(root.origin) }),
    k: root.keys,
    ...(root.root === undefined ? {} : { q: role(root.root) }),
    r: role(root.release),
    n: role(root.announce),
  };
}

const sample = rootOf({ numbers: [1, 2, 3], version: 2, origin: '0011223344556677', root: roleOf(2, 1, 2) });
const goodMap = () => decode(packRoot(sample)) as Record<string, unknown>;

describe('a root', () => {
  it.each(vectors)('is packed and read as in the vectors: $what', ({ root, body }) => {
    expect(toHex(packRoot(rootFrom(root)))).toBe(body);
    expect(unpackRoot(fromHex(body))).toEqual(rootFrom(root));
  });

  it('is plain MessagePack that any library reads, whatever it says', () => {
    fc.assert(
      fc.property(anyRoot, (root) => {
        const packed = packRoot(root);
        expect(packed.length).toBeLessThanOrEqual(MAX_ROOT_BODY_BYTES);
        expect(decode(packed)).toEqual(mapOf(root));
        expect(unpackRoot(packed)).toEqual(root);
        expect(unpackRoot(encode(mapOf(root)))).toEqual(root);
      }),
    );
  });

  it('names its keys by the SHA-256 of their SPKI form', () => {
    const { privateKey, id, raw } = testKey(7);
    expect(id).toBe(keyIdOf(privateKey));
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
    expect(id).toBe(createHash('sha256').update(spki).digest('hex').slice(0, 16));
  });

  it('is followed by one that names the digest of version 1 as origin, in all later versions', () => {
    const first = rootOf({ numbers: [1] });
    const body = packRoot(first);
    const origin = createHash('sha256').update(body).digest('hex').slice(0, 16);
    expect(originAfter(first, body)).toBe(origin);
    const second = { ...first, version: 2, origin };
    expect(originAfter(second, packRoot(second))).toBe(origin);
  });
});

describe('the reader of roots', () => {
  it.each([
    ['f', ['f'.repeat(63)], ['', 'f'.repeat(64), 'a\nb', null, 1]],
    ['v', [2, 2 ** 32 - 1, uint64(5n)], [0, 1, 2 ** 32, 1.5, -1, null, '1']],
    ['a', [0, 2 ** 48 - 1], [2 ** 48, -1, null]],
    ['x', [0, 2 ** 48 - 1], [2 ** 48, -1, null]],
    ['g', [new Uint8Array(8)], [null, new Uint8Array(7), 'origin', 0]],
    ['k', [], [null, [], [new Uint8Array(31)], [testKey(1).raw, testKey(1).raw], new Array(33).fill(testKey(1).raw)]],
    [
      'q',
      [null, [1, [0]], [3, [0, 1, 2]], [1, [2], 'later']],
      [[0, [0]], [2, [0]], [1, []], [1, [0, 0]], [1, [3]], [1]],
    ],
    ['r', [[1, [0]]], [null, [0, [0]], [2, [0]], [1, []], [1, [0, 0]], [1, [3]], [1, [-1]], [1, ['0']], [1, 0]]],
    ['n', [[1, [2]]], [null, [0, [0]], [2, [0]], [1, []], [1, [0, 0]], [1, [3]]]],
  ] as const)('knows the bounds of %s', (key, inside, outside) => {
    for (const value of inside) expect(unpackRoot(encode({ ...goodMap(), [key]: value })), `${value}`).toBeDefined();
    for (const value of outside) expect(unpackRoot(encode({ ...goodMap(), [key]: value })), `${value}`).toBeUndefined();
  });

  it('refuses a version 1 with an origin', () => {
    expect(unpackRoot(encode({ ...goodMap(), v: 1 }))).toBeUndefined();
    const { g: _, ...first } = goodMap();
    expect(unpackRoot(encode({ ...first, v: 1 }))).toBeDefined();
  });

  it('ignores keys that later versions may add', () => {
    expect(unpackRoot(encode({ ...goodMap(), zz: [1] }))).toEqual(sample);
  });

  it('refuses every truncation, bytes after the end, and more bytes than a root may have', () => {
    const body = packRoot(sample);
    for (let length = 0; length < body.length; length++) expect(unpackRoot(body.subarray(0, length))).toBeUndefined();
    expect(unpackRoot(Buffer.concat([body, Uint8Array.of(0xc0)]))).toBeUndefined();
    expect(unpackRoot(encode({ ...goodMap(), p: new Uint8Array(MAX_ROOT_BODY_BYTES) }))).toBeUndefined();
  });

  it('reads random bytes and flipped bits without throwing, and never anything out of bounds', () => {
    const body = packRoot(sample);
    const flipped = fc.nat(body.length * 8 - 1).map((bit) => {
      const bytes = Uint8Array.from(body);
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(flipped, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        const found = unpackRoot(bytes);
        // An accepted root is within all bounds: packed again, it is read as the same.
        if (found !== undefined) expect(unpackRoot(packRoot(found))).toEqual(found);
      }),
      { numRuns: 2000 },
    );
  });
});
