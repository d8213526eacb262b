import type { VirtualClock } from '../clock/virtual-clock.js';
import type { Link, LinkOptions } from './link.js';
import type { Flow, Packet } from './packet.js';

/** How a link learns that somebody below wants a group, and that nobody does any more. */
export interface MembershipDelays {
  /** From a report to the first datagram, one hop: processing, and the next router's join. @default 0 */
  readonly graftDelayUs?: number | undefined;
  /** From the last member's leave until the link falls silent; MLDv2's defaults take about 2 s, fast leave none. @default 0 */
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

/** What is wanted of a group: everything (RFC 3810's exclude mode with no sources), or what one source sends. */
export interface Interest {
  readonly group: string;
  readonly source: string | undefined;
}

/** Hears everything that comes down to a node: somebody who is not worth a link of its own. */
export interface Tap {
  /**
   * Whether it asks for what has come (`TreeNode.catchUp`) instead of being told at once. Where all are patient, a packet
   * costs its link no event.
   */
  readonly isLazy: boolean;
  /** @param atUs when it came: now, or for a patient one, before. */
  observe(packet: Packet, atUs: number): void;
}

interface ForwardingState {
  /** Members directly below: hosts' memberships and links that forward. */
  memberCount: number;
  isForwarding: boolean;
  /** When forwarding ends, unless somebody joins. */
  pruneUs: number;
}

/**
 * A place in a tree of links: a router, a switch, or a host at a leaf. Datagrams always go up to the root, as switches send
 * them to where the router is, and down only where there are members.
 */
export class TreeNode {
  readonly name: string;
  readonly parent: TreeNode | undefined;
  /** To the parent; undefined at the root. */
  up: Link | undefined;
  #down: Link | undefined;
  readonly #clock: VirtualClock;
  readonly #delays: MembershipDelays;
  readonly #onArrival: ((packet: Packet) => void) | undefined;
  readonly #children: TreeNode[] = [];
  readonly #taps: Tap[] = [];
  /** By interest, what comes down to here. Bounded by the groups and sources that hosts below have asked for. */
  readonly #states = new Map<string, ForwardingState>();
  /** Children to which a flow goes; forgotten whenever one of them changes. */
  readonly #fanouts = new Map<Flow, readonly TreeNode[]>();

  /** @param onArrival takes what comes down to a host; undefined passes it on. */
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

  /** From the parent to here; undefined at the root. */
  get down(): Link | undefined {
    return this.#down;
  }

  set down(link: Link) {
    this.#down = link;
    this.#chooseLaziness();
  }

  /** Adds somebody who hears what comes down to here, before any packet has. */
  addTap(tap: Tap): void {
    this.#taps.push(tap);
    this.#chooseLaziness();
  }

  /** Tells patient ears what has come. */
  catchUp(): void {
    this.#down?.catchUp();
  }

  /** A member for ever, known at once: the way of unicast packets to a host. */
  subscribe(interest: Interest): void {
    if (this.parent === undefined) return;
    const state = this.#stateOf(interest);
    state.memberCount++;
    if (!state.isForwarding) this.parent.subscribe(interest);
    state.isForwarding = true;
    this.#tellParent();
  }

  /** A member appears here or below. */
  join(interest: Interest): void {
    if (this.parent === undefined) return;
    const state = this.#stateOf(interest);
    state.memberCount++;
    if (state.memberCount > 1 || state.isForwarding) return;
    this.#clock.quietlyAt(this.#clock.nowUs + (this.#delays.graftDelayUs ?? 0), () => this.#graft(interest, state));
  }

  /** A member goes away. */
  leave(interest: Interest): void {
    const state = this.#states.get(keyOf(interest));
    if (state === undefined || --state.memberCount > 0) return;
    state.pruneUs = this.#clock.nowUs + (this.#delays.leaveLatencyUs ?? 0);
    this.#clock.quietlyAt(state.pruneUs, () => this.#prune(interest, state));
  }

  /** Takes a packet that came from a child of this node, or from somebody at it (`from` undefined). */
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
