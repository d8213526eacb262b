import type { SocketCalls } from './socket-calls.js';
import { POLLIN } from './socket-numbers.js';

/** A socket that is read in rounds. */
export interface Readable {
  /** Undefined when the socket is closed. */
  readonly fd: number | undefined;
  /** Reads one batch. @returns buffers read */
  read(): number;
}

/** Most buffers that a round reads before timers and other work of the thread get their turn; a socket's batch is not cut. */
const BUFFERS_PER_ROUND = 64;

/**
 * Pauses between rounds, by the time since a datagram came last. A receive buffer has to hold what arrives in a pause: 1 ms at
 * 3 Gbit/s is 0.4 MB. Arrival times are the kernel's, so a pause does not make them less exact. A round without datagrams takes some 10 µs.
 */
const PAUSES = [
  { quietMs: 100, pauseMs: 1 },
  { quietMs: 10_000, pauseMs: 10 },
  { quietMs: Number.POSITIVE_INFINITY, pauseMs: 50 },
] as const;

/** Fields of struct pollfd: descriptor (4 bytes), events asked for (2), events that are there (2). */
const SHORTS_PER_SOCKET = 4;

/**
 * Reads the sockets of a network whenever they have datagrams: it asks the system for all sockets in one call, pauses, and asks
 * again. As long as there is a socket, the process stays alive.
 *
 * Event loops can wait for a descriptor (`koffi.node.poll`), but when a worker thread is terminated while a datagram arrives, koffi 3.3
 * ends the whole process. Timers of Node do not.
 */
export class ReadRounds {
  readonly #calls: Pick<SocketCalls, 'poll'>;
  /** A round goes on with its own array while handlers add and remove sockets. */
  #sockets: readonly Readable[] = [];
  #states = new Int16Array(0);
  /** Where the next round begins, so that a busy socket does not hold up those after it. */
  #next = 0;
  #busyMs = 0;
  #cancel: () => void = () => undefined;

  constructor(calls: Pick<SocketCalls, 'poll'>) {
    this.#calls = calls;
  }

  add(socket: Readable): void {
    this.#change([...this.#sockets, socket]);
    this.#busyMs = performance.now();
    this.#plan();
  }

  remove(socket: Readable): void {
    this.#change(this.#sockets.filter((other) => other !== socket));
    if (this.#sockets.length === 0) this.#cancel();
  }

  #change(sockets: readonly Readable[]): void {
    this.#sockets = sockets;
    const states = new Int32Array(2 * sockets.length);
    this.#states = new Int16Array(states.buffer);
    for (const [i, { fd = -1 }] of sockets.entries()) {
      states[2 * i] = fd;
      this.#states[SHORTS_PER_SOCKET * i + 2] = POLLIN;
    }
  }

  /** Plans the next round, instead of the one that was planned. */
  #plan(isBusy = false): void {
    this.#cancel();
    if (isBusy) {
      const immediate = setImmediate(this.#round);
      this.#cancel = () => clearImmediate(immediate);
      return;
    }
    const sinceMs = performance.now() - this.#busyMs;
    const { pauseMs } = PAUSES.find(({ quietMs }) => sinceMs < quietMs) ?? PAUSES[2];
    const timer = setTimeout(this.#round, pauseMs);
    this.#cancel = () => clearTimeout(timer);
  }

  readonly #round = (): void => {
    let readCount = 0;
    try {
      readCount = this.#read();
    } finally {
      // What a handler throws becomes an uncaught exception. A program that goes on after that gets further batches.
      if (readCount > 0) this.#busyMs = performance.now();
      if (this.#sockets.length > 0) this.#plan(readCount >= BUFFERS_PER_ROUND);
    }
  };

  /** @returns buffers read */
  #read(): number {
    const sockets = this.#sockets;
    const states = this.#states;
    const readyCount = this.#calls.poll(states, sockets.length, 0);
    let readCount = 0;
    const first = this.#next < sockets.length ? this.#next : 0;
    for (let i = 0, seenCount = 0; i < sockets.length && seenCount < readyCount; i++) {
      const at = (first + i) % sockets.length;
      if (states[SHORTS_PER_SOCKET * at + 3] === 0) continue;
      seenCount++;
      this.#next = at + 1;
      readCount += sockets[at]!.read();
      if (readCount >= BUFFERS_PER_ROUND) break;
    }
    return readCount;
  }
}
