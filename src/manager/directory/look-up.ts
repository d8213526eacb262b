import { authorityOf } from '../../base/authority.js';
import { type Link, linkHas, valueTest } from '../../coap/links.js';
import type { Peer } from '../../coap/peer.js';
import { endpointOf, type Registration } from './registration.js';

/** Entries on a page unless the request says less: some 100 bytes each. */
const DEFAULT_COUNT = 100;
const MAX_COUNT = 500;

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
    } else criteria.push({ name, fits: valueTest(value) });
  }
  return { criteria, page, count };
}

/** The registrations that a look-up finds, as links (RFC 9176, section 6.4). */
export function findEndpoints(registrations: Iterable<Registration>, lookUp: LookUp): readonly Link[] {
  const found = filtered(registrations, ({ links, ...own }) =>
    lookUp.criteria.every(
      (one) => isOfEndpoint(one, own) || links.value.some((link) => linkHas(link, one.name, one.fits)),
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

function isOfEndpoint(
  { name, fits }: Criterion,
  { device, id, peer, attributes }: Pick<Registration, 'device' | 'id' | 'peer' | 'attributes'>,
): boolean {
  const known: Readonly<Record<string, string | undefined>> = {
    ...attributes,
    ...endpointOf(device),
    base: whole(peer, ''),
    href: `/rd/${id}`,
  };
  const value = Object.hasOwn(known, name) ? known[name] : undefined;
  return value !== undefined && fits(value);
}

function whole(peer: Peer, target: string): string {
  if (!target.startsWith('/') && target !== '') return target;
  return `coap://${authorityOf(peer.address, peer.port)}${target}`;
}
