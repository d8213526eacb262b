import { lookup } from 'node:dns/promises';
import { errnoOf } from '../../base/errors.js';
import type { Clock } from '../../base/ports.js';
import { MAX_BLOCK_BYTES, MAX_BODY_BYTES } from '../../coap/block.js';
import { type CoapTarget, parseCoapUrl } from '../../coap/coap-url.js';
import { Code, codeText } from '../../coap/code.js';
import type { CoapEndpoint } from '../../coap/endpoint.js';
import type { Peer } from '../../coap/peer.js';
import { CoapFault, type CoapResponse } from '../../coap/request.js';
import { FillFault, type FillSource } from '../../receiver/filling/fill-source.js';

/** Longest wait for what is asked for at once: 128 kB at 3.5 kbit/s. A server that drips must not keep others from being asked. */
const ASK_US = 300e6;

/** The object as a resource of a CoAP server, of which any block can be asked for (RFC 7959). Beside it, `URL.digests` may have its block digests. */
export class CoapCopy implements FillSource {
  readonly name: string;
  readonly #target: CoapTarget;
  readonly #sizeBytes: number;
  readonly #clock: Clock;
  /** Of the content, since it was read first. */
  #etag: string | undefined;
  /** The server may want smaller blocks. */
  #blockBytes = MAX_BLOCK_BYTES;

  constructor(url: string, sizeBytes: number, clock: Clock) {
    this.name = url;
    // Options check URLs.
    this.#target = parseCoapUrl(url)!;
    this.#sizeBytes = sizeBytes;
    this.#clock = clock;
  }

  async read(offset: number, into: Uint8Array, signal: AbortSignal): Promise<void> {
    const { path } = this.#target;
    if (this.#sizeBytes > MAX_BODY_BYTES) throw new FillFault('CoAP serves no files of more than 1 GiB', true);
    await this.#ask(signal, async (endpoint, peer, asking) => {
      for (let at = offset; at < offset + into.length; ) {
        const { payload, first } = await this.#block(endpoint, peer, path, at, asking);
        const piece = payload.subarray(at - first, at - first + offset + into.length - at);
        into.set(piece, at - offset);
        at += piece.length;
      }
    });
  }

  async digests(byteCount: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { path, query } = this.#target;
    const beside = [...path.slice(0, -1), `${path.at(-1) ?? ''}.digests`];
    const request = { method: 'GET', path: beside, query } as const;
    return await this.#ask(signal, async (endpoint, peer, asking) => {
      const response = await endpoint.request(peer, request, { signal: asking, maxBytes: byteCount });
      if (response.code === Code.notFound) return undefined;
      if (response.code !== Code.content) throw refused(response);
      if (response.payload.length === byteCount) return response.payload;
      throw new FillFault(`it did not send the ${byteCount} bytes that it was asked for`, false);
    });
  }

  /** The block with the byte at `at`. */
  async #block(endpoint: CoapEndpoint, peer: Peer, path: readonly string[], at: number, signal: AbortSignal) {
    const bytes = this.#blockBytes;
    const block2 = { index: Math.floor(at / bytes), hasMore: false, bytes };
    const { query } = this.#target;
    const response = await endpoint.request(peer, { method: 'GET', path, query, block2 }, { signal });
    if (response.code !== Code.content) throw refused(response);
    this.#checkContent(response);
    const got = response.block2 ?? { index: 0, bytes, hasMore: false };
    const first = got.index * got.bytes;
    if (got.bytes < bytes) this.#blockBytes = got.bytes;
    const { payload } = response;
    const isWhole = payload.length === Math.min(got.bytes, this.#sizeBytes - first);
    const isMeant = response.block2 !== undefined || this.#sizeBytes <= bytes;
    if (at < first || at >= first + payload.length || !isWhole || !isMeant) {
      throw new FillFault('it sent another part, or a file of another length', true);
    }
    return { payload, first };
  }

  /** Parts of two contents are never put together, though each block is checked as well. */
  #checkContent({ etag, sizeBytes }: CoapResponse): void {
    if (sizeBytes !== undefined && sizeBytes !== this.#sizeBytes) {
      throw new FillFault(`its file has ${sizeBytes} bytes instead of ${this.#sizeBytes}`, true);
    }
    const tag = etag && Buffer.from(etag).toString('hex');
    this.#etag ??= tag;
    if (this.#etag !== tag) throw new FillFault('it has another file now', true);
  }

  /** Has a socket for a few requests. Nothing stays open between two calls, so there is nothing to close. */
  async #ask<T>(
    signal: AbortSignal,
    ask: (endpoint: CoapEndpoint, peer: Peer, asking: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { host, port } = this.#target;
    const clock = this.#clock;
    const late = new AbortController();
    const cancelTimer = clock.schedule(clock.nowUs() + ASK_US, () => {
      late.abort(new FillFault(`it did not send what it was asked for within ${ASK_US / 1e6} s`, false));
    });
    try {
      const { UdpEndpoint } = await import('../../coap/udp-endpoint.js');
      const { address, family } = await lookup(host);
      await using udp = await UdpEndpoint.open({ host: family === 6 ? '::' : '0.0.0.0', port: 0, clock });
      return await ask(udp.endpoint, { address, port }, AbortSignal.any([signal, late.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof FillFault) throw error;
      if (error instanceof CoapFault) throw new FillFault(error.message, false);
      const code = errnoOf(error);
      const text = error instanceof Error ? error.message : String(error);
      throw new FillFault(code === undefined ? text : `${text} (${code})`, false);
    } finally {
      cancelTimer();
    }
  }
}

function refused({ code }: CoapResponse): FillFault {
  const mayPass = code === Code.unavailable || code === Code.internalError;
  return new FillFault(`it answered ${codeText(code)}`, !mayPass);
}
