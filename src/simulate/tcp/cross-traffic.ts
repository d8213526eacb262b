import type { ScheduledEvent } from '../clock/event-heap.js';
import type { Link } from '../net/link.js';
import { ROOT, type VirtualNetwork } from '../net/network.js';
import type { Flow, Packet } from '../net/packet.js';
import type { Tap } from '../net/tree.js';
import { type CongestionControl, type CongestionName, congestionControl } from './congestion.js';
import { Flight } from './flight.js';
import { RoundTrips } from './round-trips.js';

export interface TrafficOptions {
  readonly name: string;
  readonly kind: CongestionName | 'udp';
  /** The link that the flow's receiver is behind. */
  readonly below: string;
  /** The link that the flow's sender is behind. @default the root */
  readonly from?: string | undefined;
  /** @default 0 */
  readonly startUs?: number | undefined;
  /** @default never */
  readonly stopUs?: number | undefined;
  /** Rate of whole IPv6 packets, for `udp` only. */
  readonly rateBitsPerSecond?: number | undefined;
  /** Delay of acknowledgements; the way back never has a queue. @default 10 ms */
  readonly returnDelayUs?: number | undefined;
  /** @default 1500 */
  readonly packetBytes?: number | undefined;
}

/** A flow of other traffic, and how much of it arrived. */
export interface CrossTraffic {
  readonly name: string;
  /** Bytes of whole packets that arrived. */
  readonly arrivedBytes: number;
  readonly sentCount: number;
  /** Packets that did not arrive. TCP does not count one that it has not given up: it may be on its way. */
  readonly lostCount: number;
}

const DEFAULT_RETURN_DELAY_US = 10_000;
/** Largest packet of Ethernet. */
const DEFAULT_PACKET_BYTES = 1500;

/** Adds a flow, which sends from its start to its stop. */
export function addCrossTraffic(network: VirtualNetwork, options: TrafficOptions): CrossTraffic {
  return options.kind === 'udp'
    ? new UdpFlow(network, options)
    : new TcpFlow(network, options, congestionControl(options.kind));
}

class Segment implements Packet {
  readonly flow: Flow;
  readonly buffer = NO_BYTES;
  readonly start = 0;
  readonly length = 0;
  readonly wireBytes: number;
  readonly header = null;
  /** Transmission number. */
  readonly number: number;

  constructor(flow: Flow, wireBytes: number, number: number) {
    this.flow = flow;
    this.wireBytes = wireBytes;
    this.number = number;
  }
}

const NO_BYTES = new Uint8Array(0);

/** Both ends of a flow of unicast packets. For the tree the flow is a group, of which the receiver is always a member. */
abstract class UnicastFlow implements CrossTraffic, Tap {
  readonly name: string;
  readonly isLazy = false;
  arrivedBytes = 0;
  arrivedCount = 0;
  sentCount = 0;
  protected readonly network: VirtualNetwork;
  protected readonly options: TrafficOptions;
  readonly #flow: Flow;
  readonly #packetBytes: number;

  constructor(network: VirtualNetwork, options: TrafficOptions) {
    this.name = options.name;
    this.network = network;
    this.options = options;
    this.#packetBytes = options.packetBytes ?? DEFAULT_PACKET_BYTES;
    this.#flow = network.flowOf(`flow ${options.name}`, 0, options.name);
    const node = network.nodeOf(options.below);
    node.subscribe({ group: this.#flow.group, source: undefined });
    node.addTap(this);
    network.clock.quietlyAt(options.startUs ?? 0, () => this.begin());
  }

  observe(packet: Packet): void {
    // A damaged packet is another object (not a `Segment`): it fails the checksum.
    if (packet.flow !== this.#flow || !(packet instanceof Segment)) return;
    this.arrivedCount++;
    this.arrivedBytes += packet.wireBytes;
    this.arrived(packet.number);
  }

  get lostCount(): number {
    return Math.max(0, this.sentCount - this.arrivedCount);
  }

  protected get isOver(): boolean {
    return this.network.clock.nowUs >= (this.options.stopUs ?? Number.POSITIVE_INFINITY);
  }

  protected send(number: number): void {
    this.sentCount++;
    const from = this.network.nodeOf(this.options.from ?? ROOT);
    from.ascend(new Segment(this.#flow, this.#packetBytes, number), undefined);
  }

  protected abstract begin(): void;
  protected abstract arrived(number: number): void;
}

/** Sends packets at a fixed rate, whether they arrive or not. */
class UdpFlow extends UnicastFlow {
  protected begin(): void {
    const { clock } = this.network;
    const { rateBitsPerSecond = 0, packetBytes = DEFAULT_PACKET_BYTES } = this.options;
    if (rateBitsPerSecond === 0) return;
    const startUs = clock.nowUs;
    const intervalUs = (packetBytes * 8e6) / rateBitsPerSecond;
    const next = () => {
      if (this.isOver) return;
      this.send(this.sentCount);
      clock.quietlyAt(startUs + this.sentCount * intervalUs, next);
    };
    next();
  }

  protected arrived(): void {}
}

/**
 * A TCP connection that always has more to send. Every segment is acknowledged separately (as with SACK, RFC 6675) and at
 * once. A lost segment is sent again under a new number, so numbers only tell the order of transmissions. If the network
 * reorders packets, a late segment has been given up.
 */
class TcpFlow extends UnicastFlow {
  readonly #control: CongestionControl;
  readonly #flight = new Flight();
  readonly #trips = new RoundTrips();
  readonly #wayBack: Link;
  /** Losses of transmissions before this one belong to a window that has been decreased already. */
  #recoverTo = 0;
  #timer: ScheduledEvent | undefined;
  /** When the retransmission timer is due; it may be set for an earlier time. */
  #timeoutUs = 0;
  readonly #onTimer = () => this.#checkTimer();
  readonly #onLost = (number: number) => this.#lose(number);

  constructor(network: VirtualNetwork, options: TrafficOptions, control: CongestionControl) {
    super(network, options);
    this.#control = control;
    const delayUs = options.returnDelayUs ?? DEFAULT_RETURN_DELAY_US;
    this.#wayBack = network.newLink(`${options.name} back`, { delayUs }, (packet) => {
      if (packet instanceof Segment) this.#ack(packet.number);
    });
  }

  override get lostCount(): number {
    return Math.min(super.lostCount, this.#flight.lostCount);
  }

  override observe(packet: Packet): void {
    const before = this.arrivedCount;
    super.observe(packet);
    if (this.arrivedCount > before) this.#wayBack.carry(packet);
  }

  protected begin(): void {
    this.#fill();
  }

  protected arrived(): void {}

  #fill(): void {
    const { nowUs } = this.network.clock;
    const flight = this.#flight;
    if (this.isOver) return;
    while (flight.hasRoom && flight.count < Math.floor(this.#control.windowSegments)) this.send(flight.send(nowUs));
    this.#timeoutUs = nowUs + this.#trips.timeoutUs;
    this.#timer ??= this.network.clock.quietlyAt(this.#timeoutUs, this.#onTimer);
  }

  #ack(number: number): void {
    const { nowUs } = this.network.clock;
    const sentUs = this.#flight.acked(number);
    if (sentUs === undefined) return;
    this.#trips.measured(nowUs - sentUs);
    this.#flight.giveUpLost(this.#onLost);
    if (number >= this.#recoverTo) this.#control.acked(nowUs, this.#trips.smoothedUs);
    this.#fill();
  }

  #lose(number: number): void {
    if (number < this.#recoverTo) return;
    this.#recoverTo = this.#flight.next;
    // The lost segment was part of the flight.
    this.#control.lost(this.network.clock.nowUs, this.#flight.count + 1);
  }

  #checkTimer(): void {
    const { clock } = this.network;
    this.#timer = undefined;
    if (this.isOver) return;
    if (clock.nowUs < this.#timeoutUs) {
      this.#timer = clock.quietlyAt(this.#timeoutUs, this.#onTimer);
      return;
    }
    this.#trips.timedOut();
    this.#control.timedOut(clock.nowUs, this.#flight.count);
    this.#flight.giveUp();
    this.#recoverTo = this.#flight.next;
    this.#fill();
  }
}
