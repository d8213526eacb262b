export interface CoapOption {
  readonly number: number;
  readonly value: Uint8Array;
}

/** Numbers of options (RFC 7252, section 5.10; RFC 7641; RFC 7959). Odd numbers are critical. */
export const OptionNumber = {
  ifMatch: 1,
  uriHost: 3,
  etag: 4,
  ifNoneMatch: 5,
  observe: 6,
  uriPort: 7,
  locationPath: 8,
  uriPath: 11,
  contentFormat: 12,
  maxAge: 14,
  uriQuery: 15,
  accept: 17,
  block2: 23,
  block1: 27,
  size2: 28,
  proxyUri: 35,
  proxyScheme: 39,
  size1: 60,
} as const;

/** The names by which coap-packet calls options. It calls all others by their numbers. */
export const OPTION_NAMES: Readonly<Record<string, number>> = {
  'If-Match': 1,
  'Uri-Host': 3,
  ETag: 4,
  'If-None-Match': 5,
  Observe: 6,
  'Uri-Port': 7,
  'Location-Path': 8,
  OSCORE: 9,
  'Uri-Path': 11,
  'Content-Format': 12,
  'Max-Age': 14,
  'Uri-Query': 15,
  'Hop-Limit': 16,
  Accept: 17,
  'Q-Block1': 19,
  'Location-Query': 20,
  Block2: 23,
  Block1: 27,
  Size2: 28,
  'Q-Block2': 31,
  'Proxy-Uri': 35,
  'Proxy-Scheme': 39,
  Size1: 60,
  'No-Response': 258,
  'OCF-Accept-Content-Format-Version': 2049,
  'OCF-Content-Format-Version': 2053,
};

/** The options of a message, read by their meaning. */
export class Options {
  readonly #options: readonly CoapOption[];

  constructor(options: readonly CoapOption[]) {
    this.#options = options;
  }

  /** Undefined if it is missing. */
  bytes(number: number): Uint8Array | undefined {
    return this.#options.find((option) => option.number === number)?.value;
  }

  /** An unsigned integer; undefined if it is missing or has more than `maxBytes` bytes. */
  uint(number: number, maxBytes = 4): number | undefined {
    const value = this.bytes(number);
    if (value === undefined || value.length > maxBytes) return undefined;
    return value.reduce((sum, byte) => sum * 256 + byte, 0);
  }

  /** All values of an option that may come again, as texts. */
  texts(number: number): readonly string[] {
    return this.#options.filter((option) => option.number === number).map(({ value }) => Buffer.from(value).toString());
  }

  /** Numbers of critical options that are not among these. */
  criticalBeside(known: ReadonlySet<number>): readonly number[] {
    return this.#options.map(({ number }) => number).filter((number) => number % 2 === 1 && !known.has(number));
  }
}

export function uintOption(number: number, value: number): CoapOption {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return { number, value: Uint8Array.from(bytes) };
}

export function textOptions(number: number, texts: readonly string[]): readonly CoapOption[] {
  return texts.map((text) => ({ number, value: Buffer.from(text) }));
}

/** None for undefined. */
export function optionalUint(number: number, value: number | undefined): readonly CoapOption[] {
  return value === undefined ? [] : [uintOption(number, value)];
}

/** None for undefined. */
export function optionalBytes(number: number, value: Uint8Array | undefined): readonly CoapOption[] {
  return value === undefined ? [] : [{ number, value }];
}
