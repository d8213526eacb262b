/**
 * MessagePack by the book, one format a line, for values as `decode` returns them: to say what a descriptor's bytes must be,
 * and to make such as our own writer never would. Integers of 2^32 and more are float 64, as docs/wire-format.md has it.
 */
export function encode(value: unknown): Uint8Array {
  if (value === null) return Uint8Array.of(0xc0);
  if (typeof value === 'boolean') return Uint8Array.of(value ? 0xc3 : 0xc2);
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'string') {
    const utf8 = Buffer.from(value);
    const short = utf8.length < 32 ? Uint8Array.of(0xa0 + utf8.length) : undefined;
    return Buffer.concat([short ?? lengthOf(utf8.length, [0xd9, 0xda, 0xdb]), utf8]);
  }
  if (value instanceof Uint8Array) return Buffer.concat([lengthOf(value.length, [0xc4, 0xc5, 0xc6]), value]);
  if (value instanceof Raw) return value.bytes;
  if (Array.isArray(value)) {
    const first = value.length < 16 ? Uint8Array.of(0x90 + value.length) : lengthOf(value.length, [0, 0xdc, 0xdd]);
    return Buffer.concat([first, ...value.map(encode)]);
  }
  return encodeMap(Object.entries(value as object));
}

/** A map whose keys may be anything, also twice the same. */
export function encodeMap(entries: readonly (readonly [unknown, unknown])[]): Uint8Array {
  const first = entries.length < 16 ? Uint8Array.of(0x80 + entries.length) : lengthOf(entries.length, [0, 0xde, 0xdf]);
  return Buffer.concat([first, ...entries.flatMap(([key, value]) => [encode(key), encode(value)])]);
}

/** Bytes that stand for a value as they are. */
export class Raw {
  readonly bytes: Uint8Array;

  constructor(...bytes: readonly number[]) {
    this.bytes = Uint8Array.from(bytes);
  }
}

export function uint64(value: bigint): Raw {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return new Raw(0xcf, ...bytes);
}

/** Signed, as some writers make all their integers. */
export function int64(value: bigint): Raw {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return new Raw(0xd3, ...bytes);
}

export function float64(value: number): Raw {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return new Raw(0xcb, ...bytes);
}

/** Reads what `encode` writes; throws at anything else, at trailing bytes too. */
export function decode(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (reader.left !== 0) throw new Error(`${reader.left} bytes too many`);
  return value;
}

function encodeNumber(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) return float64(value).bytes;
  if (value < 128) return Uint8Array.of(value);
  return lengthOf(value, [0xcc, 0xcd, 0xce]);
}

/** A first byte for one, two or four bytes, and the number in as few of them as there is a first byte (not 0) for. */
function lengthOf(value: number, [one, two, four]: readonly [number, number, number]): Uint8Array {
  if (value < 256 && one !== 0) return Uint8Array.of(one, value);
  if (value < 65_536) return Uint8Array.of(two, value >>> 8, value);
  return Uint8Array.of(four, value >>> 24, value >>> 16, value >>> 8, value);
}

class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#view.byteLength - this.#at;
  }

  value(): unknown {
    const first = this.#number(1);
    if (first < 0x80) return first;
    if (first < 0x90) return this.#map(first - 0x80);
    if (first < 0xa0) return this.#array(first - 0x90);
    if (first < 0xc0) return this.#text(first - 0xa0);
    if (first === 0xc0) return null;
    if (first === 0xc2 || first === 0xc3) return first === 0xc3;
    if (first >= 0xc4 && first <= 0xc6) return this.#bytes(this.#number(2 ** (first - 0xc4)));
    if (first === 0xcb) return this.#view.getFloat64(this.#skip(8));
    if (first >= 0xcc && first <= 0xce) return this.#number(2 ** (first - 0xcc));
    if (first >= 0xd9 && first <= 0xdb) return this.#text(this.#number(2 ** (first - 0xd9)));
    if (first === 0xdc) return this.#array(this.#number(2));
    if (first === 0xde) return this.#map(this.#number(2));
    throw new Error(`first byte ${first}`);
  }

  #map(count: number): Record<string, unknown> {
    return Object.fromEntries(Array.from({ length: count }, () => [String(this.value()), this.value()]));
  }

  #array(count: number): unknown[] {
    return Array.from({ length: count }, () => this.value());
  }

  #text(length: number): string {
    return new TextDecoder('utf-8', { fatal: true }).decode(this.#bytes(length));
  }

  #bytes(length: number): Uint8Array {
    const at = this.#view.byteOffset + this.#skip(length);
    return new Uint8Array(this.#view.buffer.slice(at, at + length));
  }

  #number(width: number): number {
    const at = this.#skip(width);
    if (width === 1) return this.#view.getUint8(at);
    return width === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #skip(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
