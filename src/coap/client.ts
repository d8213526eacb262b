import type { CoapBounds } from './bounds.js';
import type { LinkLayer } from './link-layer.js';
import { emptyMessage, type Message } from './message.js';
import { OptionNumber, Options } from './options.js';
import { type Peer, peerKey } from './peer.js';
import { Remembered } from './remembered.js';
import { CoapFault, type CoapRequest, requestContent } from './request.js';
import type { Content, Transmissions } from './transmissions.js';

/** How long a response may come after its request was acknowledged. A device that sleeps does not acknowledge. */
const RESPONSE_US = 60_000_000;

interface Listener {
  readonly peer: Peer;
  onResponse(message: Message): void;
}

/** Asks others: pairs responses and notifications with what they answer. */
export class Client {
  readonly #link: LinkLayer;
  readonly #transmissions: Transmissions;
  readonly #bounds: CoapBounds;
  readonly #onStray: (peer: Peer) => void;
  /** Separate responses, so that a copy is acknowledged again. */
  readonly #remembered: Remembered;
  readonly #pending = new Map<string, Listener>();
  /** Those who hear each message with a token, until they are no longer interested. */
  readonly #listeners = new Map<string, Listener>();
  readonly #closing = new Set<(fault: CoapFault) => void>();

  /** @param onStray hears of notifications that nothing here has asked for */
  constructor(
    link: LinkLayer,
    transmissions: Transmissions,
    bounds: CoapBounds,
    onStray: (peer: Peer) => void = () => undefined,
  ) {
    this.#link = link;
    this.#transmissions = transmissions;
    this.#bounds = bounds;
    this.#onStray = onStray;
    this.#remembered = new Remembered(link.clock, bounds.rememberedCount);
  }

  /** One request in one message, and its response. @throws {CoapFault}; the reason of the signal */
  exchange(peer: Peer, request: CoapRequest, signal?: AbortSignal): Promise<Message> {
    return this.send(peer, { ...requestContent(request), token: this.#link.newToken() }, signal);
  }

  /** As `exchange`, for a message that is put together already. */
  send(peer: Peer, content: Content, signal?: AbortSignal): Promise<Message> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const key = tokenKey(content.token);
      const { clock } = this.#link;
      let cancelTimer: () => void = () => undefined;
      const end = () => {
        cancelTimer();
        cancel?.();
        this.#pending.delete(key);
        this.#closing.delete(fail);
        signal?.removeEventListener('abort', abort);
      };
      const fail = (fault: unknown) => {
        end();
        reject(fault);
      };
      const abort = () => fail(signal?.reason);
      const onResponse = (message: Message) => {
        end();
        resolve(message);
      };
      const cancel = this.#transmissions.send(peer, content, {
        onAcknowledged: (message) => {
          if (message.code !== 0) return this.#takePiggybacked(peer, message);
          cancelTimer = clock.schedule(clock.nowUs() + RESPONSE_US, () => fail(new CoapFault('timeout')));
        },
        onReset: () => fail(new CoapFault('reset')),
        onTimeout: () => fail(new CoapFault('timeout')),
      });
      if (cancel === undefined) return reject(new CoapFault('full'));
      this.#pending.set(key, { peer, onResponse });
      this.#closing.add(fail);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Passes on each notification with this token. The returned function ends that. @throws {CoapFault} `full` */
  listen(
    peer: Peer,
    token: Uint8Array,
    onMessage: (message: Message) => void,
    onClosed: (fault: CoapFault) => void,
  ): () => void {
    if (this.#listeners.size >= this.#bounds.observationCount) throw new CoapFault('full');
    const key = tokenKey(token);
    this.#listeners.set(key, { peer, onResponse: onMessage });
    this.#closing.add(onClosed);
    return () => {
      this.#listeners.delete(key);
      this.#closing.delete(onClosed);
    };
  }

  /** A response that came as a message of its own. */
  take(peer: Peer, message: Message): void {
    const { type, id } = message;
    const isKnown = this.#isFor(peer, message);
    if (type === 'CON') {
      const isCopy = this.#remembered.of(peer, id) !== undefined;
      this.#link.send(emptyMessage(isKnown || isCopy ? 'ACK' : 'RST', id), peer);
      if (isCopy) {
        this.#link.counts.duplicate++;
        return;
      }
      if (isKnown) this.#remembered.note(peer, id);
    }
    if (isKnown) this.#pass(message);
    else this.#stray(peer, message);
  }

  close(): void {
    for (const close of [...this.#closing]) close(new CoapFault('closed'));
  }

  #takePiggybacked(peer: Peer, message: Message): void {
    if (this.#isFor(peer, message)) this.#pass(message);
    else this.#link.counts.stray++;
  }

  #isFor(peer: Peer, { token }: Message): boolean {
    const asked = this.#listenerOf(token)?.peer;
    return asked !== undefined && peerKey(asked) === peerKey(peer);
  }

  #pass(message: Message): void {
    this.#listenerOf(message.token)?.onResponse(message);
  }

  /** A request that waits for its response comes before an observation with the same token, which it renews. */
  #listenerOf(token: Uint8Array): Listener | undefined {
    const key = tokenKey(token);
    return this.#pending.get(key) ?? this.#listeners.get(key);
  }

  #stray(peer: Peer, { options }: Message): void {
    this.#link.counts.stray++;
    if (new Options(options).bytes(OptionNumber.observe) !== undefined) this.#onStray(peer);
  }
}

function tokenKey(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.length).toString('hex');
}
