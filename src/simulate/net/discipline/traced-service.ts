import { type CapacityTrace, OPPORTUNITY_BYTES } from './capacity-trace.js';
import type { Service } from './service.js';

/**
 * Service at the opportunities of a trace, byte by byte as in Mahimahi (Netravali 2015): an opportunity that a packet does not need
 * in full is used for the next one in the queue, a packet that needs more goes on at the next opportunity, and what nothing waits
 * for is lost.
 */
export class TracedService implements Service {
  readonly #trace: CapacityTrace;
  readonly #offsetUs: number;
  /** The opportunity at which the last packet left, and what it left over. */
  #index = -1;
  #leftBytes = 0;

  /** @param offsetUs where in the trace the simulation begins. */
  constructor(trace: CapacityTrace, offsetUs: number) {
    this.#trace = trace;
    this.#offsetUs = offsetUs;
  }

  departureUs(bytes: number, readyUs: number): number {
    const first = this.#firstFrom(readyUs);
    return this.#timeUs(first + this.#further(bytes, first));
  }

  serve(bytes: number, readyUs: number): void {
    const first = this.#firstFrom(readyUs);
    const further = this.#further(bytes, first);
    this.#leftBytes = this.#allowance(first) + further * OPPORTUNITY_BYTES - bytes;
    this.#index = first + further;
  }

  fits(): boolean {
    return true;
  }

  change(): void {}

  capacityBits(fromUs: number, toUs: number): number {
    const before = (us: number) => this.#trace.firstFrom(us + this.#offsetUs);
    return (before(toUs) - before(fromUs)) * OPPORTUNITY_BYTES * 8;
  }

  #timeUs(index: number): number {
    return this.#trace.timeUs(index) - this.#offsetUs;
  }

  /** The opportunity that comes first for a packet: the last one used, if it is now and has something left. */
  #firstFrom(readyUs: number): number {
    if (this.#index < 0 || this.#timeUs(this.#index) < readyUs) return this.#trace.firstFrom(readyUs + this.#offsetUs);
    return this.#leftBytes > 0 ? this.#index : this.#index + 1;
  }

  #allowance(index: number): number {
    return index === this.#index ? this.#leftBytes : OPPORTUNITY_BYTES;
  }

  /** How many opportunities after the first one a packet needs. */
  #further(bytes: number, first: number): number {
    return Math.max(0, Math.ceil((bytes - this.#allowance(first)) / OPPORTUNITY_BYTES));
  }
}
