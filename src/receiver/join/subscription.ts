import type { Membership, MembershipRequest, Network, ReceivedBatch } from '../../base/ports.js';

/**
 * One group that its owner wants to be joined, whatever happens to the interface: joins it, and joins it anew. One call at a
 * time; the owner orders them.
 */
export class Subscription {
  readonly #network: Network;
  readonly #request: MembershipRequest;
  readonly #onBatch: (batch: ReceivedBatch) => void;
  #membership: Membership | undefined;

  constructor(network: Network, request: MembershipRequest, onBatch: (batch: ReceivedBatch) => void) {
    this.#network = network;
    this.#request = request;
    this.#onBatch = onBatch;
  }

  /** Whether the system keeps this host joined, as far as it says. */
  get isJoined(): boolean {
    return this.#membership !== undefined && !this.#membership.isStale;
  }

  /** Joins unless that is so; what has become stale is left first. Rejects when the system refuses. */
  async join(): Promise<void> {
    if (this.isJoined) return;
    await this.leave();
    this.#membership = await this.#network.join(this.#request, this.#onBatch);
  }

  /** Leaves and joins, in case an interface came back without its memberships. Rejects when the system refuses the join. */
  async renew(): Promise<void> {
    await this.leave();
    await this.join();
  }

  /** A membership that the system has already ended, or cannot end, is left all the same. */
  async leave(): Promise<void> {
    const membership = this.#membership;
    this.#membership = undefined;
    await membership?.leave().catch(() => undefined);
  }
}
