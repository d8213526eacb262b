import { type CoapBounds, type CoapCounts, DEFAULT_BOUNDS, newCounts } from './bounds.js';
import { Client } from './client.js';
import { Code, ContentFormat, isRequestCode, isResponseCode } from './code.js';
import { type CoapWorld, LinkLayer } from './link-layer.js';
import { filterLinks, formatLinks } from './links.js';
import { decodeMessage, emptyMessage, type Message, rejectionOf } from './message.js';
import { ClientObservation, type Observation, type ObservationCallbacks, type ObserveTarget } from './observation.js';
import type { Peer } from './peer.js';
import type { CoapRequest, CoapResponse } from './request.js';
import { Server } from './server.js';
import type { CoapResource, CoapSite } from './site.js';
import { Transmissions } from './transmissions.js';
import { exchangeWhole, type WholeOptions } from './whole-exchange.js';

export interface EndpointOptions {
  /** What it serves. @default nothing */
  readonly site?: CoapSite | undefined;
  readonly bounds?: Partial<CoapBounds> | undefined;
  /** Hears of each answer to a request: its code, and the bytes of its payload. */
  readonly onAnswer?: ((code: number, payloadBytes: number) => void) | undefined;
  /**
   * Hears who sends a notification that nothing here has asked for: it has observers of an earlier life of this endpoint, and can be reached now.
   * It is told to stop.
   */
  readonly onStrayNotification?: ((peer: Peer) => void) | undefined;
  /** Hears of a peer that rejects a notification from here: it knows nothing of its observation, or not from this address. */
  readonly onUnknownHere?: ((peer: Peer) => void) | undefined;
}

/**
 * A server and client of CoAP (RFC 7252, 7641, 7959) on one socket: a NAT lets back only what goes to the address and port that its device
 * has sent from. Datagrams, time and chance come from outside.
 */
export class CoapEndpoint {
  readonly counts: CoapCounts = newCounts();
  readonly #link: LinkLayer;
  readonly #transmissions: Transmissions;
  readonly #client: Client;
  readonly #server: Server;
  #isClosed = false;

  constructor(world: CoapWorld, options: EndpointOptions = {}) {
    const bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
    this.#link = new LinkLayer(world, this.counts);
    this.#transmissions = new Transmissions(this.#link, bounds.transmissionCount);
    this.#client = new Client(this.#link, this.#transmissions, bounds, options.onStrayNotification);
    const { onAnswer, onUnknownHere } = options;
    const site = withDiscovery(options.site);
    this.#server = new Server(this.#link, this.#transmissions, site, bounds, onAnswer, onUnknownHere);
  }

  /** Takes a datagram; never throws. */
  receive(bytes: Uint8Array, peer: Peer): void {
    if (this.#isClosed) return;
    this.counts.received++;
    // Nothing can be sent to port 0, which anybody can forge: the system's sockets throw at it.
    if (peer.port === 0) {
      this.counts.damaged++;
      return;
    }
    const message = decodeMessage(bytes);
    if (message === undefined || !isSane(message)) {
      this.counts.damaged++;
      const rejection = rejectionOf(bytes);
      if (rejection !== undefined) this.#link.send(rejection, peer);
    } else this.#take(message, peer);
  }

  /**
   * Asks a peer, in as many blocks as payload and answer need.
   *
   * @throws {CoapFault}; the reason of the signal
   */
  request(peer: Peer, request: CoapRequest, options: WholeOptions = {}): Promise<CoapResponse> {
    return exchangeWhole(this.#client, this.#link, peer, request, options);
  }

  /** Observes a resource of a peer. @throws {CoapFault} `full` */
  observe(peer: Peer, target: ObserveTarget, callbacks: ObservationCallbacks): Observation {
    return new ClientObservation(this.#client, this.#link, peer, target, callbacks);
  }

  /** The resource at this path of the site has changed: its observers are told. */
  notify(path: readonly string[]): void {
    if (!this.#isClosed) this.#server.observers.notify(path);
  }

  /** How many observers the resources of this endpoint have. */
  get observerCount(): number {
    return this.#server.observers.size;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#client.close();
    this.#isClosed = true;
    this.#server.close();
    this.#transmissions.close();
  }

  #take(message: Message, peer: Peer): void {
    const { type, code, id } = message;
    if (isRequestCode(code)) void this.#server.take(peer, message);
    else if (type === 'ACK' || type === 'RST') this.#transmissions.settle(peer, message);
    else if (code === Code.empty) this.#link.send(emptyMessage('RST', id), peer);
    else this.#client.take(peer, message);
  }
}

/** Whether code and type go together (RFC 7252, section 4.3, table 1). Reserved classes are damage. */
function isSane({ type, code }: Message): boolean {
  if (code === Code.empty) return type !== 'NON';
  if (type === 'RST') return false;
  return isResponseCode(code) || (isRequestCode(code) && type !== 'ACK');
}

/** A site that also answers `/.well-known/core` (RFC 6690, section 4). */
function withDiscovery(site: CoapSite | undefined): CoapSite {
  const links = () => site?.links() ?? [];
  const discovery: CoapResource = {
    answer: ({ method, query }) => {
      if (method !== 'GET') return { code: Code.methodNotAllowed };
      const payload = Buffer.from(formatLinks(filterLinks(links(), query)));
      return { code: Code.content, payload, contentFormat: ContentFormat.links };
    },
  };
  const isDiscovery = (path: readonly string[]) => path.join('/') === '.well-known/core';
  return { links, find: (path) => (isDiscovery(path) ? discovery : site?.find(path)) };
}
