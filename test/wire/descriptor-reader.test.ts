import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RECORD_BYTES } from '../../dist/base/limits.js';
import { packDescriptor } from '../../dist/wire/descriptor.js';
import { unpackDescriptor } from '../../dist/wire/descriptor-reader.js';
import { openRecord, signatureBytes, signRecord } from '../../dist/wire/signature.js';
import { anyDescriptor, descriptorOf, privateKey, publicKey, recordVectors } from './descriptor-samples.js';
import { decode, encode, encodeMap, float64, int64, Raw, uint64 } from './slow-messagepack.js';
import { fromHex } from './vectors.js';

const body = fromHex(recordVectors.at(-1)!.body);
const descriptor = descriptorOf(recordVectors.at(-1)!.descriptor);

/** A new copy of a valid map, which a test may change. */
function goodMap(): Record<string, unknown> & { c: unknown[][]; d: unknown[][] } {
  return decode(body) as Record<string, unknown> & { c: unknown[][]; d: unknown[][] };
}

/** Values of every type of MessagePack, and numbers at the limits. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  float64(Number.NaN),
  float64(Number.POSITIVE_INFINITY),
  2 ** 48,
  uint64(2n ** 64n - 1n),
  int64(-(2n ** 63n)),
  '',
  'text',
  new Uint8Array(0),
  new Uint8Array(31),
  new Uint8Array(33),
  [],
  [[]],
  {},
  { length: 32 },
  new Raw(0xd6, 0xff, 0, 0, 0, 1),
  new Raw(0xc7, 1, 0x65, 0x93),
];

/** For each key, the values among these that are valid for it. */
const ALLOWED: Readonly<Record<string, readonly unknown[]>> = {
  f: ['text'],
  o: ['text'],
  v: [],
  n: [],
  t: [],
  z: [],
  e: [],
  h: [],
  b: [],
  m: [],
  s: [true],
  c: [],
  d: [],
  a: [],
  x: [null],
  i: [null],
  C: [null],
  p: [null],
};

/** Keys that a map may lack. */
const OPTIONAL = ['x', 'i', 'C', 'p'];

describe('the reader of descriptors', () => {
  it.each(Object.keys(ALLOWED))('refuses a map whose %s is of another type or out of range', (key) => {
    for (const value of STRANGE) {
      const map = { ...goodMap(), [key]: value };
      const found = unpackDescriptor(encode(map));
      if (ALLOWED[key]!.includes(value)) expect(found, `${key} = ${String(value)}`).toBeDefined();
      else expect(found, `${key} = ${JSON.stringify(value)}`).toBeUndefined();
    }
  });

  it.each(Object.keys(ALLOWED).filter((key) => !OPTIONAL.includes(key)))('refuses a map without %s', (key) => {
    const { [key]: _left, ...rest } = goodMap();
    expect(unpackDescriptor(encode(rest))).toBeUndefined();
  });

  it('accepts a map without x: the descriptor never expires', () => {
    const { x: _left, ...rest } = goodMap();
    expect(unpackDescriptor(encode(rest))).toEqual({ ...descriptor, expiresS: undefined });
  });

  it('accepts a map without i, as earlier servers write it: the announcement interval is then unknown', () => {
    expect(unpackDescriptor(encode(goodMap()))).not.toHaveProperty('announceIntervalUs');
    const announced = { ...goodMap(), i: 60e6 };
    expect(unpackDescriptor(encode(announced))).toEqual({ ...descriptor, announceIntervalUs: 60e6 });
  });

  it('knows the bounds of a schedule: a window fits between the beginnings of two', () => {
    const withWindows = (...w: unknown[]) => unpackDescriptor(encode({ ...goodMap(), w }));
    expect(withWindows(86_400, 3600, 7200)?.schedule).toEqual({ everyS: 86_400, lastsS: 3600, fromS: 7200 });
    expect(withWindows(60, 60, 59, 'what later versions add')?.schedule?.lastsS).toBe(60);
    for (const wrong of [
      [59, 1, 0],
      [60, 61, 0],
      [60, 0, 0],
      [60, 1, 60],
      [366 * 86_400 + 1, 1, 0],
      [60, 1],
    ]) {
      expect(withWindows(...wrong), `${wrong}`).toBeUndefined();
    }
  });

  it.each([
    ['v', [1, 2 ** 48 - 1], [0, 2 ** 48]],
    ['n', [0, 2 ** 48 - 1], [-1, 2 ** 48, 0.5]],
    ['t', [1, 65_535], [0, 65_536]],
    ['z', [0, 2 ** 32 - 1], [2 ** 32]],
    ['e', [0, 255], [256]],
    ['m', [0, 1], [2]],
    ['a', [0, 2 ** 48 - 1], [2 ** 48]],
    ['x', [0, 2 ** 48 - 1], [2 ** 48, -1]],
    ['i', [1000, 86_400e6], [999, 86_400e6 + 1, 1000.5]],
    ['f', ['f'.repeat(63), 'ü'.repeat(31)], ['f'.repeat(64), 'ü'.repeat(32)]],
    ['o', ['o'.repeat(255), '../a b/ö'], ['o'.repeat(256), 'a\nb', 'a\u001b[2J', 'a\u0085']],
  ] as const)('knows the bounds of %s', (key, inside, outside) => {
    for (const value of inside) {
      expect(unpackDescriptor(encode({ ...goodMap(), [key]: value })), `${key} = ${value}`).toBeDefined();
    }
    for (const value of outside) {
      expect(unpackDescriptor(encode({ ...goodMap(), [key]: value })), `${key} = ${value}`).toBeUndefined();
    }
  });

  const group = new Uint8Array(16).fill(0xff);
  it.each([
    ['c', 0, [group], [new Uint8Array(16), group.subarray(1), 'ff15::1', null]],
    ['c', 1, [1, 65_535], [0, 65_536, 1.5, '4242']],
    ['c', 2, [0.001, 86_400e6, 7], [0, 0.0009, 86_400e6 + 1, -1, float64(Number.NaN), null]],
    ['c', 3, [0, 1, 0.5], [-0.1, 1.01, float64(Number.POSITIVE_INFINITY), null]],
    ['d', 0, [0, 254], [255, -1, 0.5, null]],
    ['d', 1, ['s'.repeat(63)], ['s'.repeat(64), '', 'a\u0000', null]],
    ['d', 2, [null, group], [group.subarray(1), 'fd00::1', 0]],
    ['d', 3, [0, 1], [-0.1, 1.01, null]],
    ['d', 5, [null, new Uint8Array(32)], [new Uint8Array(31), 'key', 0]],
    ['d', 4, [null, [], [31, 0]], [[32], [-1], [0.5], ['0'], new Array(33).fill(0), 0]],
  ] as const)('knows the bounds of field %s[…][%i] of a channel or server', (key, field, inside, outside) => {
    const spoilt = (value: unknown) => {
      const map = goodMap();
      map[key][map[key].length - 1]![field] = value;
      return unpackDescriptor(encode(map));
    };
    for (const value of inside) expect(spoilt(value), String(value)).toBeDefined();
    for (const value of outside) expect(spoilt(value), String(value)).toBeUndefined();
  });

  it('knows the bounds of the classes of devices', () => {
    const read = (classes: unknown) => unpackDescriptor(encode({ ...goodMap(), C: classes }));
    expect(read(['acme/gateway-2'])).toMatchObject({ compatible: ['acme/gateway-2'] });
    expect(read(['c'.repeat(63), ...new Array(15).fill('c')])).toBeDefined();
    for (const wrong of [[], ['c'.repeat(64)], [''], [1], ['a\nb'], new Array(17).fill('c'), 'c', { c: 1 }]) {
      expect(read(wrong), JSON.stringify(wrong)).toBeUndefined();
    }
  });

  it('knows the form of an encryption', () => {
    const read = (encryption: unknown) => unpackDescriptor(encode({ ...goodMap(), P: encryption }));
    const [mac, check] = [new Uint8Array(32).fill(1), new Uint8Array(16).fill(2)];
    expect(read([mac, check, 'more'])).toMatchObject({ encryption: { plaintextMac: mac, keyCheck: check } });
    for (const wrong of [
      [],
      [mac],
      [check, mac],
      [mac.subarray(1), check],
      [mac, new Uint8Array(17)],
      [mac, null],
      mac,
    ]) {
      expect(read(wrong), JSON.stringify(wrong)).toBeUndefined();
    }
  });

  it('refuses too many or no channels and servers, and those without a field', () => {
    const { c, d } = goodMap();
    for (const map of [
      { c: [] },
      { c: [...c, c[0]] },
      { c: [c[0]!.slice(0, 3)] },
      { c: [null] },
      { d: [] },
      { d: new Array(256).fill(d[0]) },
      { d: [d[0]!.slice(0, 4)] },
      { d: [{}] },
    ]) {
      expect(unpackDescriptor(encode({ ...goodMap(), ...map }))).toBeUndefined();
    }
  });

  it('ignores keys and fields that later versions may add', () => {
    const { c, d, ...rest } = goodMap();
    const later = {
      ...rest,
      c: c.map((channel) => [...channel, 'later', [1]]),
      d: d.map((server) => [...server, ...new Array(6 - server.length).fill(null), 'later']),
      zz: { deep: [1] },
    };
    expect(unpackDescriptor(encode(later))).toEqual(descriptor);
  });

  it('names critical keys that it does not know, which begin with a capital letter, and reads the rest', () => {
    expect(unpackDescriptor(encode({ ...goodMap(), Q: 1, Zoo: null, q: 2 }))).toEqual({
      ...descriptor,
      needs: ['Q', 'Zoo'],
    });
    expect(unpackDescriptor(encode({ ...goodMap(), É: 1 }))).toEqual(descriptor);
  });

  it('knows one format of trees, and names the key of another as unknown', () => {
    expect(unpackDescriptor(encode({ ...goodMap(), T: 1 }))).toEqual({ ...descriptor, tree: 'tar' });
    for (const T of [2, 0, null, 'tar', [1]]) {
      expect(unpackDescriptor(encode({ ...goodMap(), T }))).toEqual({ ...descriptor, needs: ['T'] });
    }
  });

  it('accepts whole numbers in any of their MessagePack forms', () => {
    const { version, sizeBytes, symbolBytes } = descriptor;
    const rewritten = encode({
      ...goodMap(),
      v: uint64(BigInt(version)),
      n: int64(BigInt(sizeBytes)),
      t: float64(symbolBytes),
    });
    expect(unpackDescriptor(rewritten)).toEqual(descriptor);
  });

  it('ignores keys that have a meaning in JavaScript', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      const entries = Object.entries(goodMap());
      expect(unpackDescriptor(encodeMap([[key, { f: 'evil' }], ...entries]))).toEqual(descriptor);
      expect(unpackDescriptor(encodeMap([[key, goodMap()]]))).toBeUndefined();
    }
  });

  it('returns copies: the next datagram in the same buffer changes nothing', () => {
    const buffer = Uint8Array.from(body);
    const found = unpackDescriptor(buffer);
    buffer.fill(0);
    expect(found).toEqual(descriptor);
  });
});

describe('what is no descriptor', () => {
  it('is every truncation of one, and one with bytes after its end', () => {
    for (let length = 0; length < body.length; length++) {
      expect(unpackDescriptor(body.subarray(0, length)), `${length} bytes`).toBeUndefined();
    }
    expect(unpackDescriptor(Buffer.concat([body, Uint8Array.of(0xc0)]))).toBeUndefined();
  });

  it('never throws, whatever bit is flipped, and never passes the signature', () => {
    const small = fromHex(recordVectors[0]!.body);
    const record = signRecord(small, privateKey);
    expect(openRecord(record, publicKey)).toEqual(Buffer.from(small));
    for (let bit = 0; bit < record.length * 8; bit++) {
      const damaged = Uint8Array.from(record);
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      expect(openRecord(damaged, publicKey), `bit ${bit}`).toBeUndefined();
      expect(() => unpackDescriptor(damaged.subarray(signatureBytes())), `bit ${bit}`).not.toThrow();
    }
  });

  it('is random bytes, whatever they begin with', () => {
    const beginning = fc.constantFrom([], [0x8f], [0xde, 0, 15], [0xdf, 255, 255, 255, 255], [0xc7, 20], [0xd4, 0x72]);
    fc.assert(
      fc.property(beginning, fc.uint8Array({ maxLength: 300 }), (first, rest) => {
        expect(unpackDescriptor(Uint8Array.from([...first, ...rest]))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('is any value that is no map', () => {
    for (const value of [...STRANGE, [goodMap()], 'f']) expect(unpackDescriptor(encode(value))).toBeUndefined();
  });

  it('is a valid map in more bytes than a record may have', () => {
    const padded = encode({ ...goodMap(), unknown: new Uint8Array(MAX_RECORD_BYTES) });
    expect(unpackDescriptor(padded)).toBeUndefined();
  });

  it.each([
    ['arrays', Uint8Array.of(0x91)],
    ['long arrays', Uint8Array.of(0xdd, 0, 0, 0, 1)],
    ['maps', Uint8Array.of(0x81, 0xa1, 0x66)],
  ])('is deep nesting of %s', (_what, level) => {
    const nest = Buffer.concat(new Array(Math.floor(MAX_RECORD_BYTES / level.length)).fill(level));
    expect(unpackDescriptor(nest)).toBeUndefined();
    const inGoodMap = encode({ ...goodMap(), f: new Raw(...nest.subarray(0, 30_000)) });
    expect(unpackDescriptor(inGoodMap)).toBeUndefined();
  });

  it.each([
    ['array', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['array within reach of memory', [0xdd, 0x01, 0xff, 0xff, 0xff]],
    ['array of 64 Ki', [0xdc, 0xff, 0xff]],
    ['map', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['text', [0xdb, 0x7f, 0xff, 0xff, 0xff]],
    ['binary', [0xc6, 0x7f, 0xff, 0xff, 0xff]],
    ['extension', [0xc9, 0x7f, 0xff, 0xff, 0xff, 0x74]],
  ])('is an %s that announces more than there is, once or nested, and takes no memory for it', (_what, announced) => {
    const before = process.memoryUsage();
    for (let times = 1; times * announced.length <= MAX_RECORD_BYTES; times *= 4) {
      const nest = Buffer.concat(new Array(times).fill(Uint8Array.from(announced)));
      expect(unpackDescriptor(nest)).toBeUndefined();
      expect(
        unpackDescriptor(Buffer.concat([Uint8Array.of(0x81, 0xa1, 0x63), nest]).subarray(0, 32_000)),
      ).toBeUndefined();
    }
    const after = process.memoryUsage();
    const grownBytes = after.heapTotal + after.arrayBuffers - before.heapTotal - before.arrayBuffers;
    expect(grownBytes).toBeLessThan(64 * 2 ** 20);
  });

  it('is what spoiling a few bytes of any descriptor makes, or else another descriptor: nothing in between', () => {
    const spoiling = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(anyDescriptor, spoiling, (good, changes) => {
        const bytes = Uint8Array.from(packDescriptor(good));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const found = unpackDescriptor(bytes);
        // An accepted descriptor is within all bounds: packed again, it is read as the same.
        if (found === undefined) return;
        const { needs: _lost, ...known } = found;
        expect(unpackDescriptor(packDescriptor(found))).toEqual(known);
      }),
      { numRuns: 500 },
    );
  });
});
