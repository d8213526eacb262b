import type { Membership, MembershipRequest, ReceivedBatch } from '../../base/ports.js';
import type { InterfaceBinding } from '../interfaces/interface-binding.js';
import type { InterfaceWatch } from '../interfaces/interface-watch.js';
import { joinGroup } from '../join-group.js';
import { IPPROTO_UDP, UDP_GRO } from '../socket-numbers.js';
import type { BatchSystem } from './batch-system.js';
import { closeDescriptor } from './descriptor.js';
import { leaveGroup, openGroupSocket } from './group-socket.js';
import type { Readable, ReadRounds } from './read-rounds.js';
import { MAX_MESSAGES, type ReadState, type ReceiveBuffers } from './receive-buffers.js';
import { receiveBufferOf, set } from './socket-options.js';

/** What a membership needs beside its socket. */
export interface BatchedMembershipWorld {
  readonly system: BatchSystem;
  readonly buffers: ReceiveBuffers;
  readonly rounds: ReadRounds;
  readonly watch: InterfaceWatch;
}

/** See `joinGroup`. */
export function joinBatchedGroup(
  request: MembershipRequest,
  onBatch: (batch: ReceivedBatch) => void,
  world: BatchedMembershipWorld,
): Promise<Membership> {
  return joinGroup(request, world.watch, async (binding) => {
    const fd = openGroupSocket(world.system, request, binding);
    return new BatchedMembership(fd, request, binding, onBatch, world);
  });
}

/** Memory of the kernel for a datagram of 1280 bytes, by the bytes of its payload: 2304 by 1232 with most drivers. */
const KERNEL_BYTES_RATIO = 2;

/** Whether each buffer may hold several datagrams. */
type Coalescing = 'on' | 'off' | 'ending';

class BatchedMembership implements Membership, Readable {
  readonly #request: MembershipRequest;
  readonly #interface: InterfaceBinding;
  readonly #onBatch: (batch: ReceivedBatch) => void;
  readonly #system: BatchSystem;
  readonly #buffers: ReceiveBuffers;
  readonly #rounds: ReadRounds;
  readonly #state: ReadState = { earliestUs: 0, droppedTotal: 0, meanPerMessage: 1 };
  #fd: number | undefined;
  #coalescing: Coalescing;
  #fillRatio = 0;
  readonly #bufferBytes: number;
  #leaving: Promise<void> | undefined;

  constructor(
    fd: number,
    request: MembershipRequest,
    binding: InterfaceBinding,
    onBatch: (batch: ReceivedBatch) => void,
    { system, buffers, rounds }: BatchedMembershipWorld,
  ) {
    this.#request = request;
    this.#interface = binding;
    this.#onBatch = onBatch;
    this.#system = system;
    this.#buffers = buffers;
    this.#coalescing = system.features.canCoalesce && request.isTimed !== true ? 'on' : 'off';
    this.#bufferBytes = receiveBufferOf(system.calls, fd);
    this.#fd = fd;
    this.#rounds = rounds;
    rounds.add(this);
  }

  get isPatient(): boolean {
    return this.#request.isPatient === true;
  }

  get fillRatio(): number {
    return this.#fillRatio;
  }

  get fd(): number | undefined {
    return this.#fd;
  }

  get isStale(): boolean {
    return this.#interface.isStale;
  }

  /** See `Membership.setTimed`. */
  setTimed(isTimed: boolean): void {
    if (this.#fd === undefined || !this.#system.features.canCoalesce) return;
    if (!isTimed) {
      if (this.#coalescing === 'off') this.#coalesce(true);
      this.#coalescing = 'on';
    } else if (this.#coalescing === 'on') {
      this.#coalescing = 'ending';
      this.#endCoalescing(this.#fd);
    }
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  close(): void {
    if (this.#fd === undefined) return;
    this.#rounds.remove(this);
    closeDescriptor(this.#fd);
    this.#fd = undefined;
  }

  async #leave(): Promise<void> {
    if (this.#fd === undefined) return;
    leaveGroup(this.#system, this.#fd, this.#request, this.#interface);
    this.#rounds.remove(this);
    // On Linux before 4.20, datagrams may keep coming while another socket of this host is in the group. So the end is
    // a buffer full of datagrams at the latest.
    for (let byteCount = 0; byteCount <= this.#bufferBytes; byteCount += this.#buffers.byteCount) {
      // Handlers may leave, and the batch that they have must not change under them. Other sockets get their turns, too.
      await new Promise(setImmediate);
      if (!this.#readLast()) break;
    }
    this.close();
  }

  /** Receives one batch. */
  read(): number {
    if (this.#fd === undefined || this.#leaving !== undefined) return 0;
    return Math.max(0, this.#receive(this.#fd));
  }

  /** Receives one batch and returns whether there may be more. What a handler throws is an uncaught exception, as it is in callbacks, and does not end the leave. */
  #readLast(): boolean {
    try {
      return this.#fd !== undefined && this.#receive(this.#fd) === MAX_MESSAGES;
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
      return true;
    }
  }

  /** @returns buffers read, or a negative errno */
  #receive(fd: number): number {
    const read = this.#buffers.receive(fd, this.#state);
    if (this.#coalescing === 'ending' && read < MAX_MESSAGES) this.#endCoalescing(fd);
    this.#fillRatio = (KERNEL_BYTES_RATIO * this.#buffers.byteCount) / this.#bufferBytes;
    if (this.#buffers.count > 0 || this.#buffers.droppedCount > 0) this.#onBatch(this.#buffers);
    return read;
  }

  /**
   * The system tells the segment length of a buffer only while coalescing is on. So coalescing may end only at a time when no buffer
   * waits to be read; until then it goes on.
   */
  #endCoalescing(fd: number): void {
    this.#coalesce(false);
    if (this.#buffers.isEmpty(fd)) this.#coalescing = 'off';
    else this.#coalesce(true);
  }

  #coalesce(isOn: boolean): void {
    if (this.#fd !== undefined) set(this.#system.calls, this.#fd, IPPROTO_UDP, UDP_GRO, isOn ? 1 : 0);
  }
}
