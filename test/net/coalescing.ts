import type { Clock, MembershipRequest, Network, ReceivedBatch, SendBatch } from '../../dist/base/ports.js';

/** How long a datagram waits for others: the time that Linux may take to read a busy device's queue. */
const WAIT_US = 200;
/** Most bytes of a UDP datagram in an IPv6 packet without jumbo option. UDP_SEGMENT has the same limit. */
const MAX_BYTES = 65_527;
const MAX_SEGMENTS = 64;

export interface CoalescingOptions {
  /** One datagram in this many is dropped, as if the socket's buffer were full. @default none */
  readonly dropInterval?: number;
}

/**
 * A network that behaves as batched sockets do, made of a network that hands over datagrams one by one. It joins consecutive
 * datagrams into messages (as UDP_GRO does) and messages into a batch (as recvmmsg does), gives the arrival time of each message and the
 * number of dropped datagrams, overwrites each batch after the handler has returned, and throws on a batch to send that UDP_SEGMENT
 * would not take.
 */
export function coalescing(network: Network, clock: Clock, { dropInterval }: CoalescingOptions = {}): Network {
  return {
    capabilities: {
      maxBatchCount: MAX_SEGMENTS,
      maxBatchBytes: MAX_BYTES,
      hasSystemArrivals: true,
      hasDropsInBatches: true,
    },
    sourceAddress: (sourceId) => network.sourceAddress?.(sourceId),
    openSender: async (destination) => {
      const socket = await network.openSender(destination);
      return { send: (batch) => socket.send(checked(batch)), close: () => socket.close() };
    },
    join: async (request, onBatch) => {
      const gathered = new GatheredBatch(request, onBatch, clock, dropInterval);
      const membership = await network.join(request, (batch) => gathered.add(batch));
      return {
        get isStale() {
          return membership.isStale;
        },
        setTimed: (isTimed) => gathered.setTimed(isTimed),
        leave: async () => {
          await membership.leave();
          gathered.deliver();
        },
      };
    },
  };
}

/** @throws {Error} for a batch that the system would refuse, or would cut into other datagrams. */
function checked(batch: SendBatch): SendBatch {
  const { count, bytes, datagramBytes } = batch;
  const lastBytes = bytes.length - (count - 1) * datagramBytes;
  const isWhole = count >= 1 && lastBytes <= datagramBytes && (count === 1 || lastBytes > 0);
  if (isWhole && count <= MAX_SEGMENTS && bytes.length <= MAX_BYTES) return batch;
  throw new Error(`${count} datagrams of ${datagramBytes} bytes in ${bytes.length} bytes are no batch`);
}

class GatheredBatch implements ReceivedBatch {
  count = 0;
  droppedCount = 0;
  readonly buffers: Uint8Array[] = [];
  readonly starts: number[] = [];
  readonly lengths: number[] = [];
  readonly segmentBytes: number[] = [];
  readonly arrivalsUs: number[] = [];
  readonly sourceIds: number[] = [];
  readonly #onBatch: (batch: ReceivedBatch) => void;
  readonly #clock: Clock;
  #maxSegments: number;
  readonly #dropInterval: number;
  #bytes = new Uint8Array(4 * MAX_BYTES);
  #usedBytes = 0;
  #segmentCount = 0;
  #seenCount = 0;
  #cancel: (() => void) | undefined;

  constructor(
    { isTimed = false }: MembershipRequest,
    onBatch: (batch: ReceivedBatch) => void,
    clock: Clock,
    dropInterval = Number.POSITIVE_INFINITY,
  ) {
    this.#onBatch = onBatch;
    this.#clock = clock;
    this.#maxSegments = isTimed ? 1 : MAX_SEGMENTS;
    this.#dropInterval = dropInterval;
  }

  add({ buffers, starts, lengths, arrivalsUs, sourceIds }: ReceivedBatch): void {
    if (++this.#seenCount % this.#dropInterval === 0) {
      this.droppedCount++;
      return;
    }
    const [length, sourceId] = [lengths[0]!, sourceIds[0]!];
    if (this.#usedBytes + length > this.#bytes.length) this.deliver();
    this.#bytes.set(buffers[0]!.subarray(starts[0]!, starts[0]! + length), this.#usedBytes);
    if (this.#isNext(length, sourceId)) {
      this.lengths[this.count - 1]! += length;
      this.#segmentCount++;
    } else {
      this.buffers[this.count] = this.#bytes;
      this.starts[this.count] = this.#usedBytes;
      this.lengths[this.count] = length;
      this.segmentBytes[this.count] = length;
      this.arrivalsUs[this.count] = arrivalsUs[0]!;
      this.sourceIds[this.count] = sourceId;
      this.#segmentCount = 1;
      this.count++;
    }
    this.#usedBytes += length;
    this.#cancel ??= this.#clock.schedule(this.#clock.nowUs() + WAIT_US, () => this.deliver());
  }

  setTimed(isTimed: boolean): void {
    this.#maxSegments = isTimed ? 1 : MAX_SEGMENTS;
  }

  deliver(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.count === 0) return;
    this.#onBatch(this);
    this.#bytes.fill(0xa5, 0, this.#usedBytes);
    this.count = 0;
    this.droppedCount = 0;
    this.#usedBytes = 0;
  }

  /** Whether a datagram belongs to the last message: same source, not longer than the first one, and none before it is shorter. */
  #isNext(length: number, sourceId: number): boolean {
    const last = this.count - 1;
    if (last < 0 || length === 0 || sourceId !== this.sourceIds[last] || this.#segmentCount >= this.#maxSegments) {
      return false;
    }
    const [bytes, first] = [this.lengths[last]!, this.segmentBytes[last]!];
    return length <= first && bytes === this.#segmentCount * first && bytes + length <= MAX_BYTES;
  }
}
