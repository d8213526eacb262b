import type { Membership, MembershipRequest, Network, ReceivedBatch } from '../../base/ports.js';

/**
 * One group that its owner wants joined: joins it, and joins it again after its interface has changed. The owner makes one
 * call at a time.
 */
export class Subscription {
  readonly #network: Network;
  readonly #request: Omit<MembershipRequest, 'isTimed'>;
  readonly #onBatch: (batch: ReceivedBatch) => void;
  #membership: Membership | undefined;
  #isTimed: boolean;

  constructor(
    network: Network,
    { isTimed = false, ...request }: MembershipRequest,
    onBatch: (batch: ReceivedBatch) => void,
  ) {
    this.#network = network;
    this.#request = request;
    this.#isTimed = isTimed;
    this.#onBatch = onBatch;
  }

  /** Changes whether each datagram needs its own time of arrival. */
  setTimed(isTimed: boolean): void {
    if (this.#isTimed === isTimed) return;
    this.#isTimed = isTimed;
    this.#membership?.setTimed?.(isTimed);
  }

  /** Whether this host is joined, as far as the system says. */
  get isJoined(): boolean {
    return this.#membership !== undefined && !this.#membership.isStale;
  }

  /** Joins the group unless it is joined; a stale membership is left first. Rejects when the system refuses. */
  async join(): Promise<void> {
    if (this.isJoined) return;
    await this.leave();
    const isTimed = this.#isTimed;
    const membership = await this.#network.join({ ...this.#request, isTimed }, this.#onBatch);
    this.#membership = membership;
    // It may have changed while the system joined.
    if (this.#isTimed !== isTimed) membership.setTimed?.(this.#isTimed);
  }

  /** Leaves and joins again, in case an interface came back without its memberships. Rejects when the system refuses the join. */
  async renew(): Promise<void> {
    await this.leave();
    await this.join();
  }

  /** Leaves the group. Never rejects: a membership that the system has ended already, or cannot end, counts as left. */
  async leave(): Promise<void> {
    const membership = this.#membership;
    this.#membership = undefined;
    await membership?.leave().catch(() => undefined);
  }
}
