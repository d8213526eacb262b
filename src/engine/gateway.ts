import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentStatus } from '../agent/agent-plan.js';
import type { AgentEvents, AgentStateEvent } from '../agent/events.js';
import type { Clock } from '../base/ports.js';
import { peerKey } from '../coap/peer.js';
import type { UdpEndpoint } from '../coap/udp-endpoint.js';
import type { WatchedAgent } from '../create-agent.js';
import { SafeEmitter } from '../events/safe-emitter.js';
import { type ClientCounts, type ClientProtocol, ClientTally } from '../gateway/client-counts.js';
import { descriptionPath, GatewaySite } from '../gateway/coap-site.js';
import { HttpGateway, type HttpGatewayOptions } from '../gateway/http-gateway.js';
import type { WholeFile } from '../gateway/served-version.js';
import { Shelf } from '../gateway/shelf.js';
import type { CheckedAgentOptions } from '../options/check-agent-options.js';
import { makeFolder } from '../store/folder/make-folder.js';
import { readFully } from '../store/handle-io.js';
import { verifyFile } from '../store/hash-file.js';
import { AgentEngine } from './agent-engine.js';

export interface GatewayOptions {
  /** What the gateway receives, as an agent. Its outputs are files in `folder`. */
  readonly agent: CheckedAgentOptions;
  readonly folder: string;
  readonly http: HttpGatewayOptions;
  /** Where objects are served by CoAP, too; undefined: nowhere. */
  readonly coap: { readonly host: string; readonly port: number } | undefined;
}

/** The output of an agent for the objects of a gateway: one file for each. */
export function gatewayOutput(folder: string): string {
  return join(folder, '{object}');
}

/** Receives objects as an agent does, and serves them by HTTP and CoAP: what is proven of a version at once, and its file when it is whole. */
export class Gateway extends SafeEmitter<AgentEvents> implements WatchedAgent {
  readonly #options: GatewayOptions;
  readonly #shelf = new Shelf((object) => this.#coap?.endpoint.notify(descriptionPath(object)));
  readonly #clock: Clock;
  readonly #clients = { http: new ClientTally(), coap: new ClientTally() };
  #coap: UdpEndpoint | undefined;
  readonly #engine: AgentEngine;

  constructor(options: GatewayOptions, clock: Clock) {
    super();
    this.#options = options;
    this.#clock = clock;
    const { signal: _signal, network, clock: _clock, ...agent } = options.agent;
    this.#engine = new AgentEngine(agent, {
      network,
      clock,
      emit: this.emit.bind(this),
      watchStore: (descriptor, store) => this.#shelf.begin(descriptor, store),
    });
  }

  status(): AgentStatus | undefined {
    return this.#engine.stats();
  }

  /** What the clients asked and got so far. */
  get clients(): Readonly<Record<ClientProtocol, ClientCounts>> {
    const { http, coap } = this.#clients;
    const { refused = 0, limited = 0 } = this.#coap?.endpoint.counts ?? {};
    return { http, coap: { ...coap, refusedCount: refused + limited } };
  }

  /** Requests that wait for bytes that are not received yet. */
  get waitingCount(): number {
    return this.#shelf.waitingCount;
  }

  /**
   * Runs until the signal is aborted.
   *
   * @param onListening gets each URL when clients can come
   * @throws {LayercastError} as `Agent.done`; `NETWORK_UNAVAILABLE` if the system refuses to listen
   */
  async run(signal: AbortSignal, onListening: (url: string) => void): Promise<void> {
    await makeFolder(this.#options.folder);
    await using http = await HttpGateway.listen(this.#shelf, this.#options.http, this.#clients.http);
    await using coap = await this.#openCoap();
    this.#coap = coap;
    onListening(http.url);
    if (coap !== undefined) onListening(`coap://${peerKey(coap.address)}`);
    // A version that was there before is hashed: the file may have changed while the gateway was away.
    this.on('start', () => {
      for (const state of this.status()?.objects ?? []) void this.#serve(state, true, signal);
    });
    this.on('state', (state) => void this.#serve(state, false, signal));
    try {
      await this.#engine.run(signal);
    } finally {
      this.#shelf.close();
    }
  }

  /** A gateway answers clients by CoAP, and asks nobody. */
  async #openCoap(): Promise<UdpEndpoint | undefined> {
    const { coap, http } = this.#options;
    if (coap === undefined) return undefined;
    const { UdpEndpoint } = await import('../coap/udp-endpoint.js');
    const bounds = { requestCount: http.clientCount, observationCount: 0 };
    return await UdpEndpoint.open({
      ...coap,
      clock: this.#clock,
      site: new GatewaySite(this.#shelf, http.waitMs),
      onAnswer: (code, payloadBytes) => this.#clients.coap.answeredCoap(code, payloadBytes),
      bounds,
    });
  }

  async #serve(state: AgentStateEvent, isOld: boolean, signal: AbortSignal): Promise<void> {
    const { object, version, sha256: digits, bytes: sizeBytes, path } = state;
    if (path === undefined) return;
    const sha256 = Buffer.from(digits, 'hex');
    const isRight = () => !isOld || verifyFile(path, { sizeBytes, sha256 }, { signal });
    const file = await openWhole(path, isRight).catch(() => undefined);
    if (file !== undefined) this.#shelf.complete({ object, version, sizeBytes, sha256 }, file);
  }
}

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
