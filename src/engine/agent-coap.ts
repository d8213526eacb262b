import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import type { AgentStatus } from '../agent/agent-plan.js';
import { RADIO_PATH, STATE_PATH } from '../agent/coap/device-paths.js';
import { DEVICE_LINKS, DeviceSite, type RadioStatus } from '../agent/coap/device-site.js';
import { Registration } from '../agent/coap/registration.js';
import { patternTest } from '../agent/object-pattern.js';
import type { Clock } from '../base/ports.js';
import { type CoapTarget, parseCoapUrl } from '../coap/coap-url.js';
import type { Peer } from '../coap/peer.js';
import type { CoapRequest, CoapResponse } from '../coap/request.js';
import { UdpEndpoint } from '../coap/udp-endpoint.js';
import { AddressList } from '../net/address-list.js';
import type { CheckedCoapChoice } from '../options/coap-options.js';
import { parseListenAddress } from '../options/listen-address.js';
import { unpackDescriptor } from '../wire/descriptor-reader.js';
import { unpackSignedRecord } from '../wire/signed-record.js';
import type { Elsewhere } from './agent-watches.js';

/** Pushed records that wait for a device that is waking up. */
const MAX_WAITING = 8;
/** Where directories have their registrations unless their URL says so (RFC 9176, section 5.1, calls it typical). */
const DEFAULT_PATH = ['rd'];

export interface AgentCoapWorld {
  readonly clock: Clock;
  readonly status: () => AgentStatus | undefined;
  /** Wakes the agent, and tries at once what waits. */
  readonly fetchNow: () => void;
  readonly warn: (message: string) => void;
}

/** An agent by CoAP: one socket for its directory, its observers and its manager, so that all of them use one hole in a NAT. */
export class AgentCoap implements Elsewhere, AsyncDisposable {
  /** No wake waits for a push. */
  readonly isExpecting = false;
  readonly #coap: CheckedCoapChoice;
  readonly #fleet: string;
  readonly #fits: readonly ((object: string) => boolean)[];
  readonly #world: AgentCoapWorld;
  readonly #allowed: AddressList | undefined;
  readonly #directory: CoapTarget | undefined;
  readonly #registration: Registration | undefined;
  /** Where the directory is, by its name, when it was asked last. */
  #directoryAddress: string | undefined;
  #udp!: UdpEndpoint;
  #take: ((record: Uint8Array) => void) | undefined;
  readonly #waiting: Uint8Array[] = [];
  #radio: RadioStatus = { isAwake: false, nextWakeAt: null };

  private constructor(coap: CheckedCoapChoice, fleet: string, objects: readonly string[], world: AgentCoapWorld) {
    this.#coap = coap;
    this.#fleet = fleet;
    this.#fits = objects.map(patternTest);
    this.#world = world;
    this.#allowed = coap.allow === undefined ? undefined : new AddressList(coap.allow);
    this.#directory = coap.directory === undefined ? undefined : parseCoapUrl(coap.directory);
    this.#registration = this.#directory && this.#registrationAt(this.#directory);
  }

  /**
   * @param objects names or patterns of the device's subscriptions
   * @throws {LayercastError} `NETWORK_UNAVAILABLE` if the system refuses to listen
   */
  static async open(
    coap: CheckedCoapChoice,
    fleet: string,
    objects: readonly string[],
    world: AgentCoapWorld,
  ): Promise<AgentCoap> {
    const agent = new AgentCoap(coap, fleet, objects, world);
    const listen = coap.listen === undefined ? undefined : parseListenAddress(coap.listen);
    const site = new DeviceSite({
      status: world.status,
      radio: () => agent.#radio,
      mayRead: (peer) => listen !== undefined || agent.#mayTrigger(peer) || agent.#isDirectory(peer),
      mayTrigger: (peer) => agent.#mayTrigger(peer),
      trigger: (object) => agent.#trigger(object),
      push: (record) => agent.#push(record),
    });
    const address = listen ?? { host: '::', port: 0 };
    // The agent observes nothing: it asks its directory only.
    agent.#udp = await UdpEndpoint.open({
      ...address,
      clock: world.clock,
      site,
      bounds: { observationCount: 0 },
      onUnknownHere: (peer) => {
        if (agent.#isDirectory(peer)) agent.#registration?.doubt();
      },
    });
    return agent;
  }

  /** An object has another state. */
  changeState(): void {
    this.#udp.endpoint.notify([STATE_PATH]);
  }

  /** The agent wakes (null) or goes to sleep. At each wake the directory learns from which address the device speaks now. */
  changeRadio(nextWakeAt: string | null): void {
    this.#radio = { isAwake: nextWakeAt === null, nextWakeAt };
    this.#udp.endpoint.notify([RADIO_PATH]);
    if (this.#radio.isAwake) this.#registration?.renew();
  }

  wake(take: (record: Uint8Array) => void): void {
    this.#take = take;
    for (const record of this.#waiting.splice(0)) take(record);
  }

  sleep(): void {
    this.#take = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registration?.end();
    await this.#udp[Symbol.asyncDispose]();
  }

  #registrationAt({ path }: CoapTarget): Registration {
    const { endpoint = hostname(), lifetimeMs } = this.#coap;
    const { clock, warn } = this.#world;
    return new Registration(
      {
        endpoint,
        lifetimeS: Math.round(lifetimeMs / 1000),
        path: path.length === 0 ? DEFAULT_PATH : path,
        links: DEVICE_LINKS,
      },
      { clock, random: Math.random, ask: (request, signal) => this.#askDirectory(request, signal), warn },
    );
  }

  async #askDirectory(request: CoapRequest, signal: AbortSignal): Promise<CoapResponse> {
    const { host, port } = this.#directory!;
    const { address } = await lookup(host);
    this.#directoryAddress = address;
    return await this.#udp.endpoint.request({ address, port }, request, { signal });
  }

  #isDirectory({ address }: Peer): boolean {
    return address === this.#directoryAddress;
  }

  #mayTrigger(peer: Peer): boolean {
    return this.#allowed?.has(peer.address) ?? this.#isDirectory(peer);
  }

  #trigger(object: string | undefined): boolean {
    if (object !== undefined && !this.#fits.some((fits) => fits(object))) return false;
    this.#world.fetchNow();
    return true;
  }

  /** Refuses what has not the form of a record of this fleet. Anybody can make a record of this form; whether it counts is judged later, as for announcements. */
  #push(record: Uint8Array): boolean {
    const signed = unpackSignedRecord(record);
    if (signed === undefined) return false;
    const descriptor = unpackDescriptor(signed.body);
    if (descriptor !== undefined && descriptor.fleet !== this.#fleet) return false;
    if (this.#take !== undefined) this.#take(record);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(Uint8Array.from(record));
    this.#world.fetchNow();
    return true;
  }
}
