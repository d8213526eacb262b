import { errnoOf } from '../../base/errors.js';
import { FillFault, type FillSource } from '../../receiver/filling/fill-source.js';

/** Longest wait for the answer to one request. */
const REQUEST_MS = 60_000;

/** The object as a file on a server of the web (HTTP range requests: RFC 9110, section 14). Beside it, `URL.digests` may have its block digests. */
export class WebCopy implements FillSource {
  readonly name: string;
  readonly #sizeBytes: number;

  constructor(url: string, sizeBytes: number) {
    this.name = url;
    this.#sizeBytes = sizeBytes;
  }

  async read(offset: number, into: Uint8Array, signal: AbortSignal): Promise<void> {
    const last = offset + into.length - 1;
    const response = await get(this.name, { range: `bytes=${offset}-${last}` }, signal);
    const found = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
    if (response.status !== 206 || found === null) {
      throw await refused(response, response.ok ? 'it does not answer requests for a part of a file' : undefined);
    }
    const [, from, to, total] = found;
    if (total !== '*' && Number(total) !== this.#sizeBytes) {
      throw await refused(response, `its file has ${total} bytes instead of ${this.#sizeBytes}`);
    }
    if (Number(from) !== offset || Number(to) !== last) throw await refused(response, 'it sent another part');
    await readBody(response, into, signal);
  }

  async digests(byteCount: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const url = new URL(this.name);
    url.pathname += '.digests';
    const response = await get(url.href, {}, signal);
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (response.status !== 200) throw await refused(response);
    const bytes = new Uint8Array(byteCount);
    await readBody(response, bytes, signal);
    return bytes;
  }
}

async function get(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  try {
    // A compressed answer would have other bytes.
    return await fetch(url, {
      headers: { ...headers, 'accept-encoding': 'identity' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new FillFault(reasonOf(error), false);
  }
}

async function refused(response: Response, why = `it answered ${response.status} ${response.statusText}`) {
  await response.body?.cancel().catch(() => undefined);
  const mayPass = [408, 425, 429].includes(response.status) || response.status >= 500;
  return new FillFault(why.trimEnd(), !mayPass);
}

/** Reads a body that has exactly the length of `into`; no byte more is kept. */
async function readBody(response: Response, into: Uint8Array, signal: AbortSignal): Promise<void> {
  let count = 0;
  try {
    for await (const piece of response.body ?? []) {
      if (count + piece.length > into.length) break;
      into.set(piece, count);
      count += piece.length;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new FillFault(reasonOf(error), false);
  }
  if (count !== into.length)
    throw new FillFault(`it did not send the ${into.length} bytes that it was asked for`, false);
}

/** What went wrong: Node hides it in the cause. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `it did not answer within ${REQUEST_MS / 1000} s`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = errnoOf(cause);
  const text = cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
  const isOfTls = code !== undefined && /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code);
  return `${isOfTls ? 'its certificate or TLS is not accepted: ' : ''}${text}${code === undefined ? '' : ` (${code})`}`;
}
