import { DatagramCursor } from '../../base/datagram-cursor.js';
import { asLayercastError } from '../../base/errors.js';
import { IP_AND_UDP_BYTES } from '../../base/limits.js';
import type { Clock, Network, ReceivedBatch } from '../../base/ports.js';
import { Subscription } from '../join/subscription.js';
import type { IotupdReception } from './iotupd-reception.js';

/** Most source addresses that are remembered for reports. */
const MAX_ADDRESSES = 64;

export interface ListenerEvents {
  readonly onJoined: (group: string) => void;
  /** A group could not be joined; `maintain` tries again. */
  readonly onRefused: (message: string) => void;
}

/** Joins the groups of an iotupd file, and hands what comes to a reception. */
export class IotupdListener {
  /** Bits of packets of the file's frames. */
  receivedBits = 0;
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #reception: IotupdReception;
  readonly #events: ListenerEvents;
  readonly #groups: readonly { readonly group: string; readonly subscription: Subscription }[];
  readonly #cursor = new DatagramCursor();
  readonly #sourceIds = new Set<number>();
  #failure: unknown;
  #wake: () => void = () => undefined;

  constructor(
    where: { readonly groups: readonly string[]; readonly port: number; readonly interface: string | undefined },
    network: Network,
    clock: Clock,
    reception: IotupdReception,
    events: ListenerEvents,
  ) {
    this.#network = network;
    this.#clock = clock;
    this.#reception = reception;
    this.#events = events;
    const { groups, port, interface: name } = where;
    this.#groups = groups.map((group, channel) => ({
      group,
      subscription: new Subscription(network, { group, port, interface: name, sources: [] }, (batch) =>
        this.#take(batch, channel),
      ),
    }));
  }

  /** Source addresses of frames of the file, as far as the network knows them. */
  get addresses(): readonly string[] {
    return [...this.#sourceIds].flatMap((id) => this.#network.sourceAddress?.(id) ?? []);
  }

  /** Joins the groups that are not joined. Never rejects. */
  async maintain(): Promise<void> {
    for (const { group, subscription } of this.#groups) {
      if (subscription.isJoined) continue;
      try {
        await subscription.join();
        this.#events.onJoined(group);
      } catch (error) {
        this.#events.onRefused(asLayercastError(error).message);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#groups.map(({ subscription }) => subscription.leave()));
    this.#reception.losses.forget();
  }

  /**
   * Resolves at time `atUs`, when the file is whole, or when the signal is aborted.
   *
   * @throws what putting bytes on disk threw
   */
  async until(atUs: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.schedule(atUs, () => this.#wake());
      const stop = () => this.#wake();
      this.#wake = () => {
        cancel();
        signal.removeEventListener('abort', stop);
        resolve();
      };
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted || this.#reception.isWhole || this.#failure !== undefined) this.#wake();
    });
    if (this.#failure !== undefined) throw this.#failure;
  }

  #take(batch: ReceivedBatch, channel: number): void {
    const reception = this.#reception;
    const cursor = this.#cursor;
    try {
      for (cursor.begin(batch); cursor.next(); ) {
        if (reception.isWhole) break;
        const { bytes, start, length, sourceId } = cursor;
        // Source ids have 31 bits, and there are few channels, so numbers of streams stay exact.
        const stream = channel * 2 ** 31 + sourceId;
        if (!reception.take(bytes, start, length, stream, this.#clock.nowUs())) continue;
        this.receivedBits += (length + IP_AND_UDP_BYTES) * 8;
        if (this.#sourceIds.size < MAX_ADDRESSES) this.#sourceIds.add(sourceId);
      }
    } catch (error) {
      // The network must not see errors of the disk.
      this.#failure ??= error;
    }
    if (reception.isWhole || this.#failure !== undefined) this.#wake();
  }
}
