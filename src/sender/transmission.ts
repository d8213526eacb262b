import { capabilitiesOf } from '../base/capabilities.js';
import { HEADER_BYTES } from '../base/limits.js';
import type { Clock, Destination, Network } from '../base/ports.js';
import type { SenderChannel } from './channel.js';
import { ReopeningSocket } from './reopening-socket.js';
import type { SendLimits, Slab, SymbolSource } from './slab.js';
import type { TimedSending } from './timed-sending.js';

export interface TransmissionEvents {
  /** The object's bytes can no longer be read; the transmission has stopped. */
  readonly onFailure: (error: unknown) => void;
  /** The network has begun to refuse datagrams (`failure` is an errno name or error code), or takes them again (undefined). */
  readonly onNetwork: (failure: string | undefined) => void;
}

/**
 * Sends one channel: reads payloads into the channel's datagrams, and hands due datagrams to a socket. The owner calls `pump` at
 * `nextDueUs`; `pump` starts all sends and reads.
 */
export class Transmission implements TimedSending {
  readonly channel: SenderChannel;
  readonly #socket: ReopeningSocket;
  readonly #symbols: SymbolSource | undefined;
  readonly #clock: Clock;
  readonly #limits: SendLimits;
  readonly #events: TransmissionEvents;
  #sending = false;
  #filling = false;
  #closed = false;

  /** @param symbols where payloads come from; undefined for an object of zeros. */
  constructor(
    channel: SenderChannel,
    destination: Destination,
    symbols: SymbolSource | undefined,
    world: { readonly clock: Clock; readonly network: Network },
    events: TransmissionEvents,
  ) {
    this.channel = channel;
    this.#socket = new ReopeningSocket(destination, world, (failure) => events.onNetwork(failure));
    this.#symbols = symbols;
    this.#clock = world.clock;
    this.#limits = capabilitiesOf(world.network);
    this.#events = events;
  }

  get burstGapUs(): number {
    return this.channel.burstGapUs;
  }

  begin(nowUs: number): void {
    this.channel.begin(nowUs);
  }

  /** Datagrams that the system did not take. */
  get refusedCount(): number {
    return this.#socket.refusedCount;
  }

  /**
   * Opens the socket and makes the first datagrams.
   *
   * @throws {LayercastError} `UNKNOWN_INTERFACE`, `NETWORK_UNAVAILABLE`, or the error of the first read of the object's bytes
   */
  async open(): Promise<void> {
    await this.#socket.open();
    await this.#fill();
  }

  /**
   * When to call `pump` next. Infinite after `close`, while a send is running, and while no datagrams are ready because a read is
   * running; the send or the read then calls `wake` at its end.
   */
  get nextDueUs(): number {
    return this.#sending || this.#closed || !this.channel.hasDatagrams
      ? Number.POSITIVE_INFINITY
      : this.channel.nextDueUs;
  }

  pump(nowUs: number, wake: () => void): void {
    if (this.#sending || this.#closed) return;
    const batches = this.channel.take(nowUs, this.#clock.wallUs(), this.#limits);
    if (this.channel.wantsRefill) void this.#refill().then(wake);
    if (batches.length === 0) return;
    this.#sending = true;
    void this.#socket.send(batches).then(() => {
      this.#sending = false;
      wake();
    });
  }

  close(): void {
    this.#closed = true;
    this.#socket.close();
  }

  async #refill(): Promise<void> {
    if (this.#filling || this.#closed) return;
    this.#filling = true;
    try {
      await this.#fill();
    } catch (error) {
      if (!this.#closed) {
        this.close();
        this.#events.onFailure(error);
      }
    } finally {
      this.#filling = false;
    }
  }

  async #fill(): Promise<void> {
    await this.#read(this.channel.refill());
    this.channel.filled();
  }

  async #read(slab: Slab): Promise<void> {
    const symbols = this.#symbols;
    if (slab.reads.count === 0 || symbols === undefined) return;
    await symbols.read(slab.reads, slab.bytes, HEADER_BYTES + symbols.symbolBytes);
  }
}
