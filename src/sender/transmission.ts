import type { Clock, Destination, Network, SendSocket } from '../ports.js';
import { HEADER_BYTES } from '../wire/header.js';
import type { SenderChannel } from './channel.js';
import type { Slab, SymbolSource } from './slab.js';

/** A socket that the system refuses is opened anew this often, in case its interface went and came back. */
const REOPEN_INTERVAL_US = 1_000_000;

export interface TransmissionEvents {
  /** The object's bytes can no longer be had; the transmission has stopped. */
  readonly onFailure: (error: unknown) => void;
  /** The network began (an errno name) or ceased (undefined) to refuse datagrams. */
  readonly onNetwork: (failure: string | undefined) => void;
}

/**
 * One channel at work: moves datagrams from their maker to a socket and payloads from the disk into them. Everything is
 * started by `pump`, which its owner calls when `nextDueUs` has come.
 */
export class Transmission {
  /** Datagrams that the system did not take. */
  refusedCount = 0;
  readonly channel: SenderChannel;
  readonly #destination: Destination;
  readonly #symbols: SymbolSource | undefined;
  readonly #clock: Clock;
  readonly #network: Network;
  readonly #events: TransmissionEvents;
  #socket: SendSocket | undefined;
  #scratch = new Uint8Array(0);
  #sending = false;
  #filling = false;
  #closed = false;
  #refused: string | undefined;
  #reopenUs = 0;

  /** @param symbols where payloads come from; undefined for channels that carry none. */
  constructor(
    channel: SenderChannel,
    destination: Destination,
    symbols: SymbolSource | undefined,
    world: { readonly clock: Clock; readonly network: Network },
    events: TransmissionEvents,
  ) {
    this.channel = channel;
    this.#destination = destination;
    this.#symbols = symbols;
    this.#clock = world.clock;
    this.#network = world.network;
    this.#events = events;
  }

  /** Opens the socket and makes the first datagrams. Rejects when the interface or the group cannot be used. */
  async open(): Promise<void> {
    this.#socket = await this.#network.openSender(this.#destination);
    await this.#refill();
  }

  /** When `pump` should be called next; infinite while a send or a read is under way, which call `wake` themselves. */
  get nextDueUs(): number {
    return this.#sending || this.#closed || !this.channel.hasDatagrams
      ? Number.POSITIVE_INFINITY
      : this.channel.nextDueUs;
  }

  /** Sends what is due. `wake` is called when the system has taken it. */
  pump(nowUs: number, wake: () => void): void {
    if (this.#sending || this.#closed || this.#socket === undefined) return;
    const batch = this.channel.take(nowUs, this.#clock.wallUs());
    if (this.channel.wantsRefill) void this.#refill().then(wake);
    if (batch === undefined) return;
    this.#sending = true;
    void this.#socket.send(batch).then((result) => {
      this.#sending = false;
      this.refusedCount += batch.count - result.sentCount;
      this.#notice(result.failure);
      wake();
    });
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }

  async #refill(): Promise<void> {
    if (this.#filling || this.#closed) return;
    this.#filling = true;
    try {
      const slab = this.channel.refill();
      await this.#read(slab);
      this.channel.filled();
    } catch (error) {
      if (!this.#closed) {
        this.close();
        this.#events.onFailure(error);
      }
    } finally {
      this.#filling = false;
    }
  }

  async #read(slab: Slab): Promise<void> {
    const symbols = this.#symbols;
    if (slab.reads.length === 0 || symbols === undefined) return;
    const { symbolBytes } = symbols;
    if (this.#scratch.length === 0) this.#scratch = new Uint8Array(slab.capacity * symbolBytes);
    await symbols.read(slab.reads, this.#scratch);
    for (const { firstSlot, count } of slab.reads) {
      for (let slot = firstSlot; slot < firstSlot + count; slot++) {
        const payload = this.#scratch.subarray(slot * symbolBytes, (slot + 1) * symbolBytes);
        slab.bytes.set(payload, slot * slab.strideBytes + HEADER_BYTES);
      }
    }
  }

  #notice(failure: string | undefined): void {
    if (failure !== this.#refused) this.#events.onNetwork(failure);
    this.#refused = failure;
    if (failure === undefined || this.#clock.nowUs() < this.#reopenUs) return;
    this.#reopenUs = this.#clock.nowUs() + REOPEN_INTERVAL_US;
    // The old socket serves until there is a new one: it may work again by itself.
    void this.#network.openSender(this.#destination).then(
      (socket) => {
        if (this.#closed) return socket.close();
        this.#socket?.close();
        this.#socket = socket;
      },
      () => undefined,
    );
  }
}
