import type { Client } from './client.js';
import { Code, isSuccess } from './code.js';
import type { LinkLayer } from './link-layer.js';
import type { Message } from './message.js';
import { OptionNumber, Options, uintOption } from './options.js';
import type { Peer } from './peer.js';
import { type CoapFault, type CoapResponse, requestOptions, responseOf } from './request.js';
import { exchangeWhole } from './whole-exchange.js';

/** Notifications are numbered with 24 bits (RFC 7641, section 3.4). */
const HALF = 2 ** 23;
/** After this time any number is newer (RFC 7641, section 3.4). */
const ORDER_US = 128_000_000;
/** What a response is fresh for if it says nothing (RFC 7252, section 5.10.5). */
const DEFAULT_MAX_AGE_S = 60;
/** Time beyond Max-Age before the resource is asked again (RFC 7641, section 3.3.1, asks for 5 to 15 s). */
const GRACE_US = 10_000_000;

export interface ObserveTarget {
  readonly path: readonly string[];
  readonly query?: readonly string[] | undefined;
  /** Whether the resource is asked again when its state is no longer fresh. If not, the observation needs no timer, and its owner asks anew. @default true */
  readonly renews?: boolean | undefined;
}

/** Hears what an observed resource says. */
export interface ObservationCallbacks {
  /** The state of the resource, at first and after each change. */
  onNotification(response: CoapResponse): void;
  /** No notification follows. An answer as the reason: the resource refuses, or cannot be observed. */
  onEnd(why: CoapFault | CoapResponse): void;
}

export interface Observation {
  /** Forgets it; the next notification tells the other side so (RFC 7641, section 3.6). */
  cancel(): void;
}

/** One resource of a peer that is observed (RFC 7641). When its state is no longer fresh, it is asked again. */
export class ClientObservation implements Observation {
  readonly #client: Client;
  readonly #link: LinkLayer;
  readonly #peer: Peer;
  readonly #token: Uint8Array;
  readonly #target: ObserveTarget;
  readonly #callbacks: ObservationCallbacks;
  readonly #stopListening: () => void;
  #newest: { readonly sequence: number; readonly atUs: number } | undefined;
  #cancelTimer: () => void = () => undefined;
  #isOver = false;
  /** Gives up the requests under way; undefined while there are none, because a manager has 200,000 observations. */
  #leaving: AbortController | undefined;
  #requestCount = 0;
  #isReading = false;
  /** Something was heard since the state was asked for as a whole. */
  #isBehind = false;
  /** No notification follows what is being read. */
  #isLast = false;

  /** @throws {CoapFault} `full` */
  constructor(client: Client, link: LinkLayer, peer: Peer, target: ObserveTarget, callbacks: ObservationCallbacks) {
    this.#client = client;
    this.#link = link;
    this.#peer = peer;
    this.#token = link.newToken();
    this.#target = target;
    this.#callbacks = callbacks;
    const [hear, close] = [(message: Message) => this.#hear(message), (fault: CoapFault) => this.#over(fault)];
    this.#stopListening = client.listen(peer, this.#token, hear, close);
    this.#register();
  }

  cancel(): void {
    this.#isOver = true;
    this.#leaving?.abort();
    this.#cancelTimer();
    this.#stopListening();
  }

  /** Asks for the state and its changes, at first and again: the token stays, so the other side has one observer. */
  #register(): void {
    const options = [...requestOptions({ method: 'GET', ...this.#target }), uintOption(OptionNumber.observe, 0)];
    const content = { code: Code.get, token: this.#token, options, payload: new Uint8Array() };
    this.#ask((signal) => this.#client.send(this.#peer, content, signal)).then(
      (message) => this.#hear(message),
      (fault: unknown) => this.#over(fault as CoapFault),
    );
  }

  #hear(message: Message): void {
    if (this.#isOver) return;
    let response: CoapResponse;
    try {
      response = responseOf(message);
    } catch {
      return;
    }
    if (!isSuccess(response.code)) {
      this.#over(response);
      return;
    }
    const sequence = new Options(message.options).uint(OptionNumber.observe, 3);
    if (sequence === undefined) {
      this.#tell(response, true);
      return;
    }
    if (!this.#isNewer(sequence)) return;
    this.#newest = { sequence, atUs: this.#link.clock.nowUs() };
    this.#cancelTimer();
    if (this.#target.renews !== false) this.#renewAfter((response.maxAgeS ?? DEFAULT_MAX_AGE_S) * 1e6);
    this.#tell(response, false);
  }

  #renewAfter(freshUs: number): void {
    const { clock } = this.#link;
    this.#cancelTimer = clock.schedule(clock.nowUs() + freshUs + GRACE_US, () => this.#register());
  }

  /** A state that does not fit one message is asked for as a whole. However much is heard meanwhile, it is asked for once more. */
  #tell(response: CoapResponse, isLast: boolean): void {
    this.#isLast ||= isLast;
    this.#isBehind = true;
    if (response.block2?.hasMore !== true) this.#told(response, this.#isLast && !this.#isReading);
    else if (!this.#isReading) void this.#read();
  }

  async #read(): Promise<void> {
    const request = { method: 'GET', ...this.#target } as const;
    this.#isReading = true;
    try {
      while (this.#isBehind && !this.#isOver) {
        this.#isBehind = false;
        const whole = await this.#ask((signal) =>
          exchangeWhole(this.#client, this.#link, this.#peer, request, { signal }),
        );
        this.#told(whole, this.#isLast && !this.#isBehind);
      }
    } catch (fault) {
      this.#over(fault as CoapFault);
    } finally {
      this.#isReading = false;
    }
  }

  /** Has a request end with the observation. */
  async #ask<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#leaving ??= new AbortController();
    this.#requestCount++;
    try {
      return await request(this.#leaving.signal);
    } finally {
      if (--this.#requestCount === 0) this.#leaving = undefined;
    }
  }

  #told(response: CoapResponse, isLast: boolean): void {
    if (this.#isOver) return;
    this.#callbacks.onNotification(response);
    if (isLast) this.#over(response);
  }

  #over(why: CoapFault | CoapResponse): void {
    if (this.#isOver) return;
    this.cancel();
    this.#callbacks.onEnd(why);
  }

  #isNewer(sequence: number): boolean {
    if (this.#newest === undefined) return true;
    const { sequence: last, atUs } = this.#newest;
    // The same number comes when a state that has not changed is asked again.
    const isAfter = (last <= sequence && sequence - last < HALF) || (last > sequence && last - sequence > HALF);
    return isAfter || this.#link.clock.nowUs() > atUs + ORDER_US;
  }
}
