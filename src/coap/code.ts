/** Methods and response codes as one byte: class in the upper 3 bits, detail in the lower 5 (RFC 7252, section 12.1; RFC 7959, section 2.9). */
export const Code = {
  empty: 0x00,
  get: 0x01,
  post: 0x02,
  put: 0x03,
  delete: 0x04,
  created: 0x41,
  deleted: 0x42,
  valid: 0x43,
  changed: 0x44,
  content: 0x45,
  /** 2.31: the block was taken, more are expected. */
  continue: 0x5f,
  badRequest: 0x80,
  badOption: 0x82,
  forbidden: 0x83,
  notFound: 0x84,
  methodNotAllowed: 0x85,
  notAcceptable: 0x86,
  /** 4.08: blocks are missing, or those before were given up. */
  incomplete: 0x88,
  /** 4.13 */
  tooLarge: 0x8d,
  internalError: 0xa0,
  unavailable: 0xa3,
  proxyingNotSupported: 0xa5,
} as const;

export type CoapMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

const METHODS: readonly CoapMethod[] = ['GET', 'POST', 'PUT', 'DELETE'];

/** The method of a code; undefined for a method that nobody here understands. */
export function methodOf(code: number): CoapMethod | undefined {
  return METHODS[code - Code.get];
}

export function codeOfMethod(method: CoapMethod): number {
  return METHODS.indexOf(method) + Code.get;
}

/** As RFC 7252 writes it: `2.05`. */
export function codeText(code: number): string {
  return `${code >> 5}.${String(code & 31).padStart(2, '0')}`;
}

/** Class 0, without the empty message. */
export function isRequestCode(code: number): boolean {
  return code > 0 && code < 32;
}

/** Classes 2, 4 and 5. */
export function isResponseCode(code: number): boolean {
  return [2, 4, 5].includes(code >> 5);
}

export function isSuccess(code: number): boolean {
  return code >> 5 === 2;
}

/** Content formats that are used here (RFC 7252, section 12.3). */
export const ContentFormat = { text: 0, links: 40, octets: 42, json: 50 } as const;
