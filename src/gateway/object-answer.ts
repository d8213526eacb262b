import { isRangeMeant, preconditionOf, type RequestFields } from './preconditions.js';
import { requestedRange, type Span } from './requested-range.js';
import type { ServedVersion } from './served-version.js';

/** How a client that has to wait is told when to come again: a transfer checkpoints and proves blocks in seconds. */
const RETRY_S = 5;
/** A year: a version never changes (RFC 9111, section 5.2.2; RFC 8246). */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** A cache gives what it keeps to all who ask for the address, whatever range or tag they ask for (RFC 9111, section 4), so it may keep no refusal. */
const NOTHING_TO_KEEP = { 'cache-control': 'no-store', 'content-length': '0' };

/** An answer about one version of an object. */
export interface ObjectAnswer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  /** The bytes that follow; undefined: none. */
  readonly span: Span | undefined;
}

/**
 * What a request for a version is answered with, if its bytes can be read.
 *
 * @param isVersioned whether the address names the version, so that what it gives never changes
 */
export function objectAnswer(version: ServedVersion, fields: RequestFields, isVersioned: boolean): ObjectAnswer {
  const { tag, identity } = version;
  const { sizeBytes, sha256 } = identity;
  const common = {
    etag: tag,
    'accept-ranges': 'bytes',
    'cache-control': isVersioned ? IMMUTABLE : 'no-cache',
    'content-location': versionPath(identity.object, identity.version),
  };
  switch (preconditionOf(fields, tag)) {
    case 'failed':
      return { status: 412, fields: { ...common, ...NOTHING_TO_KEEP }, span: undefined };
    case 'not modified':
      return { status: 304, fields: common, span: undefined };
    case 'go on':
  }
  const range = isRangeMeant(fields, tag) ? requestedRange(firstOf(fields.range), sizeBytes) : undefined;
  if (range === 'unsatisfiable') {
    const refusal = { ...common, 'content-range': `bytes */${sizeBytes}`, ...NOTHING_TO_KEEP };
    return { status: 416, fields: refusal, span: undefined };
  }
  const span = range ?? { first: 0, end: sizeBytes };
  const content = {
    ...common,
    'content-type': 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'content-length': String(span.end - span.first),
    // Of the whole, also where a range is sent (RFC 9530, section 3).
    'repr-digest': `sha-256=:${Buffer.from(sha256).toString('base64')}:`,
  };
  if (range === undefined) return { status: 200, fields: content, span };
  const contentRange = `bytes ${span.first}-${span.end - 1}/${sizeBytes}`;
  return { status: 206, fields: { ...content, 'content-range': contentRange }, span };
}

/** The bytes are not there yet, or no more will come at this address. */
export function notYet(): ObjectAnswer {
  return {
    status: 503,
    fields: { 'retry-after': String(RETRY_S), ...NOTHING_TO_KEEP },
    span: undefined,
  };
}

/** Where an object is served: its name as one part of a path. */
export function objectPath(object: string): string {
  return `/objects/${encodeURIComponent(object)}`;
}

export function versionPath(object: string, version: number): string {
  return `${objectPath(object)}/${version}`;
}

/** What a path names; undefined: nothing that is served. */
export function pathTarget(url: string): { readonly object: string; readonly version: number | undefined } | undefined {
  const [path = ''] = url.split('?', 1);
  const [, encoded, digits] = /^\/objects\/([^/]+)(?:\/([1-9]\d{0,15}))?$/.exec(path) ?? [];
  if (encoded === undefined) return undefined;
  try {
    return { object: decodeURIComponent(encoded), version: digits === undefined ? undefined : Number(digits) };
  } catch {
    // Not the encoding of a text.
    return undefined;
  }
}

function firstOf(field: string | readonly string[] | undefined): string | undefined {
  return typeof field === 'string' || field === undefined ? field : field[0];
}
