import { Allowance } from '../../base/allowance.js';
import type { Clock } from '../../base/ports.js';
import { Code, ContentFormat } from '../../coap/code.js';
import { formatLinks, type Link } from '../../coap/links.js';
import type { Peer } from '../../coap/peer.js';
import type { CoapReply, CoapResource, CoapSite, IncomingRequest } from '../../coap/site.js';
import type { Directory } from './directory.js';
import { findEndpoints, findResources, type LookUp, readLookUp } from './look-up.js';
import { RecentAnswers } from './recent-answers.js';
import { MAX_LINKS_BYTES, readUpdate, readWish } from './registration.js';

const LINKS: readonly Link[] = [
  { target: '/rd', attributes: { rt: 'core.rd', ct: '40' } },
  { target: '/rd-lookup/ep', attributes: { rt: 'core.rd-lookup-ep', ct: '40' } },
  { target: '/rd-lookup/res', attributes: { rt: 'core.rd-lookup-res', ct: '40' } },
];

/** Links that look-ups compare in a second: those of 100,000 devices once. Who can send one datagram can ask for a look at all of them. */
const COMPARED_PER_SECOND = 400_000;
/** When a client whose look-up was too much asks again. */
const BUSY_S = 2;

/** Answers those who register at a directory and who look something up there (RFC 9176). */
export class DirectorySite implements CoapSite {
  readonly #resources: Readonly<Record<string, CoapResource>>;
  readonly #registered: (id: string) => CoapResource;

  /** @param admits says who may register and look up */
  constructor(directory: Directory, admits: (peer: Peer) => boolean, clock: Pick<Clock, 'nowUs'>) {
    const compared = new Allowance(COMPARED_PER_SECOND, COMPARED_PER_SECOND);
    const mayLook = () => compared.isLeft(clock.nowUs());
    const looked = {
      *[Symbol.iterator]() {
        for (const one of directory) {
          compared.spend(1 + one.links.value.length);
          yield one;
        }
      },
    };
    const lookUp = (find: typeof findEndpoints): CoapResource => {
      const recent = new RecentAnswers(directory);
      return {
        admits,
        answer: ({ method, query }) => {
          if (method !== 'GET') return WRONG_METHOD;
          return found(query, recent, (asked) => (mayLook() ? find(looked, asked) : undefined));
        },
      };
    };
    this.#resources = {
      rd: {
        admits,
        maxPayloadBytes: MAX_LINKS_BYTES,
        answer: (request) => (request.method === 'POST' ? register(directory, request) : WRONG_METHOD),
      },
      'rd-lookup/ep': lookUp(findEndpoints),
      'rd-lookup/res': lookUp(findResources),
    };
    this.#registered = (id) => ({ admits, answer: (request) => changed(directory, id, request) });
  }

  links(): readonly Link[] {
    return LINKS;
  }

  find(path: readonly string[]): CoapResource | undefined {
    const [first, id] = path;
    if (path.length === 2 && first === 'rd') return this.#registered(id!);
    const name = path.join('/');
    return Object.hasOwn(this.#resources, name) ? this.#resources[name] : undefined;
  }
}

const WRONG_METHOD: CoapReply = { code: Code.methodNotAllowed };

function register(directory: Directory, { query, payload, peer, contentFormat }: IncomingRequest): CoapReply {
  if (payload.length > 0 && contentFormat !== undefined && contentFormat !== ContentFormat.links) {
    return says(Code.badRequest, 'the payload is a list of links (content format 40)');
  }
  const wish = readWish(query, payload);
  if (typeof wish === 'string') return says(Code.badRequest, wish);
  const registration = directory.register(wish, peer);
  if (registration === undefined) return says(Code.unavailable, 'the directory is full');
  return { code: Code.created, locationPath: ['rd', registration.id] };
}

function changed(directory: Directory, id: string, { method, query, payload, peer }: IncomingRequest): CoapReply {
  if (method === 'DELETE') return { code: directory.remove(id) ? Code.deleted : Code.notFound };
  if (method !== 'POST') return WRONG_METHOD;
  if (payload.length > 0) return says(Code.badRequest, 'an update has no payload: links change with POST to /rd');
  const update = readUpdate(query);
  if (typeof update === 'string') return says(Code.badRequest, update);
  return { code: directory.update(id, peer, update.lifetimeS) === undefined ? Code.notFound : Code.changed };
}

function found(
  query: readonly string[],
  recent: RecentAnswers,
  find: (lookUp: LookUp) => readonly Link[] | undefined,
): CoapReply {
  const lookUp = readLookUp(query);
  if (lookUp === undefined) return says(Code.badRequest, 'criteria have the form name=value, and there are at most 8');
  const payload = recent.of(JSON.stringify(query), () => {
    const links = find(lookUp);
    return links && Buffer.from(formatLinks(links));
  });
  if (payload === undefined) return { code: Code.unavailable, maxAgeS: BUSY_S };
  return { code: Code.content, payload, contentFormat: ContentFormat.links };
}

/** An answer with a diagnostic payload (RFC 7252, section 5.5.2). */
function says(code: number, text: string): CoapReply {
  return { code, payload: Buffer.from(text) };
}
