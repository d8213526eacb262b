import type { VirtualClock } from '../clock/virtual-clock.js';
import type { Link } from './link.js';
import type { LinkOptions } from './link-options.js';
import type { Flow, Packet } from './packet.js';

/** How long a link takes to learn that a group has its first member below, and that it has none any more. */
export interface MembershipDelays {
  /** From a report to the first datagram, for one hop: processing, and the join to the next router. @default 0 */
  readonly graftDelayUs?: number | undefined;
  /**
   * From the last member's leave until the link falls silent: about 2 s with MLDv2's defaults, 0 with fast leave. @default 0
   */
  readonly leaveLatencyUs?: number | undefined;
}

/** A link to be added to a tree, with the node at its lower end; without options a direction is perfect. */
export interface LinkPlan extends MembershipDelays {
  readonly name: string;
  /** Name of the node at its upper end. @default the root */
  readonly below?: string | undefined;
  /** Away from the root. @default no limit, delay or loss */
  readonly down?: LinkOptions | undefined;
  /** Towards the root. @default no limit, delay or loss */
  readonly up?: LinkOptions | undefined;
}

/** What a member wants from a group: all sources (RFC 3810's exclude mode with no sources), or one source. */
export interface Interest {
  readonly group: string;
  readonly source: string | undefined;
}

/** Takes every packet that comes down to a node, without a link of its own. */
export interface Tap {
  /**
   * Whether the tap asks for the packets that have arrived (`TreeNode.catchUp`) instead of being told at once. If all taps
   * of a node are lazy, a packet costs its link no event.
   */
  readonly isLazy: boolean;
  /** @param atUs when the packet arrived: now, or for a lazy tap, now or before. */
  observe(packet: Packet, atUs: number): void;
}

interface ForwardingState {
  /** Members directly below: memberships of hosts, and links that forward. */
  memberCount: number;
  isForwarding: boolean;
  /** When forwarding ends, unless a member joins before. */
  pruneUs: number;
}

/**
 * A node in a tree of links: a router, a switch, or a host at a leaf. Datagrams always go up to the root, as switches send
 * them to the router, and down only where there are members.
 */
export class TreeNode {
  readonly name: string;
  readonly parent: TreeNode | undefined;
  /** Link to the parent; undefined at the root. */
  up: Link | undefined;
  #down: Link | undefined;
  readonly #clock: VirtualClock;
  readonly #delays: MembershipDelays;
  readonly #onArrival: ((packet: Packet) => void) | undefined;
  readonly #children: TreeNode[] = [];
  readonly #taps: Tap[] = [];
  /** What is forwarded to this node, by interest. Bounded by the groups and sources that hosts below have joined. */
  readonly #states = new Map<string, ForwardingState>();
  /** The children that each flow goes to; forgotten whenever a membership of a child changes. */
  readonly #fanouts = new Map<Flow, readonly TreeNode[]>();

  /** @param onArrival takes packets that come down to a host; undefined for a node that passes them on. */
  constructor(
    name: string,
    parent: TreeNode | undefined,
    clock: VirtualClock,
    delays: MembershipDelays,
    onArrival?: (packet: Packet) => void,
  ) {
    this.name = name;
    this.parent = parent;
    this.#clock = clock;
    this.#delays = delays;
    this.#onArrival = onArrival;
    if (parent === undefined) return;
    parent.#children.push(this);
    parent.#chooseLaziness();
  }

  /** Link from the parent; undefined at the root. */
  get down(): Link | undefined {
    return this.#down;
  }

  set down(link: Link) {
    this.#down = link;
    this.#chooseLaziness();
  }

  /** Adds a tap; to be called before any packet has come down to this node. */
  addTap(tap: Tap): void {
    this.#taps.push(tap);
    this.#chooseLaziness();
  }

  /** Gives lazy taps the packets that have arrived. */
  catchUp(): void {
    this.#down?.catchUp();
  }

  /** Adds a member for ever, without delay. Unicast packets reach a host that way. */
  subscribe(interest: Interest): void {
    if (this.parent === undefined) return;
    const state = this.#stateOf(interest);
    state.memberCount++;
    if (!state.isForwarding) this.parent.subscribe(interest);
    state.isForwarding = true;
    this.#tellParent();
  }

  /** Adds a member at this node or below. */
  join(interest: Interest): void {
    if (this.parent === undefined) return;
    const state = this.#stateOf(interest);
    state.memberCount++;
    if (state.memberCount > 1 || state.isForwarding) return;
    this.#clock.quietlyAt(this.#clock.nowUs + (this.#delays.graftDelayUs ?? 0), () => this.#graft(interest, state));
  }

  /** Removes a member. */
  leave(interest: Interest): void {
    const state = this.#states.get(keyOf(interest));
    if (state === undefined || --state.memberCount > 0) return;
    state.pruneUs = this.#clock.nowUs + (this.#delays.leaveLatencyUs ?? 0);
    this.#clock.quietlyAt(state.pruneUs, () => this.#prune(interest, state));
  }

  /** Takes a packet that came from a child of this node, or from a sender at this node (`from` undefined). */
  ascend(packet: Packet, from: TreeNode | undefined): void {
    this.#spread(packet, from, this.#clock.nowUs);
    this.up?.carry(packet);
  }

  /** Takes a packet that came from the parent. */
  descend(packet: Packet, atUs: number): void {
    if (this.#onArrival === undefined) this.#spread(packet, undefined, atUs);
    else this.#onArrival(packet);
  }

  #chooseLaziness(): void {
    if (this.#down === undefined) return;
    const isWaitedFor = this.#onArrival !== undefined || this.#children.length > 0 || this.#taps.length === 0;
    this.#down.isLazy = !isWaitedFor && this.#taps.every(({ isLazy }) => isLazy);
  }

  #stateOf(interest: Interest): ForwardingState {
    const key = keyOf(interest);
    const state = this.#states.get(key) ?? { memberCount: 0, isForwarding: false, pruneUs: 0 };
    this.#states.set(key, state);
    return state;
  }

  #spread(packet: Packet, from: TreeNode | undefined, atUs: number): void {
    for (const tap of this.#taps) tap.observe(packet, atUs);
    let fanout = this.#fanouts.get(packet.flow);
    if (fanout === undefined) {
      fanout = this.#children.filter((child) => child.#wants(packet.flow));
      this.#fanouts.set(packet.flow, fanout);
    }
    for (const child of fanout) {
      if (child !== from) child.down?.carry(packet);
    }
  }

  #wants({ group, source }: Flow): boolean {
    const isForwarding = (interest: Interest) => this.#states.get(keyOf(interest))?.isForwarding === true;
    return isForwarding({ group, source: undefined }) || isForwarding({ group, source });
  }

  #graft(interest: Interest, state: ForwardingState): void {
    if (state.isForwarding || state.memberCount === 0) return;
    state.isForwarding = true;
    this.#tellParent();
    this.parent?.join(interest);
  }

  #prune(interest: Interest, state: ForwardingState): void {
    if (state.memberCount > 0 || !state.isForwarding || this.#clock.nowUs < state.pruneUs) return;
    state.isForwarding = false;
    this.#states.delete(keyOf(interest));
    this.#tellParent();
    this.parent?.leave(interest);
  }

  #tellParent(): void {
    if (this.parent !== undefined) this.parent.#fanouts.clear();
  }
}

function keyOf({ group, source }: Interest): string {
  return source === undefined ? group : `${source} ${group}`;
}
