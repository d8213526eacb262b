import { POLLIN } from '../socket-numbers.js';
import type { SocketCalls } from './socket-calls.js';

/** A socket that is read in rounds. */
export interface Readable {
  /** Undefined when the socket is closed. */
  readonly fd: number | undefined;
  /** Reads one batch. @returns buffers read */
  read(): number;
  /** The part of the receive buffer that the last batch had filled: 0–1, roughly. */
  readonly fillRatio: number;
  /** Whether its owner can wait for datagrams (`MembershipRequest.isPatient`). */
  readonly isPatient: boolean;
  /** Longest pause between rounds, where what is read must not wait for longer. */
  readonly mostPauseMs?: number | undefined;
}

/** Most buffers that a round reads before timers and other work of the thread get their turn; a socket's batch is not cut. */
const BUFFERS_PER_ROUND = 64;

/**
 * Bounds of the pause between rounds while datagrams come. To wake Node up takes up to 0.2 ms of processor time (measured on a virtual machine),
 * so few rounds are better. Pauses above 4 ms would show in what is counted in ticks of 50 ms. (Arrival times are the kernel's and
 * exact in any case.)
 */
const MIN_PAUSE_MS = 1;
const MAX_PAUSE_MS = 4;

/**
 * Below the first ratio the pause doubles; above the second it halves. At 8 MB the first one is 1 Gbit/s with a pause of 2 ms, and there are
 * three halvings between the second one and a full buffer. A doubled pause fills at most what the second one allows.
 */
const SPARSE_RATIO = 1 / 16;
const DENSE_RATIO = 1 / 8;

/** Pauses by the time since a datagram came last. */
const QUIET_PAUSES = [
  { quietMs: 10_000, pauseMs: 50 },
  { quietMs: 1_000, pauseMs: 20 },
] as const;

/**
 * Bounds of the pause while all owners are patient: an agent that only listens to announcements is then woken once a second. A buffer of 208 kB, Linux's
 * default, bears 6 Mbit/s for the shortest of these pauses, and 1.6 Mbit/s for the longest. After a buffer was more than half full, the pauses are those
 * of busy sockets for a while, so that a flood keeps little away.
 */
const MIN_PATIENT_PAUSE_MS = 250;
const MAX_PATIENT_PAUSE_MS = 1000;
const ALERT_MS = 1000;

/** Patient pauses double below the first ratio, and halve above the second. */
const PATIENT_SPARSE_RATIO = 1 / 4;
const PATIENT_DENSE_RATIO = 1 / 2;

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
  #pauseMs = MIN_PAUSE_MS;
  #patientPauseMs = MIN_PATIENT_PAUSE_MS;
  /** Whether the last pause was one for patient owners. */
  #wasPatient = false;
  /** When a buffer was rather full last. */
  #denseMs = Number.NEGATIVE_INFINITY;
  /** The fullest buffer of the round. */
  #fillRatio = 0;
  #cancel: () => void = () => undefined;

  constructor(calls: Pick<SocketCalls, 'poll'>) {
    this.#calls = calls;
  }

  add(socket: Readable): void {
    this.#change([...this.#sockets, socket]);
    this.#busyMs = performance.now();
    this.#pauseMs = MIN_PAUSE_MS;
    this.#plan(false);
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
  #plan(isAtOnce: boolean): void {
    this.#cancel();
    if (isAtOnce) {
      const immediate = setImmediate(this.#round);
      this.#cancel = () => clearImmediate(immediate);
      return;
    }
    const timer = setTimeout(this.#round, this.#pause());
    this.#cancel = () => clearTimeout(timer);
  }

  #pause(): number {
    const mostMs = this.#sockets.reduce(
      (least, { mostPauseMs = least }) => Math.min(least, mostPauseMs),
      MAX_PATIENT_PAUSE_MS,
    );
    return Math.min(mostMs, this.#ownPause());
  }

  #ownPause(): number {
    const nowMs = performance.now();
    const isAlert = nowMs - this.#denseMs < ALERT_MS;
    this.#wasPatient = !isAlert && this.#sockets.every(({ isPatient }) => isPatient);
    if (this.#wasPatient) return this.#patientPauseMs;
    const sinceMs = nowMs - this.#busyMs;
    return QUIET_PAUSES.find(({ quietMs }) => sinceMs >= quietMs)?.pauseMs ?? this.#pauseMs;
  }

  readonly #round = (): void => {
    let readCount = 0;
    try {
      readCount = this.#read();
    } finally {
      // What a handler throws becomes an uncaught exception. A program that goes on after that gets further batches.
      if (readCount > 0) this.#busyMs = performance.now();
      this.#adapt();
      if (this.#sockets.length > 0) this.#plan(readCount >= BUFFERS_PER_ROUND);
    }
  };

  #adapt(): void {
    if (this.#wasPatient) {
      this.#adaptPatience();
      return;
    }
    if (this.#fillRatio < SPARSE_RATIO) this.#pauseMs = Math.min(MAX_PAUSE_MS, 2 * this.#pauseMs);
    else if (this.#fillRatio > DENSE_RATIO) {
      this.#pauseMs = Math.max(MIN_PAUSE_MS, this.#pauseMs / 2);
      this.#denseMs = performance.now();
    }
  }

  #adaptPatience(): void {
    if (this.#fillRatio < PATIENT_SPARSE_RATIO) {
      this.#patientPauseMs = Math.min(MAX_PATIENT_PAUSE_MS, 2 * this.#patientPauseMs);
    } else if (this.#fillRatio > PATIENT_DENSE_RATIO) {
      this.#patientPauseMs = Math.max(MIN_PATIENT_PAUSE_MS, this.#patientPauseMs / 2);
      this.#denseMs = performance.now();
    }
  }

  /** @returns buffers read */
  #read(): number {
    const sockets = this.#sockets;
    const states = this.#states;
    const readyCount = this.#calls.poll(states, sockets.length, 0);
    let readCount = 0;
    this.#fillRatio = 0;
    const first = this.#next < sockets.length ? this.#next : 0;
    for (let i = 0, seenCount = 0; i < sockets.length && seenCount < readyCount; i++) {
      const at = (first + i) % sockets.length;
      if (states[SHORTS_PER_SOCKET * at + 3] === 0) continue;
      seenCount++;
      this.#next = at + 1;
      const socket = sockets[at]!;
      readCount += socket.read();
      this.#fillRatio = Math.max(this.#fillRatio, socket.fillRatio);
      if (readCount >= BUFFERS_PER_ROUND) break;
    }
    return readCount;
  }
}
