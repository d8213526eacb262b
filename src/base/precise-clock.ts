import type { Clock } from './ports.js';
import { systemClock } from './system-clock.js';
import { TimeHeap, type Waiting } from './time-heap.js';

/** What a precise clock needs of its thread. */
export interface PreciseHost {
  nowUs(): number;
  wallUs(): number;
  /** Blocks the thread without using the processor. It may wake somewhat later. */
  block(us: number): void;
  /** Calls back after this time at the earliest, to the millisecond; the returned function cancels the call. */
  callAfterMs(ms: number, callback: () => void): () => void;
  /** Calls back after the event loop has handled what has happened until now. */
  callAfterTurn(callback: () => void): void;
}

/**
 * Longest time for which the thread blocks, so that messages and files that have been read never wait longer. For shorter waits no timer of Node is
 * set. Each block is a wake of the thread, which costs more than the datagram that it sends: with 1 ms, a channel of 1 Mbit/s took four wakes for
 * each of its datagrams.
 */
const MAX_BLOCK_US = 5000;
/** Node's timers fire up to this much later than they are set to: they count in milliseconds, from the beginning of a turn. */
const TIMER_MARGIN_US = 2000;
/** A block ends this much later than asked: the slack of the kernel's timers (prctl PR_SET_TIMERSLACK, 50 µs unless changed). */
const OVERSLEEP_US = 50;

interface Timer extends Waiting {
  /** Undefined once the timer has been cancelled. */
  callback: (() => void) | undefined;
}

/**
 * A clock whose timers are exact to a tenth of a millisecond, for a thread that does nothing else for long. It waits with a timer of Node
 * until 1 to 2 ms before the time, and for the rest blocks the thread, at most 5 ms at a stretch; between two blocks the event loop
 * has a turn. It never spins.
 */
export class PreciseClock implements Clock {
  /** A turn of the event loop with a block takes 20 to 40 µs of processor time, a datagram as much (2 cores, Node 20). */
  readonly wakeGapUs = 1000;
  readonly timerLatenessUs = 100;
  readonly #host: PreciseHost;
  readonly #heap = new TimeHeap<Timer>();
  #cancelTimer: (() => void) | undefined;
  #timerUs = Number.POSITIVE_INFINITY;
  #isTurning = false;

  constructor(host: PreciseHost = thisThread()) {
    this.#host = host;
  }

  nowUs(): number {
    return this.#host.nowUs();
  }

  wallUs(): number {
    return this.#host.wallUs();
  }

  schedule(atUs: number, callback: () => void): () => void {
    const timer: Timer = { atUs, callback, order: 0, heapIndex: -1 };
    this.#heap.add(timer);
    this.#arm();
    return () => {
      timer.callback = undefined;
      this.#heap.remove(timer);
      // A timer of Node keeps the process alive.
      if (this.#heap.size === 0) this.#disarm();
    };
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerUs = Number.POSITIVE_INFINITY;
  }

  /** Makes sure that the thread looks again in time for the first timer. */
  #arm(): void {
    const { first } = this.#heap;
    if (first === undefined || this.#isTurning) return;
    const waitUs = first.atUs - this.#host.nowUs();
    if (waitUs < MAX_BLOCK_US) {
      this.#isTurning = true;
      this.#host.callAfterTurn(this.#turn);
    } else if (first.atUs < this.#timerUs) {
      this.#cancelTimer?.();
      this.#timerUs = first.atUs;
      // setTimeout cannot wait longer than this; the clock then waits again.
      const waitMs = Math.min(Math.floor((waitUs - TIMER_MARGIN_US) / 1000), 2 ** 31 - 1);
      this.#cancelTimer = this.#host.callAfterMs(waitMs, this.#onTimer);
    }
  }

  readonly #onTimer = (): void => {
    this.#cancelTimer = undefined;
    this.#timerUs = Number.POSITIVE_INFINITY;
    this.#arm();
  };

  readonly #turn = (): void => {
    this.#isTurning = false;
    const { first } = this.#heap;
    if (first === undefined) return;
    const waitUs = first.atUs - this.#host.nowUs();
    if (waitUs > 0 && waitUs < MAX_BLOCK_US) this.#host.block(Math.max(1, waitUs - OVERSLEEP_US));
    this.#fireDue();
    this.#arm();
  };

  /** Calls those that are due and were scheduled before. What these schedule without a wait has its turn after the event loop. */
  #fireDue(): void {
    const nowUs = this.#host.nowUs();
    const due: Timer[] = [];
    for (let { first } = this.#heap; first !== undefined && first.atUs <= nowUs; { first } = this.#heap) {
      this.#heap.remove(first);
      due.push(first);
    }
    for (const timer of due) timer.callback?.();
  }
}

/** The thread that calls this. */
function thisThread(): PreciseHost {
  const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
  return {
    nowUs: () => systemClock.nowUs(),
    wallUs: () => systemClock.wallUs(),
    block: (us) => void Atomics.wait(nobodyWakes, 0, 0, us / 1000),
    callAfterMs: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    callAfterTurn: (callback) => void setImmediate(callback),
  };
}
