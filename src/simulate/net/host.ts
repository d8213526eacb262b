import { LayercastError } from '../../base/errors.js';
import { HEADER_BYTES } from '../../base/limits.js';
import type {
  Clock,
  Destination,
  Membership,
  MembershipRequest,
  Network,
  ReceivedBatch,
  SendBatch,
  SendResult,
  SendSocket,
} from '../../base/ports.js';
import type { SourceTable } from '../../base/source-table.js';
import { DatagramType } from '../../wire/header.js';
import { HostClock, type HostClockOptions } from '../clock/host-clock.js';
import type { VirtualClock } from '../clock/virtual-clock.js';
import { Arena } from './arena.js';
import type { EventLog } from './event-log.js';
import type { Link } from './link.js';
import { type Flow, type Packet, packetOf } from './packet.js';
import { PacketBatch, ScrubbedBatch } from './packet-batch.js';
import type { LinkPlan, TreeNode } from './tree.js';

export interface HostOptions extends LinkPlan, HostClockOptions {
  /** IPv6 address in canonical text. */
  readonly address: string;
  /** The only interface. @default sim0 */
  readonly interface?: string | undefined;
  /** Time that a join or leave takes; datagrams that arrive meanwhile are still delivered. @default 100 */
  readonly membershipUs?: number | undefined;
  /**
   * Whether datagrams are delivered in a buffer that is overwritten as soon as the handler returns. That finds code that
   * keeps bytes that it must not keep. Costs one copy a datagram. @default false
   */
  readonly scrubs?: boolean | undefined;
  /**
   * Whether the symbols that this host sends are blank: only their headers are carried, though their full lengths count. For
   * objects of zeros, whose symbols nobody reads. @default false
   */
  readonly isBlank?: boolean | undefined;
}

/** The network that a host belongs to. */
export interface HostWorld {
  readonly clock: VirtualClock;
  readonly log: EventLog;
  /** Addresses of hosts by the numbers that batches carry. */
  readonly sources: SourceTable;
  /** The one object that stands for a flow. */
  flowOf(group: string, port: number, source: string): Flow;
}

/** Adds a host's node and link to the tree. The node passes each packet that arrives to `onArrival`. */
export type Attach = (onArrival: (packet: Packet) => void) => {
  readonly node: TreeNode;
  readonly up: Link;
  readonly down: Link;
};

/**
 * A host at a leaf of a virtual network: a clock and a network for the code that runs on it, and methods that make the host
 * fail.
 */
export class VirtualHost implements Network {
  readonly name: string;
  readonly address: string;
  readonly clock: Clock;
  readonly up: Link;
  readonly down: Link;
  readonly #clock: HostClock;
  readonly #world: HostWorld;
  readonly #node: TreeNode;
  readonly #options: HostOptions;
  readonly #memberships = new Set<HostMembership>();
  readonly #arena = new Arena();
  readonly #batch: PacketBatch;
  #isDead = false;
  #isInterfaceUp = true;
  /** The interface is down and its memberships are forgotten: no interface has its name. */
  #isInterfaceGone = false;

  constructor(options: HostOptions, world: HostWorld, attach: Attach) {
    this.name = options.name;
    this.address = options.address;
    this.#options = options;
    this.#world = world;
    this.#clock = new HostClock(world.clock, options);
    this.clock = this.#clock;
    this.#batch = options.scrubs === true ? new ScrubbedBatch() : new PacketBatch();
    const { node, up, down } = attach((packet) => this.#arrive(packet));
    this.#node = node;
    this.up = up;
    this.down = down;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  async openSender(destination: Destination): Promise<SendSocket> {
    this.#requireInterface(destination.interface);
    const flow = this.#world.flowOf(destination.group, destination.port, destination.source ?? this.address);
    let isOpen = true;
    return {
      send: (batch) => {
        // On a dead host nothing ever completes.
        if (this.#isDead) return new Promise(() => undefined);
        return Promise.resolve(isOpen ? this.#send(destination, flow, batch) : { sentCount: 0, failure: 'EBADF' });
      },
      close: () => {
        isOpen = false;
      },
    };
  }

  async join(request: MembershipRequest, onBatch: (batch: ReceivedBatch) => void): Promise<Membership> {
    this.#requireInterface(request.interface);
    await this.#pause();
    const membership: HostMembership = { request, onBatch, isReported: false };
    this.#memberships.add(membership);
    this.#report(membership);
    const memberships = this.#memberships;
    return {
      get isStale() {
        return !memberships.has(membership);
      },
      leave: async () => {
        if (!this.#memberships.has(membership)) return;
        this.#withdraw(membership);
        await this.#pause();
        this.#memberships.delete(membership);
      },
    };
  }

  sourceAddress(sourceId: number): string | undefined {
    return this.#world.sources.addressOf(sourceId);
  }

  /**
   * Takes the interface down: sends fail with ENETDOWN, joins are refused, nothing arrives.
   * @param forgets whether the memberships are gone when the interface comes back, as after the removal of a USB adapter.
   */
  interfaceDown(forgets = false): void {
    this.#world.log.note(this.#world.clock.nowUs, `${this.name} down`);
    this.#isInterfaceUp = false;
    this.#isInterfaceGone ||= forgets;
    for (const membership of this.#memberships) {
      this.#withdraw(membership);
      if (forgets) this.#memberships.delete(membership);
    }
  }

  interfaceUp(): void {
    this.#world.log.note(this.#world.clock.nowUs, `${this.name} up`);
    this.#isInterfaceUp = true;
    this.#isInterfaceGone = false;
    for (const membership of this.#memberships) this.#report(membership);
  }

  /**
   * Lets the host sleep for this long, or its programs be stopped: timers wait, and datagrams that arrive meanwhile are not
   * received.
   */
  freeze(seconds: number): void {
    this.#world.log.note(this.#world.clock.nowUs, `${this.name} freezes`);
    this.#clock.freeze(this.#world.clock.nowUs + seconds * 1e6);
  }

  /**
   * Power off, for ever: nothing scheduled on this host happens any more, and its sockets are gone. To restart it, add
   * another host.
   */
  die(): void {
    this.#world.log.note(this.#world.clock.nowUs, `${this.name} dies`);
    this.#isDead = true;
    this.#clock.stop();
    for (const membership of this.#memberships) this.#withdraw(membership);
    this.#memberships.clear();
  }

  #requireInterface(name: string | undefined): void {
    const { interface: own = 'sim0' } = this.#options;
    if (name !== undefined && name !== own) {
      throw new LayercastError('UNKNOWN_INTERFACE', `no interface is called "${name}"`, { hint: `one of: ${own}` });
    }
    if (this.#isInterfaceUp) return;
    if (this.#isInterfaceGone) throw new LayercastError('UNKNOWN_INTERFACE', `${own} of ${this.name} is gone`);
    throw new LayercastError('NETWORK_UNAVAILABLE', `${own} of ${this.name} is down: ENETDOWN`);
  }

  #send(destination: Destination, flow: Flow, { count, bytes, datagramBytes }: SendBatch): SendResult {
    if (!this.#isInterfaceUp) return { sentCount: 0, failure: 'ENETDOWN' };
    const { clock } = this.#world;
    for (let i = 0; i < count; i++) {
      const start = i * datagramBytes;
      const packet = this.#packetOf(flow, bytes, start, Math.min(datagramBytes, bytes.length - start));
      // Each packet is an event of its own, so that receivers without any delay in between react before the next packet.
      clock.quietlyAt(clock.nowUs, () => {
        this.#deliver(packet);
        if (destination.hopLimit > 0) this.up.carry(packet);
      });
    }
    return { sentCount: count, failure: undefined };
  }

  /**
   * Copies the datagram, because the caller may reuse its bytes: one copy for all receivers. Of blank symbols only the
   * header is copied.
   */
  #packetOf(flow: Flow, bytes: Uint8Array, at: number, length: number): Packet {
    const isSymbol = length > HEADER_BYTES && (bytes[at + 2]! & 15) === DatagramType.symbol;
    this.#arena.keep(bytes, at, this.#options.isBlank === true && isSymbol ? HEADER_BYTES : length);
    return packetOf(flow, this.#arena.buffer, this.#arena.start, length);
  }

  #arrive(packet: Packet): void {
    if (this.#isInterfaceUp && !this.#clock.isFrozen) this.#deliver(packet);
  }

  #deliver(packet: Packet): void {
    const { group, port, source } = packet.flow;
    for (const { request, onBatch } of this.#memberships) {
      if (request.group !== group || request.port !== port) continue;
      if (request.sources.length > 0 && !request.sources.includes(source)) continue;
      this.#world.clock.stir();
      onBatch(this.#batch.ofPacket(packet, this.#clock.nowUs(), this.#world.sources.idOf(source)));
      this.#batch.release();
    }
  }

  #report(membership: HostMembership): void {
    if (membership.isReported || this.#isDead) return;
    membership.isReported = true;
    for (const source of sourcesOf(membership)) this.#node.join({ group: membership.request.group, source });
  }

  #withdraw(membership: HostMembership): void {
    if (!membership.isReported) return;
    membership.isReported = false;
    for (const source of sourcesOf(membership)) this.#node.leave({ group: membership.request.group, source });
  }

  #pause(): Promise<void> {
    const { membershipUs = 100 } = this.#options;
    return new Promise((resolve) => {
      this.clock.schedule(this.clock.nowUs() + membershipUs, resolve);
    });
  }
}

interface HostMembership {
  readonly request: MembershipRequest;
  readonly onBatch: (batch: ReceivedBatch) => void;
  isReported: boolean;
}

function sourcesOf({ request }: HostMembership): readonly (string | undefined)[] {
  return request.sources.length === 0 ? [undefined] : request.sources;
}
