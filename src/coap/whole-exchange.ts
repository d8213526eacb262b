import { blockOf, blockOption, MAX_BLOCK_BYTES } from './block.js';
import type { Client } from './client.js';
import { Code } from './code.js';
import type { LinkLayer } from './link-layer.js';
import type { Message } from './message.js';
import { OptionNumber, Options, uintOption } from './options.js';
import type { Peer } from './peer.js';
import { CoapFault, type CoapRequest, type CoapResponse, requestContent, responseOf } from './request.js';

/** Longest answer that is put together if nothing else is said. */
const DEFAULT_MOST_BYTES = 65_536;

export interface WholeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Longest answer that is taken. @default 64 kB */
  readonly maxBytes?: number | undefined;
}

/** A request and its whole answer, in as many blocks as they need (RFC 7959). @throws {CoapFault}; the reason of the signal */
export async function exchangeWhole(
  client: Client,
  link: LinkLayer,
  peer: Peer,
  request: CoapRequest,
  { signal, maxBytes = DEFAULT_MOST_BYTES }: WholeOptions,
): Promise<CoapResponse> {
  const first = await sendWhole(client, link, peer, request, signal);
  const response = responseOf(first);
  if (request.block2 !== undefined || response.block2 === undefined || !response.block2.hasMore) return response;
  if (response.block2.index !== 0) throw new CoapFault('damaged');
  return await readRest(client, peer, request, response, maxBytes, signal);
}

/** Sends a payload, in blocks if it is long. */
async function sendWhole(
  client: Client,
  link: LinkLayer,
  peer: Peer,
  request: CoapRequest,
  signal: AbortSignal | undefined,
): Promise<Message> {
  const { payload = new Uint8Array() } = request;
  if (payload.length <= MAX_BLOCK_BYTES) return await client.exchange(peer, request, signal);
  const content = requestContent(request);
  let bytes = MAX_BLOCK_BYTES;
  for (let at = 0; ; ) {
    const end = Math.min(payload.length, at + bytes);
    const block = { index: at / bytes, hasMore: end < payload.length, bytes };
    const options = [...content.options, blockOption(OptionNumber.block1, block)];
    if (at === 0) options.push(uintOption(OptionNumber.size1, payload.length));
    const part = { ...content, token: link.newToken(), options, payload: payload.subarray(at, end) };
    const answer = await client.send(peer, part, signal);
    if (answer.code !== Code.continue) return answer;
    if (!block.hasMore) throw new CoapFault('damaged');
    // The other side may want smaller blocks from the next on.
    const wanted = blockOf(new Options(answer.options), OptionNumber.block1);
    if (wanted !== undefined && wanted !== 'damaged') bytes = Math.min(bytes, wanted.bytes);
    at = end;
  }
}

/** Asks for the blocks after the first, each with a request of its own. */
async function readRest(
  client: Client,
  peer: Peer,
  { method, path, query, accept }: CoapRequest,
  first: CoapResponse,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<CoapResponse> {
  const parts = [first.payload];
  let atByte = first.payload.length;
  const { bytes } = first.block2!;
  if (atByte !== bytes) throw new CoapFault('damaged');
  for (let hasMore = true; hasMore; ) {
    if (atByte > maxBytes) throw new CoapFault('tooLong');
    const block2 = { index: atByte / bytes, hasMore: false, bytes };
    const response = responseOf(await client.exchange(peer, { method, path, query, accept, block2 }, signal));
    if (response.code !== first.code || !isSame(response.etag, first.etag)) throw new CoapFault('changed');
    const got = response.block2;
    if (got?.index !== block2.index || got.bytes !== bytes) throw new CoapFault('damaged');
    if (got.hasMore && response.payload.length !== bytes) throw new CoapFault('damaged');
    parts.push(response.payload);
    atByte += response.payload.length;
    hasMore = got.hasMore;
  }
  if (atByte > maxBytes) throw new CoapFault('tooLong');
  return { ...first, payload: Buffer.concat(parts), block2: undefined };
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}
