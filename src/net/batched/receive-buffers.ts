import { constants } from 'node:os';
import type { Clock, ReceivedBatch } from '../../base/ports.js';
import { ADDRESS_AT } from '../socket-address.js';
import { MSG_CTRUNC, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC } from '../socket-numbers.js';
import { ArrivalTimes } from './arrival-times.js';
import type { BatchSystem } from './batch-system.js';
import { ControlMessages } from './control-messages.js';
import { MessageHeaders } from './message-headers.js';
import type { SourceNumbers } from './source-numbers.js';

/** Most messages of one call: 64 that are full of datagrams bring 4 MB, some 3400 datagrams of 1232 bytes. */
export const MAX_MESSAGES = 64;

/**
 * From the beginning of one buffer to that of the next: more than the longest datagram or message (65,535 bytes), and an odd number of
 * cache lines, so that the headers of all buffers do not compete for the same lines. Only what datagrams fill takes memory.
 */
const STRIDE_BYTES = 65_536 + 64;

/** Space for a time, a segment length and a count of drops: 32 + 24 + 24 bytes on 64-bit machines. */
const CONTROL_BYTES = 128;

/** How far one socket has been read. */
export interface ReadState {
  /** No datagram that is still unread can have arrived before this time. */
  earliestUs: number;
  /** The count of dropped messages that the system told last, modulo 2^32. */
  droppedTotal: number;
  /** Datagrams in a message, in the mean of late. A dropped message loses as many. */
  meanPerMessage: number;
}

/** Memory in which the sockets of one network receive, one after the other. It is also the batch that handlers get. */
export class ReceiveBuffers implements ReceivedBatch {
  count = 0;
  droppedCount = 0;
  readonly buffers: Uint8Array[];
  readonly starts = new Int32Array(MAX_MESSAGES);
  readonly lengths = new Int32Array(MAX_MESSAGES);
  readonly segmentBytes = new Int32Array(MAX_MESSAGES);
  readonly arrivalsUs = new Float64Array(MAX_MESSAGES);
  readonly sourceIds = new Int32Array(MAX_MESSAGES);
  /** Bytes of the datagrams in the batch. */
  byteCount = 0;
  readonly #system: BatchSystem;
  readonly #clock: Pick<Clock, 'nowUs'>;
  readonly #sources: SourceNumbers;
  readonly #headers: MessageHeaders;
  readonly #peek: MessageHeaders;
  readonly #control: ControlMessages;
  readonly #times: ArrivalTimes;
  /** Messages of the last call, whose headers have to be reset. */
  #usedCount = 0;

  constructor(system: BatchSystem, clock: Pick<Clock, 'nowUs'>, sources: SourceNumbers) {
    const { calls, layout, addressOf } = system;
    this.#system = system;
    this.#clock = clock;
    this.#sources = sources;
    this.#headers = new MessageHeaders(layout, addressOf, MAX_MESSAGES, CONTROL_BYTES);
    this.#peek = new MessageHeaders(layout, addressOf, 1, 0);
    this.#control = new ControlMessages(layout);
    this.#times = new ArrivalTimes(calls, layout, clock);
    const memory = new Uint8Array(MAX_MESSAGES * STRIDE_BYTES);
    const base = addressOf(memory);
    this.buffers = new Array<Uint8Array>(MAX_MESSAGES).fill(memory);
    for (let i = 0; i < MAX_MESSAGES; i++) this.#headers.setBuffer(i, base + BigInt(i * STRIDE_BYTES), STRIDE_BYTES);
    this.#peek.setBuffer(0, base, 0);
  }

  /** Whether nothing waits in a socket's buffer. */
  isEmpty(fd: number): boolean {
    return this.#system.calls.recvmmsg(fd, this.#peek.bytes, 1, MSG_DONTWAIT | MSG_PEEK) === -constants.errno.EAGAIN;
  }

  /**
   * Receives what waits in a socket's buffer, `MAX_MESSAGES` at most, into this batch.
   *
   * @returns how many messages were read, or a negative errno, after which the batch is empty
   */
  receive(fd: number, state: ReadState): number {
    for (let i = 0; i < this.#usedCount; i++) this.#headers.reset(i);
    this.count = 0;
    this.droppedCount = 0;
    this.byteCount = 0;
    const beforeUs = this.#clock.nowUs();
    const read = this.#system.calls.recvmmsg(fd, this.#headers.bytes, MAX_MESSAGES, MSG_DONTWAIT);
    this.#usedCount = Math.max(0, read);
    if (read > 0) {
      this.#times.begin();
      for (let i = 0; i < read; i++) this.#take(i, state);
    }
    // The socket's buffer was empty after this time: what is read later, arrived later.
    if (read < MAX_MESSAGES) state.earliestUs = Math.max(state.earliestUs, beforeUs);
    return read;
  }

  #take(i: number, state: ReadState): void {
    const headers = this.#headers;
    const control = this.#control;
    control.read(headers.words, headers.controlAt(i), headers.controlLengthOf(i));
    if (control.droppedTotal !== 0) {
      const newCount = (control.droppedTotal - state.droppedTotal) >>> 0;
      this.droppedCount += Math.round(newCount * state.meanPerMessage);
      state.droppedTotal = control.droppedTotal;
    }
    const length = headers.lengthOf(i);
    if ((headers.flagsOf(i) & (MSG_TRUNC | MSG_CTRUNC)) !== 0 || length > STRIDE_BYTES) {
      // A part of the datagram is missing, or the length of the datagrams in it.
      this.droppedCount++;
      return;
    }
    const isSingle = control.segmentBytes === 0 || control.segmentBytes >= length;
    const segmentBytes = isSingle ? length : control.segmentBytes;
    const datagramCount = isSingle ? 1 : Math.ceil(length / segmentBytes);
    state.meanPerMessage += (datagramCount - state.meanPerMessage) / 16;
    const message = this.count++;
    this.starts[message] = i * STRIDE_BYTES;
    this.lengths[message] = length;
    this.segmentBytes[message] = segmentBytes;
    this.sourceIds[message] = this.#sources.idOf(headers.words, headers.nameAt(i) + ADDRESS_AT / 4);
    state.earliestUs = this.#times.of(control, state.earliestUs);
    this.arrivalsUs[message] = state.earliestUs;
    this.byteCount += length;
  }
}
