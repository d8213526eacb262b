import { capabilitiesOf } from '../../base/capabilities.js';
import type { Network, ReceivedBatch } from '../../base/ports.js';

/**
 * Counts the datagrams that this host received and did not read in time, so that the system dropped them: the batches tell, or
 * else the network is asked. A network that knows neither counts as one that drops nothing.
 */
export class UnreadCount {
  readonly #network: Network;
  readonly #isInBatches: boolean;
  #noted = 0;
  /** What the network had counted when it was asked last. */
  #polled: number;

  constructor(network: Network) {
    this.#network = network;
    this.#isInBatches = capabilitiesOf(network).hasDropsInBatches;
    this.#polled = this.#poll();
  }

  /** A batch of one of the memberships came. */
  note({ droppedCount }: ReceivedBatch): void {
    if (this.#isInBatches) this.#noted += droppedCount;
  }

  /** Datagrams that were dropped since the last call, or since the beginning. */
  take(): number {
    const before = this.#polled;
    this.#polled = this.#poll();
    const count = this.#noted + this.#polled - before;
    this.#noted = 0;
    return count;
  }

  #poll(): number {
    return this.#isInBatches ? 0 : (this.#network.dropped?.() ?? 0);
  }
}
