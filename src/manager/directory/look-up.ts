import { authorityOf } from '../../base/authority.js';
import { type Link, linkHas, valueTest } from '../../coap/links.js';
import type { Peer } from '../../coap/peer.js';
import { endpointOf, type Registration } from './registration.js';

/** Entries on a page unless the request says less: some 100 bytes each. */
const DEFAULT_COUNT = 100;
const MAX_COUNT = 500;
/** Each is compared with the links of all devices. */
const MAX_CRITERIA = 8;

/** What a look-up asks for (RFC 9176, section 6). */
export interface LookUp {
  readonly criteria: readonly Criterion[];
  /** From 0. */
  readonly page: number;
  /** Entries on a page. */
  readonly count: number;
}

export interface Criterion {
  readonly name: string;
  /** Whether a value fits. */
  readonly fits: (value: string) => boolean;
}

/** Undefined for what is no look-up. */
export function readLookUp(query: readonly string[]): LookUp | undefined {
  const criteria: Criterion[] = [];
  let [page, count] = [0, DEFAULT_COUNT];
  for (const part of query) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(part) ?? [];
    if (name === undefined || value === undefined) return undefined;
    if (name === 'page' || name === 'count') {
      if (!/^\d{1,7}$/.test(value)) return undefined;
      if (name === 'page') page = Number(value);
      else count = Math.min(Number(value), MAX_COUNT);
    } else if (criteria.push({ name, fits: valueTest(value) }) > MAX_CRITERIA) return undefined;
  }
  return { criteria, page, count };
}

/** The registrations that a look-up finds, as links (RFC 9176, section 6.4). */
export function findEndpoints(registrations: Iterable<Registration>, lookUp: LookUp): readonly Link[] {
  const found = filtered(registrations, (registration) =>
    lookUp.criteria.every(
      (one) =>
        isOfEndpoint(one, registration) || registration.links.value.some((link) => linkHas(link, one.name, one.fits)),
    ),
  );
  return pageOf(found, lookUp, endpointLink);
}

/** The links of registrations that a look-up finds, with whole addresses (RFC 9176, section 6.3). */
export function findResources(registrations: Iterable<Registration>, lookUp: LookUp): readonly Link[] {
  return pageOf(resources(registrations, lookUp), lookUp, ([{ peer }, { target, attributes }]) => ({
    target: whole(peer, target),
    attributes: {
      ...attributes,
      ...(attributes.anchor === undefined ? {} : { anchor: whole(peer, `${attributes.anchor}`) }),
    },
  }));
}

function* resources(registrations: Iterable<Registration>, { criteria }: LookUp) {
  for (const registration of registrations) {
    const open = criteria.filter((one) => !isOfEndpoint(one, registration));
    for (const link of registration.links.value) {
      if (open.every(({ name, fits }) => linkHas(link, name, fits))) yield [registration, link] as const;
    }
  }
}

function endpointLink({ id, device, peer, attributes }: Registration): Link {
  const base = whole(peer, '');
  return { target: `/rd/${id}`, attributes: { ...attributes, ...endpointOf(device), base, rt: 'core.rd-ep' } };
}

/** Looks through no more registrations than the page needs. */
function pageOf<T>(found: Iterable<T>, { page, count }: LookUp, linkOf: (one: T) => Link): readonly Link[] {
  const links: Link[] = [];
  let passed = 0;
  for (const one of found) {
    if (links.length === count) break;
    if (passed++ >= page * count) links.push(linkOf(one));
  }
  return links;
}

function* filtered<T>(all: Iterable<T>, isWanted: (one: T) => boolean): Iterable<T> {
  for (const one of all) if (isWanted(one)) yield one;
}

function isOfEndpoint({ name, fits }: Criterion, endpoint: Endpoint): boolean {
  const value = ownValue(endpoint, name);
  return value !== undefined && fits(value);
}

type Endpoint = Pick<Registration, 'device' | 'id' | 'peer' | 'attributes'>;

function ownValue({ device, id, peer, attributes }: Endpoint, name: string): string | undefined {
  switch (name) {
    case 'ep':
      return endpointOf(device).ep;
    case 'd':
      return endpointOf(device).d;
    case 'base':
      return whole(peer, '');
    case 'href':
      return `/rd/${id}`;
    default:
      return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  }
}

function whole(peer: Peer, target: string): string {
  if (!target.startsWith('/') && target !== '') return target;
  return `coap://${authorityOf(peer.address, peer.port)}${target}`;
}
