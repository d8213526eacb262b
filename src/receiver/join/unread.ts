import { capabilitiesOf } from '../../base/capabilities.js';
import type { Network, ReceivedBatch } from '../../base/ports.js';

/**
 * Counts the datagrams that the system dropped because this host did not read them in time. The count comes from the batches,
 * or else from the network. If neither has it, the count is 0.
 */
export class UnreadCount {
  readonly #network: Network;
  readonly #isInBatches: boolean;
  #noted = 0;
  /** The network's count when it was last asked. */
  #polled: number;

  constructor(network: Network) {
    this.#network = network;
    this.#isInBatches = capabilitiesOf(network).hasDropsInBatches;
    this.#polled = this.#poll();
  }

  /** Notes a batch of any membership. */
  note({ droppedCount }: ReceivedBatch): void {
    if (this.#isInBatches) this.#noted += droppedCount;
  }

  /** Datagrams that were dropped since the last call; at the first call, since the beginning. */
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
