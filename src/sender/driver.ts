import type { Clock } from '../base/ports.js';
import { TimeHeap, type Waiting } from '../base/time-heap.js';
import type { TimedSending } from './timed-sending.js';

/**
 * Channels that are due shortly after each other leave in one wake of the thread. A channel then waits for this share of the time between
 * its bursts at most, so that it is never late by half of it, which would make it slower (src/rate/ladder/pacer.ts).
 */
const SHARED_WAKE_SHARE = 0.25;

/** A transmission that waits for its time, for a send or for a read. */
interface Turn extends Waiting {
  readonly transmission: TimedSending;
  /** The transmission calls this when it can continue. */
  readonly wake: () => void;
  isPaused: boolean;
}

/**
 * Runs any number of transmissions with one timer. Transmissions can be added and removed at any time; the others are not affected. A
 * transmission costs time when it is due, and none while others are.
 */
export class SenderDriver {
  readonly #clock: Clock;
  readonly #turns = new Map<TimedSending, Turn>();
  /** The turns whose time is known. The times of the others are infinite until they are woken. */
  readonly #heap = new TimeHeap<Turn>();
  /** Turns that are due now; empty between calls. */
  readonly #due: Turn[] = [];
  #cancelTimer: (() => void) | undefined;
  #timerUs = Number.POSITIVE_INFINITY;
  #lastWakeUs = Number.NEGATIVE_INFINITY;
  /** Shortest time between two wakes; undefined after removals, of which there may be thousands in one turn. */
  #wakeGapUs: number | undefined;
  readonly #fire = () => this.#pumpDue();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts a transmission that has been opened. */
  add(transmission: TimedSending, isPaused = false): void {
    transmission.begin(this.#clock.nowUs());
    const wake = () => {
      if (this.#turns.get(transmission) !== turn) return;
      this.#queue(turn);
      this.#arm();
    };
    const turn: Turn = { transmission, wake, isPaused, atUs: 0, order: 0, heapIndex: -1 };
    this.#turns.set(transmission, turn);
    if (this.#wakeGapUs !== undefined) {
      this.#wakeGapUs = Math.min(this.#wakeGapUs, transmission.burstGapUs * SHARED_WAKE_SHARE);
    }
    wake();
  }

  /**
   * Pauses a transmission, or lets it go on: with the datagram at which it stopped, and its next sequence number, so that receivers see no loss.
   * A send that is under way ends. Does nothing for a transmission that has not been added.
   */
  setPaused(transmission: TimedSending, isPaused: boolean): void {
    const turn = this.#turns.get(transmission);
    if (turn === undefined || turn.isPaused === isPaused) return;
    turn.isPaused = isPaused;
    if (!isPaused) transmission.begin(this.#clock.nowUs());
    turn.wake();
  }

  /** Stops a transmission and closes its socket. */
  remove(transmission: TimedSending): void {
    const turn = this.#turns.get(transmission);
    this.#turns.delete(transmission);
    if (turn !== undefined) this.#heap.remove(turn);
    this.#wakeGapUs = undefined;
    transmission.close();
  }

  close(): void {
    for (const transmission of this.#turns.keys()) this.remove(transmission);
    this.#cancelTimer?.();
  }

  #pumpDue(): void {
    this.#cancelTimer = undefined;
    this.#timerUs = Number.POSITIVE_INFINITY;
    const nowUs = this.#clock.nowUs();
    this.#lastWakeUs = nowUs;
    const due = this.#due;
    for (let { first } = this.#heap; first !== undefined && first.atUs <= nowUs; { first } = this.#heap) {
      this.#heap.remove(first);
      due.push(first);
    }
    for (const { transmission, wake } of due) transmission.pump(nowUs, wake);
    for (const turn of due) if (this.#turns.has(turn.transmission)) this.#queue(turn);
    due.length = 0;
    this.#arm();
  }

  #leastGapUs(): number {
    let gapUs = this.#clock.wakeGapUs ?? 0;
    for (const { burstGapUs } of this.#turns.keys()) gapUs = Math.min(gapUs, burstGapUs * SHARED_WAKE_SHARE);
    return gapUs;
  }

  #queue(turn: Turn): void {
    this.#heap.remove(turn);
    turn.atUs = turn.isPaused ? Number.POSITIVE_INFINITY : turn.transmission.nextDueUs;
    if (turn.atUs < Number.POSITIVE_INFINITY) this.#heap.add(turn);
  }

  /** Sets the timer to the first turn, unless it is set to that time or an earlier one. */
  #arm(): void {
    const { first } = this.#heap;
    if (first === undefined) return;
    this.#wakeGapUs ??= this.#leastGapUs();
    const dueUs = Math.max(first.atUs, this.#lastWakeUs + this.#wakeGapUs);
    if (dueUs >= this.#timerUs) return;
    this.#cancelTimer?.();
    this.#timerUs = dueUs;
    this.#cancelTimer = this.#clock.schedule(dueUs, this.#fire);
  }
}
