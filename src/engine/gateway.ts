import { open, stat } from 'node:fs/promises';
import type { EventEmitter } from 'eventemitter3';
import type { AgentStatus, HeldObject } from '../agent/agent-plan.js';
import type { AgentEvents, AgentStateEvent } from '../agent/events.js';
import { authorityOf } from '../base/authority.js';
import type { Clock, Network } from '../base/ports.js';
import type { UdpEndpoint } from '../coap/udp-endpoint.js';
import type { GatewayEvents } from '../events/gateway-events.js';
import { type ClientCounts, type ClientProtocol, ClientTally } from '../gateway/client-counts.js';
import { descriptionPath, GatewaySite } from '../gateway/coap-site.js';
import { HttpGateway } from '../gateway/http-gateway.js';
import { notServed } from '../gateway/not-served.js';
import type { WholeFile } from '../gateway/served-version.js';
import { Shelf } from '../gateway/shelf.js';
import type { CheckedGatewayOptions } from '../options/check-gateway-options.js';
import { makeFolder } from '../store/folder/make-folder.js';
import { readFully } from '../store/handle-io.js';
import { verifyFile } from '../store/hash-file.js';
import { AgentEngine } from './agent-engine.js';
import type { Engine } from './engine.js';

/** The options that count once the gateway runs. They can be copied to another thread. */
export type GatewayEngineOptions = Omit<CheckedGatewayOptions, 'signal' | 'network' | 'clock'>;

export interface GatewayEngineWorld {
  /** Undefined for the sockets of this host. */
  readonly network: Network | undefined;
  readonly clock: Clock;
  readonly emit: EventEmitter<GatewayEvents>['emit'];
}

/** What a gateway has come to. */
export interface GatewayStatus extends AgentStatus {
  /** Where clients can ask for objects: by HTTP, and by CoAP if it serves that. */
  readonly urls: readonly string[];
  /** What the clients asked and got so far. */
  readonly clients: Readonly<Record<ClientProtocol, ClientCounts>>;
  /** Requests that wait for bytes that are not received yet. */
  readonly waitingCount: number;
}

/** Receives objects as an agent does, and serves them by HTTP and CoAP: what is proven of a version at once, and its file when it is whole. */
export class GatewayEngine implements Engine<GatewayStatus | undefined, void> {
  readonly #options: GatewayEngineOptions;
  readonly #world: GatewayEngineWorld;
  readonly #shelf = new Shelf((object) => this.#coap?.endpoint.notify(descriptionPath(object)));
  readonly #clients = { http: new ClientTally(), coap: new ClientTally() };
  readonly #urls: string[] = [];
  /** Ends with the run: nothing is hashed any more. */
  readonly #ending = new AbortController();
  #coap: UdpEndpoint | undefined;
  readonly #agent: AgentEngine;

  constructor(options: GatewayEngineOptions, world: GatewayEngineWorld) {
    this.#options = options;
    this.#world = world;
    const emit = (event: string, fields: object) => {
      const isHeard = world.emit(event as 'state', fields as AgentStateEvent);
      this.#hear(event, fields);
      return isHeard;
    };
    this.#agent = new AgentEngine(options.agent, {
      network: world.network,
      clock: world.clock,
      emit: emit as EventEmitter<AgentEvents>['emit'],
      uselessnessOf: notServed,
      watchStore: (descriptor, store) => this.#shelf.begin(descriptor, store),
      forget: { afterUs: options.forgetAfterMs * 1000, onForget: (object) => this.#shelf.drop(object) },
    });
  }

  stats(): GatewayStatus | undefined {
    const status = this.#agent.stats();
    if (status === undefined) return undefined;
    return { ...status, urls: [...this.#urls], clients: this.#counts(), waitingCount: this.#shelf.waitingCount };
  }

  /** @throws {LayercastError} as `Agent.done`; `NETWORK_UNAVAILABLE` if the system refuses to listen */
  async run(signal: AbortSignal): Promise<void> {
    await makeFolder(this.#options.folder);
    await using http = await HttpGateway.listen(this.#shelf, this.#options.http, this.#clients.http);
    await using coap = await this.#openCoap();
    this.#coap = coap;
    this.#tellServing(http.url);
    if (coap !== undefined) this.#tellServing(`coap://${authorityOf(coap.address.address, coap.address.port)}`);
    try {
      await this.#agent.run(signal);
    } finally {
      this.#ending.abort();
      this.#shelf.close();
    }
  }

  #tellServing(url: string): void {
    this.#urls.push(url);
    this.#world.emit('serving', { url });
  }

  #hear(event: string, fields: object): void {
    const { bytes: sizeBytes, ...state } = fields as AgentStateEvent;
    if (event === 'state') void this.#serve({ ...state, sizeBytes }, false);
    // A version that was there before is hashed: the file may have changed while the gateway was away.
    if (event === 'start') for (const held of this.#agent.held()) void this.#serve(held, true);
  }

  #counts(): GatewayStatus['clients'] {
    const { refused = 0, limited = 0 } = this.#coap?.endpoint.counts ?? {};
    const { http, coap } = this.#clients;
    return {
      http: { ...http, answers: { ...http.answers } },
      coap: { ...coap, answers: { ...coap.answers }, refusedCount: refused + limited },
    };
  }

  /** A gateway answers clients by CoAP, and asks nobody. */
  async #openCoap(): Promise<UdpEndpoint | undefined> {
    const { coap, http } = this.#options;
    if (coap === undefined) return undefined;
    const { UdpEndpoint } = await import('../coap/udp-endpoint.js');
    const bounds = { requestCount: http.clientCount, observationCount: 0 };
    return await UdpEndpoint.open({
      ...coap,
      clock: this.#world.clock,
      site: new GatewaySite(this.#shelf, http.waitMs),
      onAnswer: (code, payloadBytes) => this.#clients.coap.answeredCoap(code, payloadBytes),
      bounds,
    });
  }

  async #serve({ object, version, sha256: digits, sizeBytes, path }: Held, isOld: boolean): Promise<void> {
    if (path === undefined) return;
    const sha256 = Buffer.from(digits, 'hex');
    const isRight = () => !isOld || verifyFile(path, { sizeBytes, sha256 }, { signal: this.#ending.signal });
    const file = await openWhole(path, isRight).catch(() => undefined);
    if (file !== undefined) this.#shelf.complete({ object, version, sizeBytes, sha256 }, file);
  }
}

/** What is to be served of a version. */
type Held = Pick<HeldObject, 'object' | 'version' | 'sha256' | 'sizeBytes'> & { readonly path?: string | undefined };

/** Undefined for a file that is not right, or that another has replaced while that was found out. */
async function openWhole(path: string, isRight: () => boolean | Promise<boolean>): Promise<WholeFile | undefined> {
  const handle = await open(path, 'r');
  try {
    const opened = await handle.stat();
    if ((await isRight()) && (await stat(path)).ino === opened.ino) {
      return { read: (offset, into) => readFully(handle, into, offset), close: () => handle.close() };
    }
  } catch {
    // Nothing is served then.
  }
  await handle.close();
  return undefined;
}
