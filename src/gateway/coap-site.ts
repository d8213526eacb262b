import { Code, ContentFormat } from '../coap/code.js';
import { formatLinks, type Link } from '../coap/links.js';
import { etagOf } from '../coap/reply-message.js';
import type { CoapContent, CoapReply, CoapResource, CoapSite } from '../coap/site.js';
import type { ServedVersion } from './served-version.js';
import type { Shelf } from './shelf.js';

/** A year: a version never changes. */
const IMMUTABLE_S = 31_536_000;
const ROOT = 'fw';
const CONTENT = 'bin';
/** Where `fill` looks for the digests of blocks. */
const DIGESTS = 'bin.digests';

/**
 * The versions on a shelf for CoAP: `/fw` has links to all objects, `/fw/OBJECT` says what is newest and can be observed, `/fw/OBJECT/bin` is its
 * content, and `/fw/OBJECT/bin/VERSION` is that of one version, which never changes. `/fw/OBJECT/bin.digests` has the SHA-256 of each block. Nothing can be changed here.
 */
export class GatewaySite implements CoapSite {
  readonly #shelf: Shelf;
  readonly #waitMs: number;
  /** Each block of a list is another request, so the list is made once for each change of the shelf. */
  #listed: { readonly changeCount: number; readonly links: readonly Link[] } | undefined;

  /** @param waitMs how long a request waits for bytes that are not there yet */
  constructor(shelf: Shelf, waitMs: number) {
    this.#shelf = shelf;
    this.#waitMs = waitMs;
  }

  links(): readonly Link[] {
    const all = { target: `/${ROOT}`, attributes: { rt: 'layercast.objects', ct: String(ContentFormat.links) } };
    return [all, ...this.#objectLinks()];
  }

  find(path: readonly string[]): CoapResource | undefined {
    const [root, object, content, digits, ...rest] = path;
    if (root !== ROOT || rest.length > 0) return undefined;
    if (object === undefined) return readOnly(() => this.#list());
    const newest = this.#shelf.newest(object);
    if (newest === undefined) return undefined;
    if (content === undefined) return { ...readOnly(() => describe(newest)), isObservable: true };
    if (content === DIGESTS && digits === undefined) return digestsOf(newest);
    if (content !== CONTENT) return undefined;
    if (digits === undefined) return this.#contentOf(newest, undefined);
    const version = /^[1-9]\d{0,15}$/.test(digits) ? this.#shelf.version(object, Number(digits)) : undefined;
    return version && this.#contentOf(version, IMMUTABLE_S);
  }

  #list(): CoapReply {
    const payload = Buffer.from(formatLinks(this.#objectLinks()));
    return { code: Code.content, payload, contentFormat: ContentFormat.links };
  }

  #objectLinks(): readonly Link[] {
    const { changeCount } = this.#shelf;
    if (this.#listed?.changeCount !== changeCount) this.#listed = { changeCount, links: this.#linksNow() };
    return this.#listed.links;
  }

  #linksNow(): readonly Link[] {
    return this.#shelf.objects.flatMap((object) => {
      const newest = this.#shelf.newest(object);
      const { json, octets } = ContentFormat;
      if (newest === undefined) return [];
      const sz = String(newest.identity.sizeBytes);
      return [
        { target: objectPath(object), attributes: { rt: 'layercast.object', ct: String(json), obs: true } },
        { target: contentPath(object), attributes: { rt: 'layercast.content', ct: String(octets), sz } },
      ] as const;
    });
  }

  #contentOf(version: ServedVersion, maxAgeS: number | undefined): CoapResource {
    const content = contentOf(version, this.#waitMs);
    return readOnly(() => ({ code: Code.content, content, contentFormat: ContentFormat.octets, maxAgeS }));
  }
}

/** Where an object is described, as one part of a path: `/fw/maps%2Fnorth`. */
function objectPath(object: string): string {
  return `/${ROOT}/${encodeURIComponent(object)}`;
}

function contentPath(object: string): string {
  return `${objectPath(object)}/${CONTENT}`;
}

/** The path of an object's description, part by part. */
export function descriptionPath(object: string): readonly string[] {
  return [ROOT, object];
}

function describe(version: ServedVersion): CoapReply {
  const { identity, provenBytes } = version;
  const { object, version: number, sizeBytes, sha256 } = identity;
  const description = {
    object,
    version: number,
    bytes: sizeBytes,
    provenBytes,
    sha256: Buffer.from(sha256).toString('hex'),
    content: `${contentPath(object)}/${number}`,
  };
  return { code: Code.content, payload: Buffer.from(JSON.stringify(description)), contentFormat: ContentFormat.json };
}

/** The bytes of a version, as far as they are proven. */
function contentOf(version: ServedVersion, waitMs: number): CoapContent {
  const { sizeBytes, sha256 } = version.identity;
  const read = async (offset: number, into: Uint8Array, signal: AbortSignal) => {
    const release = version.hold();
    try {
      for (let at = 0; at < into.length; ) {
        if (!(await version.await(offset + at, waitMs, signal))) return false;
        const most = Math.min(into.length - at, version.readableEnd(offset + at) - offset - at);
        const bytes = await version.read(offset + at, most, signal);
        into.set(bytes, at);
        at += bytes.length;
      }
      return true;
    } finally {
      release();
    }
  };
  return { sizeBytes, etag: etagOf(sha256), read };
}

function digestsOf(version: ServedVersion): CoapResource {
  return readOnly(async () => {
    const payload = await version.digests();
    const contentFormat = ContentFormat.octets;
    return payload === undefined ? { code: Code.notFound } : { code: Code.content, payload, contentFormat };
  });
}

function readOnly(get: () => CoapReply | Promise<CoapReply>): CoapResource {
  return { answer: ({ method }) => (method === 'GET' ? get() : { code: Code.methodNotAllowed }) };
}
