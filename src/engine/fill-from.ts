import type { Clock } from '../base/ports.js';
import type { FillOptions } from '../receiver/filling/filling.js';
import { CoapCopy } from '../retrieve/fill/coap-copy.js';
import { WebCopy } from '../retrieve/fill/web-copy.js';
import type { Descriptor } from '../wire/descriptor.js';

/** What the user says about filling. */
export interface FillChoice {
  /** How long multicast alone has before anything is asked for; a random time of up to the same length is added. */
  readonly afterMs: number;
  /** Undefined: no limit. */
  readonly rateBitsPerSecond: number | undefined;
}

/** What fills the blocks of a version that multicast does not bring, from copies on servers of the web or of CoAP; undefined without a URL. */
export function fillFrom(
  urls: readonly string[] | undefined,
  { afterMs, rateBitsPerSecond }: FillChoice,
  clock: Clock,
): ((descriptor: Descriptor) => FillOptions) | undefined {
  if (urls === undefined || urls.length === 0) return undefined;
  return ({ sizeBytes }) => ({
    sources: urls.map((url) => (isCoap(url) ? new CoapCopy(url, sizeBytes, clock) : new WebCopy(url, sizeBytes))),
    afterUs: afterMs * 1000,
    maxRateBitsPerSecond: rateBitsPerSecond,
    random: Math.random,
  });
}

function isCoap(url: string): boolean {
  return new URL(url).protocol === 'coap:';
}
