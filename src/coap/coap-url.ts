import { COAP_PORT } from './port.js';

/** What a URL of CoAP names (RFC 7252, section 6.4). */
export interface CoapTarget {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly path: readonly string[];
  readonly query: readonly string[];
}

/** Reads `coap://HOST[:PORT]/PATH?QUERY`. @returns undefined for what is no such URL, or has a part that cannot be sent */
export function parseCoapUrl(text: string): CoapTarget | undefined {
  if (!/^coap:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const { hostname, port, pathname, search, hash, username, password } = new URL(text);
  if (hostname === '' || hash !== '' || username !== '' || password !== '') return undefined;
  const segments = pathname.replace(/^\//, '');
  try {
    return {
      host: decodeURIComponent(hostname.replace(/^\[(.*)\]$/, '$1')),
      port: port === '' ? COAP_PORT : Number(port),
      path: segments === '' ? [] : segments.split('/').map(decodeURIComponent),
      query: search === '' ? [] : search.slice(1).split('&').map(decodeURIComponent),
    };
  } catch {
    // Not the encoding of a text.
    return undefined;
  }
}
