import { createHash } from 'node:crypto';
import { type Block, blockOption, MAX_BLOCK_BYTES, MAX_BODY_BYTES } from './block.js';
import { Code } from './code.js';
import type { Message } from './message.js';
import { OptionNumber, type Options } from './options.js';
import { responseOptions } from './request.js';
import type { CoapContent, CoapReply } from './site.js';

/** Code, options and payload of a message. */
export type Answer = Pick<Message, 'code' | 'options' | 'payload'>;

/** How a client is told to come again for bytes that are not there yet: a transfer proves blocks in seconds. */
const RETRY_S = 5;
/** An ETag has at most 8 bytes (RFC 7252, section 5.10.6). */
const ETAG_BYTES = 8;

/** What one message says of a reply: all of it, or one block. */
export async function answerOf(
  reply: CoapReply,
  request: Options,
  block2: Block | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const { code, payload = new Uint8Array(), contentFormat, maxAgeS, locationPath } = reply;
  const content =
    reply.content ?? (payload.length > (block2?.bytes ?? MAX_BLOCK_BYTES) ? inMemory(payload) : undefined);
  if (content === undefined) {
    if (block2 !== undefined && block2.index > 0) return plain(Code.badOption);
    return { code, options: responseOptions({ contentFormat, maxAgeS, locationPath }), payload };
  }
  const { etag, sizeBytes } = content;
  const wanted = request.bytes(OptionNumber.etag);
  if (code === Code.content && wanted !== undefined && Buffer.compare(wanted, etag) === 0) {
    return { code: Code.valid, options: responseOptions({ etag, maxAgeS }), payload: new Uint8Array() };
  }
  const { index, bytes } = block2 ?? { index: 0, bytes: MAX_BLOCK_BYTES };
  const offset = index * bytes;
  if (sizeBytes > MAX_BODY_BYTES / (MAX_BLOCK_BYTES / bytes)) return plain(Code.tooLarge);
  if (offset > 0 && offset >= sizeBytes) return plain(Code.badOption);
  const piece = new Uint8Array(Math.min(bytes, sizeBytes - offset));
  const isThere = piece.length === 0 || (await content.read(offset, piece, signal));
  if (!isThere) return plain(Code.unavailable, RETRY_S);
  const options = [
    // The size comes with the first block, and whoever asks for it again gets it again.
    ...responseOptions({
      etag,
      contentFormat,
      maxAgeS,
      locationPath,
      sizeBytes: index === 0 || request.bytes(OptionNumber.size2) !== undefined ? sizeBytes : undefined,
    }),
    blockOption(OptionNumber.block2, { index, hasMore: offset + piece.length < sizeBytes, bytes }),
  ];
  return { code, options, payload: piece };
}

/** An answer that is a code alone. */
export function plain(code: number, maxAgeS?: number): Answer {
  return { code, options: responseOptions({ maxAgeS }), payload: new Uint8Array() };
}

/** The tag of 8 bytes for bytes with this SHA-256. */
export function etagOf(sha256: Uint8Array): Uint8Array {
  return sha256.subarray(0, ETAG_BYTES);
}

/** Tags of bodies in memory. A client may ask for half a megabyte in 32,000 pieces of 16 bytes; to hash the body for each would keep the thread busy for half a minute. */
const tags = new WeakMap<Uint8Array, Uint8Array>();

function tagOf(payload: Uint8Array): Uint8Array {
  const known = tags.get(payload);
  if (known !== undefined) return known;
  const tag = etagOf(createHash('sha256').update(payload).digest());
  tags.set(payload, tag);
  return tag;
}

function inMemory(payload: Uint8Array): CoapContent {
  return {
    sizeBytes: payload.length,
    etag: tagOf(payload),
    read: async (offset, into) => {
      into.set(payload.subarray(offset, offset + into.length));
      return true;
    },
  };
}
