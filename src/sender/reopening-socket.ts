import { errnoOf, LayercastError } from '../base/errors.js';
import type { Clock, Destination, Network, SendBatch, SendResult, SendSocket } from '../base/ports.js';

/** How often to open another socket while the system refuses datagrams: its interface or address may have gone and come back. */
const REOPEN_INTERVAL_US = 1_000_000;

/**
 * A socket for one destination that recovers by itself. While the system refuses datagrams, it opens another socket once a second
 * until the system takes them again. It makes one attempt at a time.
 */
export class ReopeningSocket {
  /** Datagrams that the system did not take. */
  refusedCount = 0;
  readonly #destination: Destination;
  readonly #clock: Clock;
  readonly #network: Network;
  readonly #onChange: (failure: string | undefined) => void;
  #socket: SendSocket | undefined;
  #isOpening = false;
  #isClosed = false;
  /** Why the last datagrams were not sent; undefined when they were. */
  #failure: string | undefined;
  #reopenUs = Number.NEGATIVE_INFINITY;

  /** @param onChange called when the system begins (an errno name or error code) or ceases (undefined) to refuse datagrams. */
  constructor(
    destination: Destination,
    world: { readonly clock: Clock; readonly network: Network },
    onChange: (failure: string | undefined) => void,
  ) {
    this.#destination = destination;
    this.#clock = world.clock;
    this.#network = world.network;
    this.#onChange = onChange;
  }

  /** @throws {LayercastError} `UNKNOWN_INTERFACE`, `NETWORK_UNAVAILABLE`; the next `send` then tries again */
  async open(): Promise<void> {
    this.#isOpening = true;
    try {
      const socket = await this.#network.openSender(this.#destination);
      if (this.#isClosed) return socket.close();
      this.#socket?.close();
      this.#socket = socket;
    } finally {
      this.#isOpening = false;
    }
  }

  /**
   * Sends batches in this order. Never rejects: it counts the datagrams that were not sent, and then opens another socket.
   *
   * @param batches at least one
   */
  async send(batches: readonly SendBatch[]): Promise<SendResult> {
    const none: SendResult = { sentCount: 0, failure: this.#failure ?? 'ENOTCONN' };
    const result = this.#socket === undefined ? none : await sendAll(this.#socket, batches);
    this.refusedCount += batches.reduce((sum, { count }) => sum + count, 0) - result.sentCount;
    this.#notice(result.failure);
    return result;
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
  }

  #notice(failure: string | undefined): void {
    if (this.#isClosed) return;
    if (failure !== this.#failure) this.#onChange(failure);
    this.#failure = failure;
    if (failure === undefined || this.#isOpening || this.#clock.nowUs() < this.#reopenUs) return;
    this.#reopenUs = this.#clock.nowUs() + REOPEN_INTERVAL_US;
    // The old socket stays in use until there is a new one, because it may work again by itself.
    this.open().catch((error: unknown) => {
      if (this.#socket === undefined) this.#failure = reasonOf(error);
    });
  }
}

/** Hands all batches to the system at once, so that no batch waits for the answer to another. */
async function sendAll(socket: SendSocket, batches: readonly SendBatch[]): Promise<SendResult> {
  if (batches.length === 1) return socket.send(batches[0]!);
  const results = await Promise.all(batches.map((batch) => socket.send(batch)));
  return {
    sentCount: results.reduce((sum, result) => sum + result.sentCount, 0),
    failure: results.findLast(({ failure }) => failure !== undefined)?.failure,
  };
}

function reasonOf(error: unknown): string {
  return error instanceof LayercastError ? error.code : (errnoOf(error) ?? 'INTERNAL');
}
