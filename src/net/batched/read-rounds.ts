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

/** Most rounds of `readArrived`. A pause fills an eighth of a buffer: 450 datagrams of 1232 bytes if it has 8 MB. */
const ROUNDS_AT_ONCE = 8;

/**
 * Bounds of the pause between rounds. To wake Node up takes up to 0.2 ms of processor time (measured on a virtual machine), more than to read 100
 * datagrams, so few rounds are better. The longest pause is longer than a receiver's tick of 50 ms, which calls `readArrived`: such a receiver has no
 * other wakes. Where the system tells no arrival times, a pause would show in the times of reading.
 */
const MIN_PAUSE_MS = 1;
const MAX_PAUSE_MS = 64;
const MAX_UNTIMED_PAUSE_MS = 4;

/**
 * By the part of the buffers that a pause has filled: below the first ratio the pause grows, above the second it shrinks, to a half at least. With 8 MB, that is a pause of 3 ms at
 * 1 Gbit/s, and there are three halvings between the second ratio and a full buffer.
 */
const SPARSE_RATIO = 1 / 10;
const DENSE_RATIO = 1 / 8;
/** So a pause is a sixteenth of the time since the last socket was opened: who has just joined, and who fetches something small, hardly waits. */
const GROWTH = 17 / 16;

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
  readonly #maxPauseMs: number;
  #pauseMs = MIN_PAUSE_MS;
  #patientPauseMs = MIN_PATIENT_PAUSE_MS;
  /** Whether the last pause was one for patient owners. */
  #wasPatient = false;
  /** When a buffer was rather full last. */
  #denseMs = Number.NEGATIVE_INFINITY;
  /** The part of a buffer that has been read since the last pause, from all sockets. */
  #fillRatio = 0;
  #cancel: () => void = () => undefined;

  /** @param hasTimes whether the system tells when datagrams arrived */
  constructor(calls: Pick<SocketCalls, 'poll'>, hasTimes: boolean) {
    this.#calls = calls;
    this.#maxPauseMs = hasTimes ? MAX_PAUSE_MS : MAX_UNTIMED_PAUSE_MS;
  }

  add(socket: Readable): void {
    this.#change([...this.#sockets, socket]);
    this.#pauseMs = MIN_PAUSE_MS;
    this.#plan(false);
  }

  remove(socket: Readable): void {
    this.#change(this.#sockets.filter((other) => other !== socket));
    if (this.#sockets.length === 0) this.#cancel();
  }

  /** Reads what has arrived, instead of the round that was planned. */
  readArrived(): void {
    if (this.#sockets.length === 0) return;
    for (let i = 0; i < ROUNDS_AT_ONCE && this.#round(); i++);
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
      const immediate = setImmediate(() => this.#round());
      this.#cancel = () => clearImmediate(immediate);
      return;
    }
    const timer = setTimeout(() => this.#round(), this.#pause());
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
    const isAlert = performance.now() - this.#denseMs < ALERT_MS;
    this.#wasPatient = !isAlert && this.#sockets.every(({ isPatient }) => isPatient);
    return this.#wasPatient ? this.#patientPauseMs : this.#pauseMs;
  }

  /** @returns whether there may be more to read */
  #round(): boolean {
    let isMore = false;
    try {
      isMore = this.#read() >= BUFFERS_PER_ROUND;
    } finally {
      // What a handler throws becomes an uncaught exception. A program that goes on after that gets further batches.
      if (!isMore) this.#adapt();
      if (this.#sockets.length > 0) this.#plan(isMore);
    }
    return isMore;
  }

  /** Chooses the next pause by what the last one has filled. */
  #adapt(): void {
    this.#adaptPause();
    this.#fillRatio = 0;
  }

  #adaptPause(): void {
    if (this.#wasPatient) {
      this.#adaptPatience();
      return;
    }
    if (this.#fillRatio < SPARSE_RATIO) this.#pauseMs = Math.min(this.#maxPauseMs, GROWTH * this.#pauseMs);
    else if (this.#fillRatio > DENSE_RATIO) {
      // A channel that begins, or goes on after a silence, may fill a buffer many times faster than before.
      this.#pauseMs = Math.max(MIN_PAUSE_MS, this.#pauseMs * Math.min(1 / 2, DENSE_RATIO / this.#fillRatio));
      this.#denseMs = performance.now();
    }
  }

  #adaptPatience(): void {
    if (this.#fillRatio < PATIENT_SPARSE_RATIO) {
      this.#patientPauseMs = Math.min(MAX_PATIENT_PAUSE_MS, 2 * this.#patientPauseMs);
    } else if (this.#fillRatio > PATIENT_DENSE_RATIO) {
      this.#patientPauseMs = Math.max(MIN_PATIENT_PAUSE_MS, this.#patientPauseMs / 2);
      this.#pauseMs = MIN_PAUSE_MS;
      this.#denseMs = performance.now();
    }
  }

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
      const socket = sockets[at]!;
      readCount += socket.read();
      this.#fillRatio += socket.fillRatio;
      if (readCount >= BUFFERS_PER_ROUND) break;
    }
    return readCount;
  }
}
