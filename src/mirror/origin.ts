import type { FleetOrigin } from '../fleet/fleet.js';
import { OriginFault } from './origin-fault.js';

/** What is known of a file of an origin, so that it is not fetched twice. */
export interface Validator {
  /** The entity tag of the content (RFC 9110, section 8.8.3), if the origin gives one. */
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** A request for the file of an origin. */
export interface OriginRequest {
  /** The content that was published last; the origin then says whether it has changed. */
  readonly known: Validator | undefined;
  /** Bytes of the content with this strong tag that are there; undefined: none. */
  readonly part: { readonly etag: string; readonly bytes: number } | undefined;
}

export type OriginAnswer =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'content';
      readonly validator: Validator;
      /** Where the body begins in the content. */
      readonly fromByte: number;
      /** Of the whole content; undefined: the origin does not say. */
      readonly sizeBytes: number | undefined;
      /** Of the whole content, if the origin names it: `Repr-Digest` (RFC 9530), or Amazon's checksum of the whole object. */
      readonly sha256: Uint8Array | undefined;
      readonly body: AsyncIterable<Uint8Array>;
      /** Ends the exchange, also when nothing of the body was read. Harmless after its end; never rejects. */
      readonly end: () => Promise<void>;
    };

/** The fields of a request that say which bytes are wanted (RFC 9110, sections 13 and 14). */
export function requestFields({ known, part }: OriginRequest): Record<string, string> {
  return {
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.etag !== undefined || known?.lastModified === undefined
      ? {}
      : { 'if-modified-since': known.lastModified }),
    ...(part === undefined ? {} : { range: `bytes=${part.bytes}-`, 'if-range': part.etag }),
  };
}

/** What an answer means. @throws {OriginFault} for one that is of no use; its body has not been read then */
export function readAnswer(response: Response, { known, part }: OriginRequest): OriginAnswer {
  const { status, headers } = response;
  // Who was not asked for changes cannot know that there are none.
  if (status === 304 && (known?.etag ?? known?.lastModified) !== undefined) return { kind: 'unchanged' };
  if (status === 416) throw new OriginFault('it has fewer bytes than it had', 'restart');
  if (status !== 200 && status !== 206) throw new OriginFault(whyOf(response));
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    // It was asked not to. What is read is decompressed; length, range and digest are of the compressed bytes.
    const hint = 'have it send the file as it is';
    throw new OriginFault(`it compresses its answer (Content-Encoding: ${encoding}); ${hint}`, 'restart');
  }
  const validator = { etag: headers.get('etag') ?? undefined, lastModified: headers.get('last-modified') ?? undefined };
  const end = async () => {
    await response.body?.cancel().catch(() => undefined);
  };
  const sha256 = sha256In(headers);
  const answer = { kind: 'content', validator, sha256, body: piecesOf(response), end } as const;
  if (status === 200) {
    const sizeBytes = wholeNumber(headers.get('content-length'));
    const isChunked = /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '');
    // The end of the connection ends the body, and a server that fails ends connections, too (RFC 9112, section 8).
    if (sizeBytes === undefined && !isChunked && sha256 === undefined)
      throw new OriginFault('it does not say where its file ends; have it send Content-Length, chunks or Repr-Digest');
    return { ...answer, fromByte: 0, sizeBytes };
  }
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '');
  const isAsked = part !== undefined && range !== null && Number(range[1]) === part.bytes;
  if (!isAsked || Number(range[2]) !== Number(range[3]) - 1) throw new OriginFault('it sent another part', 'restart');
  if (validator.etag !== part.etag) throw new OriginFault('it sent a part of another content', 'restart');
  return { ...answer, fromByte: part.bytes, sizeBytes: Number(range[3]) };
}

/** A tag that names exact bytes; only with one can a download be continued. */
export function strongTag({ etag }: Validator): string | undefined {
  return etag?.startsWith('"') ? etag : undefined;
}

/** Whether two validators name the same content. */
export function isSameContent(one: Validator | undefined, other: Validator): boolean {
  if (one === undefined) return false;
  return other.etag === undefined
    ? other.lastModified !== undefined && one.lastModified === other.lastModified
    : one.etag === other.etag;
}

function whyOf({ status, statusText, headers }: Response): string {
  const location = headers.get('location');
  // Following it could lead from TLS to none, or carry a signature to somebody else.
  if (status >= 300 && status < 400 && location !== null) return `it sends to ${location}; name that address as url`;
  return `it answered ${status} ${statusText}`.trimEnd();
}

function sha256In(headers: Headers): Uint8Array | undefined {
  const named = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(headers.get('repr-digest') ?? '');
  const isWhole = headers.get('x-amz-checksum-type') !== 'COMPOSITE';
  const amazon = /^[A-Za-z0-9+/]{43}=$/.exec(headers.get('x-amz-checksum-sha256') ?? '');
  const text = named?.[1] ?? (isWhole ? amazon?.[0] : undefined);
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

async function* piecesOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body !== null) yield* response.body;
}

/** Asks an origin. @throws {OriginFault}; the reason of the signal */
export type AskOrigin = (origin: FleetOrigin, request: OriginRequest, signal: AbortSignal) => Promise<OriginAnswer>;
