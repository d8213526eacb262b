import type { Link } from '../../coap/links.js';
import { parseLinks } from '../../coap/links.js';
import type { Peer } from '../../coap/peer.js';
import type { Shared } from '../shared-texts.js';

/** An endpoint that has registered (RFC 9176, section 5). */
export interface Registration {
  /** Names the device here: the name of the endpoint, with `@` and its sector if it has one. */
  readonly device: string;
  /** The last part of its location, `/rd/ID`; nobody can guess it. */
  readonly id: string;
  /** Where it registered from. Behind a NAT this is the NAT's address. */
  readonly peer: Peer;
  readonly lifetimeS: number;
  /** When it ends, on the clock of `Clock.nowUs`. */
  readonly endsUs: number;
  readonly links: Shared<readonly Link[]>;
  /** Attributes of the endpoint beside name, sector and lifetime, such as `et`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a request wants to register. */
export interface RegistrationWish {
  readonly device: string;
  readonly lifetimeS: number;
  readonly linksText: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What most devices have, once for all. */
const NONE: RegistrationWish['attributes'] = {};
/** RFC 9176, section 5: names of endpoints and sectors have at most 63 bytes. */
const MAX_NAME_BYTES = 63;
/** RFC 9176, section 5. */
const DEFAULT_LIFETIME_S = 90_000;
/** A year: devices that wake once a month keep their registration, and one that is gone gives its place free some day. */
export const MAX_LIFETIME_S = 31_536_000;
/** A device has some ten links of 60 bytes. */
export const MAX_LINKS_BYTES = 2048;
const MAX_LINK_COUNT = 64;
const MAX_ATTRIBUTE_COUNT = 8;
const MAX_ATTRIBUTE_CHARS = 64;

/**
 * Reads a request that registers an endpoint.
 *
 * @param query such as `ep=device-1`, `lt=3600`
 * @returns as a text, what is wrong with it
 */
export function readWish(query: readonly string[], payload: Uint8Array): RegistrationWish | string {
  const parameters = parametersOf(query);
  if (typeof parameters === 'string') return parameters;
  const { ep, d, lt, base, ...attributes } = parameters;
  if (ep === undefined) return 'ep is missing';
  if (!isName(ep) || (d !== undefined && !isName(d))) return `ep and d have 1 to ${MAX_NAME_BYTES} bytes without @`;
  if (base !== undefined) return BASE;
  const lifetimeS = lifetimeOf(lt);
  if (lifetimeS === undefined) return LIFETIME;
  if (Object.keys(attributes).length > MAX_ATTRIBUTE_COUNT) return `at most ${MAX_ATTRIBUTE_COUNT} attributes`;
  const linksText = textOf(payload);
  const links = linksText === undefined ? undefined : parseLinks(linksText);
  if (linksText === undefined || links === undefined) return 'the payload is no list of links';
  if (links.length > MAX_LINK_COUNT) return `at most ${MAX_LINK_COUNT} links`;
  const device = d === undefined ? ep : `${ep}@${d}`;
  return { device, lifetimeS, linksText, attributes: Object.keys(attributes).length === 0 ? NONE : attributes };
}

/** What an update changes (RFC 9176, section 5.3.1). @returns as a text, what is wrong with it */
export function readUpdate(query: readonly string[]): { readonly lifetimeS: number | undefined } | string {
  const parameters = parametersOf(query);
  if (typeof parameters === 'string') return parameters;
  if (parameters.base !== undefined) return BASE;
  if (parameters.lt === undefined) return { lifetimeS: undefined };
  const lifetimeS = lifetimeOf(parameters.lt);
  return lifetimeS === undefined ? LIFETIME : { lifetimeS };
}

/** Name and sector of a device. */
export function endpointOf(device: string): { readonly ep: string; readonly d?: string } {
  const [ep = '', d] = device.split('@');
  return d === undefined ? { ep } : { ep, d };
}

/** A device that named another base could have requests sent to a third party. */
const BASE = 'base is not taken: the address that the request comes from counts';
const LIFETIME = `lt is a number of seconds from 1 to ${MAX_LIFETIME_S}`;

function parametersOf(query: readonly string[]): Readonly<Record<string, string>> | string {
  const parameters: Record<string, string> = Object.create(null);
  for (const part of query) {
    const [, name, value] = /^([a-z][a-z0-9._-]{0,31})=(.*)$/s.exec(part) ?? [];
    if (name === undefined || value === undefined || value.length > MAX_ATTRIBUTE_CHARS) {
      return 'a parameter has the form name=value';
    }
    if (name in parameters) return `${name} stands there twice`;
    parameters[name] = value;
  }
  return parameters;
}

function isName(text: string): boolean {
  const bytes = Buffer.byteLength(text);
  return bytes >= 1 && bytes <= MAX_NAME_BYTES && !/[@\p{Cc}\p{Cs}]/u.test(text);
}

function lifetimeOf(text: string | undefined): number | undefined {
  if (text === undefined) return DEFAULT_LIFETIME_S;
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return seconds >= 1 && seconds <= MAX_LIFETIME_S ? seconds : undefined;
}

/** Undefined for what is no UTF-8. */
function textOf(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    return undefined;
  }
}
