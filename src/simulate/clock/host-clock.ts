import type { Clock } from '../../base/ports.js';
import type { ScheduledEvent } from './event-heap.js';
import type { VirtualClock } from './virtual-clock.js';

/** Wall-clock time at which simulations begin: 2027-01-15T08:00Z. */
export const SIMULATION_EPOCH_US = 1_800_000_000e6;

export interface HostClockOptions {
  /** Time of this host's monotonic clock at the beginning. @default 0 */
  readonly originUs?: number;
  /** By how much this host's wall clock is ahead of the true time at the beginning. @default 0 */
  readonly wallErrorUs?: number;
  /** How much faster than true time the clock runs, in ppm; ordinary crystals stay within ±100. @default 0 */
  readonly driftPpm?: number;
  /** Timers fire at multiples of this; those of Node at multiples of 1000. @default 1 */
  readonly timerGrainUs?: number;
}

/** The clocks and timers of one host, computed from virtual time. */
export class HostClock implements Clock {
  /** As the system's clock says it of its timers, whose grain is 1 ms. */
  readonly timerLatenessUs: number;
  readonly #virtual: VirtualClock;
  readonly #originUs: number;
  readonly #wallErrorUs: number;
  readonly #speed: number;
  readonly #grainUs: number;
  #stopped = false;
  #frozenUntilUs = 0;

  constructor(virtual: VirtualClock, options: HostClockOptions = {}) {
    this.#virtual = virtual;
    this.#originUs = options.originUs ?? 0;
    this.#wallErrorUs = options.wallErrorUs ?? 0;
    this.#speed = 1 + (options.driftPpm ?? 0) / 1e6;
    this.#grainUs = options.timerGrainUs ?? 1;
    this.timerLatenessUs = this.#grainUs === 1 ? 0 : 2 * this.#grainUs;
  }

  nowUs(): number {
    return this.at(this.#virtual.nowUs);
  }

  wallUs(): number {
    return SIMULATION_EPOCH_US + this.#wallErrorUs + Math.floor(this.#virtual.nowUs * this.#speed);
  }

  schedule(atUs: number, callback: () => void): () => void {
    const dueUs = Math.ceil(atUs / this.#grainUs) * this.#grainUs;
    let virtualUs = Math.ceil((dueUs - this.#originUs) / this.#speed);
    // Because of rounding, the clock may show slightly less than the requested time after the division.
    while (this.at(virtualUs) < dueUs) virtualUs++;
    const event: ScheduledEvent = this.#virtual.at(virtualUs, () => {
      if (this.#stopped) return;
      if (this.isFrozen) cancel = this.schedule(this.at(this.#frozenUntilUs), callback);
      else callback();
    });
    let cancel = () => {
      event.callback = undefined;
    };
    return () => cancel();
  }

  /** Timers that fall due before this moment of virtual time wait for it. */
  freeze(untilVirtualUs: number): void {
    this.#frozenUntilUs = untilVirtualUs;
  }

  get isFrozen(): boolean {
    return this.#virtual.nowUs < this.#frozenUntilUs;
  }

  /** The host is dead: nothing that was or will be scheduled happens any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Time of this host's monotonic clock at a moment of virtual time. */
  at(virtualUs: number): number {
    return this.#originUs + Math.floor(virtualUs * this.#speed);
  }
}
