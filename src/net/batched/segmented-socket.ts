import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import type { SendBatch, SendResult } from '../../base/ports.js';
import type { ConnectedSocket } from '../open-sender.js';
import { IPPROTO_UDP, MSG_DONTWAIT, UDP_SEGMENT } from '../socket-numbers.js';
import type { BatchSystem } from './batch-system.js';
import { closeDescriptor } from './descriptor.js';
import { MessageHeaders } from './message-headers.js';
import { trySet } from './socket-options.js';

const { EAGAIN, ENOBUFS, EINTR, EINVAL, EIO, EMSGSIZE, ENOPROTOOPT, EOPNOTSUPP } = constants.errno;

/** Most datagrams of one call with UDP_SEGMENT (UDP_MAX_SEGMENTS of Linux before 6.10). */
export const MAX_SEGMENTS = 64;
/** Most bytes of such a call: the 65,535 bytes of a packet, less the headers of IPv6 (40) and UDP (8). */
export const MAX_SEGMENTED_BYTES = 65_487;

/**
 * Most batches that wait while the system takes none. A sender's timer gives a few batches for each channel in a tick, so a thousand
 * are more than a hundred ticks: such a link is too slow for the channel.
 */
const MAX_WAITING = 1024;

/** Pause before the system is asked again. A full buffer of 2 MB lasts longer at any rate below 16 Gbit/s. */
const PAUSE_MS = 1;
/** How often a batch is tried while the kernel has no memory: for some tenth of a second. */
const MAX_ATTEMPTS = 100;

/** What the system says of segmentation that it cannot do here: with this device, this path or this length. */
const CANNOT_SEGMENT: readonly number[] = [EINVAL, EIO, EMSGSIZE, ENOPROTOOPT, EOPNOTSUPP];

/** How long after such a refusal it is tried again: the interface may have another MTU by then, and one refused call in so long a time costs nothing. */
const RETRY_MS = 10_000;

/** A batch under way. */
interface Departure {
  readonly batch: SendBatch;
  /** Index of the next datagram. */
  next: number;
  sentCount: number;
  failure: string | undefined;
  attempts: number;
  /** Datagrams before this index leave without segmentation. */
  singlesEnd: number;
  /** The error that segmentation had; 0 if there was none. */
  segmentErrno: number;
}

/** A connected socket that hands many datagrams to the system in one call. */
export class SegmentedSocket implements ConnectedSocket {
  readonly address: string;
  readonly #system: BatchSystem;
  readonly #waiting: { readonly departure: Departure; readonly resolve: (result: SendResult) => void }[] = [];
  #fd: number | undefined;
  /** Longest datagrams that can be cut off by the system; 0 if it cannot do so at all. */
  #maxSegmentBytes: number;
  /** What it was before a refusal, and when it is that again. */
  readonly #mostSegmentBytes: number;
  #retryMs = Number.POSITIVE_INFINITY;
  readonly #nowMs: () => number;
  /** The value of the socket's option UDP_SEGMENT. */
  #segmentBytes = 0;
  #headers: MessageHeaders | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param fd a connected socket, which this object closes.
   * @param address see `ConnectedSocket`
   * @param nowMs for tests: a clock that never jumps
   */
  constructor(system: BatchSystem, fd: number, address: string, nowMs: () => number = () => performance.now()) {
    this.#system = system;
    this.#fd = fd;
    this.address = address;
    this.#mostSegmentBytes = system.features.canSegment ? MAX_SEGMENTED_BYTES : 0;
    this.#maxSegmentBytes = this.#mostSegmentBytes;
    this.#nowMs = nowMs;
  }

  send(batch: SendBatch): Promise<SendResult> {
    const departure = { batch, next: 0, sentCount: 0, failure: undefined, attempts: 0, singlesEnd: 0, segmentErrno: 0 };
    if (this.#fd === undefined) return Promise.resolve({ sentCount: 0, failure: 'EBADF' });
    if (this.#waiting.length >= MAX_WAITING) return Promise.resolve({ sentCount: 0, failure: 'ENOBUFS' });
    if (this.#waiting.length === 0 && this.#advance(this.#fd, departure)) return Promise.resolve(resultOf(departure));
    return new Promise((resolve) => {
      this.#waiting.push({ departure, resolve });
    });
  }

  close(): void {
    if (this.#fd === undefined) return;
    clearTimeout(this.#timer);
    closeDescriptor(this.#fd);
    this.#fd = undefined;
    for (const { departure, resolve } of this.#waiting.splice(0)) {
      resolve({ sentCount: departure.sentCount, failure: 'ECANCELED' });
    }
  }

  /** Sends as much as the system takes. @returns false if the batch has to wait; this object then calls again */
  #advance(fd: number, departure: Departure): boolean {
    const { batch } = departure;
    while (departure.next < batch.count) {
      const isSegmented = this.#prepare(fd, departure);
      const first = departure.next;
      const taken = isSegmented ? this.#sendSegments(fd, batch, first) : this.#sendSingles(fd, departure);
      if (taken > 0) {
        departure.next += taken;
        departure.sentCount += taken;
        departure.attempts = 0;
        if (!isSegmented) this.#learn(batch, departure);
      } else if (!this.#passes(departure, -taken, isSegmented)) return false;
    }
    return true;
  }

  /** Decides how the next datagrams leave, and sets the socket's option. @returns whether they leave by segmentation */
  #prepare(fd: number, { batch: { count, datagramBytes, bytes }, next, singlesEnd }: Departure): boolean {
    if (this.#maxSegmentBytes < this.#mostSegmentBytes && this.#nowMs() >= this.#retryMs) {
      this.#maxSegmentBytes = this.#mostSegmentBytes;
    }
    const isFit = datagramBytes > 0 && datagramBytes <= this.#maxSegmentBytes && next >= singlesEnd;
    if (isFit && count - next > 1 && this.#segment(fd, datagramBytes)) return true;
    // A datagram that is no longer than a segment leaves as it is.
    const isShort = next >= singlesEnd && bytes.length - next * datagramBytes <= this.#segmentBytes;
    if (!isShort && this.#segmentBytes !== 0) this.#segment(fd, 0);
    return false;
  }

  #segment(fd: number, datagramBytes: number): boolean {
    if (this.#segmentBytes === datagramBytes) return true;
    if (!trySet(this.#system.calls, fd, IPPROTO_UDP, UDP_SEGMENT, datagramBytes)) {
      this.#maxSegmentBytes = 0;
      return false;
    }
    this.#segmentBytes = datagramBytes;
    return true;
  }

  /** @returns datagrams sent, or a negative errno */
  #sendSegments(fd: number, { bytes, datagramBytes, count }: SendBatch, first: number): number {
    const segmentCount = Math.min(count - first, MAX_SEGMENTS, Math.floor(MAX_SEGMENTED_BYTES / datagramBytes));
    const isWhole = segmentCount === count;
    const start = first * datagramBytes;
    const part = isWhole ? bytes : bytes.subarray(start, start + segmentCount * datagramBytes);
    const sent = this.#system.calls.send(fd, part, part.length, MSG_DONTWAIT);
    return sent < 0 ? sent : segmentCount;
  }

  /** @returns datagrams sent, or a negative errno */
  #sendSingles(fd: number, { batch: { bytes, datagramBytes, count }, next, singlesEnd }: Departure): number {
    const { calls, layout, addressOf } = this.#system;
    const start = next * datagramBytes;
    if (count - next === 1) {
      const part = next === 0 ? bytes : bytes.subarray(start);
      const sent = calls.send(fd, part, part.length, MSG_DONTWAIT);
      return sent < 0 ? sent : 1;
    }
    const end = singlesEnd > next ? Math.min(count, singlesEnd) : count;
    const messageCount = Math.min(end - next, MAX_SEGMENTS);
    this.#headers ??= new MessageHeaders(layout, addressOf, MAX_SEGMENTS, 0);
    const base = addressOf(bytes);
    for (let i = 0; i < messageCount; i++) {
      const at = start + i * datagramBytes;
      this.#headers.setBuffer(i, base + BigInt(at), Math.min(datagramBytes, bytes.length - at));
    }
    return calls.sendmmsg(fd, this.#headers.bytes, messageCount, MSG_DONTWAIT);
  }

  /** Datagrams have left one by one that segmentation had refused: so that is what cannot be done. */
  #learn({ datagramBytes }: SendBatch, departure: Departure): void {
    const { segmentErrno } = departure;
    departure.segmentErrno = 0;
    if (!CANNOT_SEGMENT.includes(segmentErrno)) return;
    // Shorter datagrams may fit the path all the same.
    this.#retryMs = this.#nowMs() + RETRY_MS;
    this.#maxSegmentBytes = segmentErrno === EMSGSIZE ? Math.min(this.#maxSegmentBytes, datagramBytes - 1) : 0;
  }

  /** Goes on after an error. @returns false if the batch has to wait */
  #passes(departure: Departure, errno: number, isSegmented: boolean): boolean {
    const { batch, next } = departure;
    if (errno === EINTR) return true;
    // The socket's buffer is full (it has room again when datagrams have left), or the kernel or the device has no memory.
    if (errno === EAGAIN || (errno === ENOBUFS && departure.attempts++ < MAX_ATTEMPTS)) {
      this.#timer = setTimeout(() => this.#resume(), PAUSE_MS);
      return false;
    }
    if (isSegmented) {
      // One by one, datagrams may leave in spite of this; otherwise their own error is the one to tell.
      departure.segmentErrno = errno;
      departure.singlesEnd = batch.count;
      return true;
    }
    departure.failure = getSystemErrorName(-errno);
    // What has no way out as segments and as single datagrams, will have none a moment later either.
    departure.next = departure.segmentErrno === 0 ? next + 1 : batch.count;
    departure.attempts = 0;
    return true;
  }

  #resume(): void {
    for (let first = this.#waiting[0]; first !== undefined && this.#fd !== undefined; first = this.#waiting[0]) {
      if (!this.#advance(this.#fd, first.departure)) return;
      this.#waiting.shift();
      first.resolve(resultOf(first.departure));
    }
  }
}

function resultOf({ sentCount, failure }: Departure): SendResult {
  return { sentCount, failure };
}
