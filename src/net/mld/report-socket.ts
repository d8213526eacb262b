import { errnoOf, LayercastError } from '../../base/errors.js';
import { textOfAddress } from '../../base/ipv6-text.js';
import type { ReportHearing } from '../../base/ports.js';
import type { BatchSystem } from '../batched/batch-system.js';
import { closeDescriptor, openDescriptor } from '../batched/descriptor.js';
import { MessageHeaders } from '../batched/message-headers.js';
import type { Readable, ReadRounds } from '../batched/read-rounds.js';
import { InterfaceBinding } from '../interfaces/interface-binding.js';
import { isLinkLocal } from '../interfaces/interface-table.js';
import type { InterfaceWatch } from '../interfaces/interface-watch.js';
import {
  AF_PACKET,
  MSG_DONTWAIT,
  MSG_TRUNC,
  PACKET_ADD_MEMBERSHIP,
  PACKET_DROP_MEMBERSHIP,
  SO_ATTACH_FILTER,
  SOL_PACKET,
  SOL_SOCKET,
} from '../socket-numbers.js';
import { linkAddressOf, linkMembership, linkSocketAddress } from './link-address.js';
import { reportFilter } from './report-filter.js';

/** Where reports of version 2 go, and messages of version 1 that end listening (RFC 9777, section 5.2.14; RFC 2710, section 4). */
const ROUTER_GROUPS = ['ff02::16', 'ff02::2'];

/** Messages that one call reads, and bytes of each: packets of MLD are never cut into fragments, and links have at most 9000 bytes. */
const BATCH = 16;
const PACKET_BYTES = 9216;
/** A listener has its first datagram within 100 ms of its report, most of which a busy host may need for itself. */
const MOST_PAUSE_MS = 10;
/** The system is told only where it is, so that nothing but this name keeps its memory while the system reads it. */
const FILTER = reportFilter();
/** Where the destination is in an IPv6 packet. */
const DESTINATION_AT = 24;

export interface HearingWorld {
  readonly system: BatchSystem;
  readonly rounds: Pick<ReadRounds, 'add' | 'remove'>;
  readonly watch: InterfaceWatch;
}

/** See `Network.hearReports`: a packet socket, which needs CAP_NET_RAW. */
export async function hearReports(
  interfaceName: string,
  onPackets: (packets: readonly Uint8Array[]) => void,
  world: HearingWorld,
): Promise<ReportHearing> {
  const binding = new InterfaceBinding(interfaceName, world.watch);
  const fd = openPacketSocket(world.system, binding, interfaceName);
  return new ReportSocket(fd, binding, interfaceName, onPackets, world);
}

function openPacketSocket({ calls, layout, addressOf }: BatchSystem, binding: InterfaceBinding, name: string): number {
  let fd: number | undefined;
  try {
    // A new packet socket has no protocol and hears nothing until it is bound. By then it has its filter.
    fd = openDescriptor(calls, AF_PACKET);
    // A struct sock_fprog: the number of instructions, padded to a long, and where they are.
    const program = new Uint32Array(2 * layout.longWords);
    new Uint16Array(program.buffer)[0] = FILTER.length / 8;
    const address = addressOf(FILTER);
    program[layout.longWords + layout.lowWord] = Number(address & 0xffffffffn);
    if (layout.longWords === 2) program[layout.longWords + 1 - layout.lowWord] = Number(address >> 32n);
    calls.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, new Uint8Array(program.buffer));
    // For the protocol IPv6 (and not: all) the system hands over what arrives, and nothing of what this host sends.
    calls.bind(fd, linkSocketAddress(binding.index));
    binding.verify();
    return fd;
  } catch (error) {
    if (fd !== undefined) closeDescriptor(fd);
    if (errnoOf(error) !== 'EPERM' && errnoOf(error) !== 'EACCES') throw error;
    throw new LayercastError(
      'PERMISSION_DENIED',
      `reports of MLD on ${name} cannot be heard: the system refuses a packet socket`,
      {
        hint: 'Give the server the capability CAP_NET_RAW (systemd: AmbientCapabilities=CAP_NET_RAW)',
        cause: error,
      },
    );
  }
}

class ReportSocket implements ReportHearing, Readable {
  fd: number | undefined;
  /** Reports are few, and the first of a group must not wait. */
  readonly isPatient = false;
  readonly mostPauseMs = MOST_PAUSE_MS;
  readonly fillRatio = 0;
  readonly #binding: InterfaceBinding;
  readonly #interface: string;
  readonly #onPackets: (packets: readonly Uint8Array[]) => void;
  readonly #world: HearingWorld;
  readonly #headers: MessageHeaders;
  readonly #buffers: Uint8Array;
  #groups: ReadonlySet<string> = new Set();

  constructor(
    fd: number,
    binding: InterfaceBinding,
    interfaceName: string,
    onPackets: (packets: readonly Uint8Array[]) => void,
    world: HearingWorld,
  ) {
    const { layout, addressOf } = world.system;
    this.fd = fd;
    this.#binding = binding;
    this.#interface = interfaceName;
    this.#onPackets = onPackets;
    this.#world = world;
    this.#headers = new MessageHeaders(layout, addressOf, BATCH, 0);
    this.#buffers = new Uint8Array(BATCH * PACKET_BYTES);
    const base = addressOf(this.#buffers);
    for (let i = 0; i < BATCH; i++) this.#headers.setBuffer(i, base + BigInt(i * PACKET_BYTES), PACKET_BYTES);
    this.setGroups([]);
    world.rounds.add(this);
  }

  get address(): string | undefined {
    const own = this.#world.watch.recent().addressesOf(this.#interface);
    const found = own.find(({ digits, state }) => state === 'usable' && isLinkLocal(digits));
    return found && textOfAddress(Buffer.from(found.digits, 'hex'));
  }

  get isStale(): boolean {
    return this.#binding.isStale;
  }

  setGroups(groups: readonly string[]): void {
    const wanted = new Set([...ROUTER_GROUPS, ...groups]);
    for (const group of wanted) if (!this.#groups.has(group)) this.#change(PACKET_ADD_MEMBERSHIP, group);
    for (const group of this.#groups) if (!wanted.has(group)) this.#change(PACKET_DROP_MEMBERSHIP, group);
    this.#groups = wanted;
  }

  send(packet: Uint8Array): void {
    if (this.fd === undefined) return;
    const to = linkAddressOf(packet.subarray(DESTINATION_AT, DESTINATION_AT + 16));
    this.#world.system.calls.sendto(this.fd, packet, MSG_DONTWAIT, linkSocketAddress(this.#binding.index, to));
  }

  read(): number {
    if (this.fd === undefined) return 0;
    const count = this.#world.system.calls.recvmmsg(this.fd, this.#headers.bytes, BATCH, MSG_DONTWAIT);
    if (count <= 0) return 0;
    const packets: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      if ((this.#headers.flagsOf(i) & MSG_TRUNC) !== 0) continue;
      packets.push(this.#buffers.subarray(i * PACKET_BYTES, i * PACKET_BYTES + this.#headers.lengthOf(i)));
    }
    this.#onPackets(packets);
    return count;
  }

  close(): void {
    if (this.fd === undefined) return;
    this.#world.rounds.remove(this);
    closeDescriptor(this.fd);
    this.fd = undefined;
  }

  /** An interface that is gone has no memberships, and one that cannot filter hears all groups. */
  #change(option: number, group: string): void {
    try {
      if (this.fd !== undefined) {
        this.#world.system.calls.setsockopt(this.fd, SOL_PACKET, option, linkMembership(this.#binding.index, group));
      }
    } catch {
      // `isStale` tells of an interface that is gone.
    }
  }
}
