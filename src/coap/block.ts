import { type CoapOption, type Options, uintOption } from './options.js';

/** What Block1 and Block2 say (RFC 7959, section 2.2). */
export interface Block {
  /** 20 bits: the block begins at `index · bytes` of the body. */
  readonly index: number;
  readonly hasMore: boolean;
  /** 16 to 1024, a power of two. */
  readonly bytes: number;
}

/** RFC 7959, section 2.2: the largest size of a block. */
export const MAX_BLOCK_BYTES = 1024;
/** The number of a block has 20 bits. */
const MAX_BLOCK_INDEX = 2 ** 20 - 1;
/** Most bytes that blocks can carry: 1 GiB. */
export const MAX_BODY_BYTES = (MAX_BLOCK_INDEX + 1) * MAX_BLOCK_BYTES;
/** SZX 7 is reserved. */
const RESERVED = 7;

/** @returns undefined if the option is missing, `damaged` if it is none */
export function blockOf(options: Options, number: number): Block | 'damaged' | undefined {
  if (options.bytes(number) === undefined) return undefined;
  const value = options.uint(number, 3);
  if (value === undefined || (value & 7) === RESERVED) return 'damaged';
  return { index: value >> 4, hasMore: (value & 8) !== 0, bytes: 16 << (value & 7) };
}

export function blockOption(number: number, { index, hasMore, bytes }: Block): CoapOption {
  return uintOption(number, index * 16 + (hasMore ? 8 : 0) + (Math.log2(bytes) - 4));
}
