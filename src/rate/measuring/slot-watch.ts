import { isAfter, type ReadingSums } from './readings.js';

/** A slot that has ended, and the step level that it permitted. */
export interface EndedSlot {
  readonly slot: number;
  readonly stepLevel: number;
}

/**
 * Notices the end of slots from the marks of one server, because the clocks of servers may differ. It follows the first
 * server that is heard until that one is silent for 2 s.
 */
export class SlotWatch {
  #serverIndex = -1;
  #slot = -1;
  #stepLevel = 0;
  #heardUs = 0;

  /** The slot that ended with this reading, if one did. */
  note(nowUs: number, { servers }: Pick<ReadingSums, 'servers'>): EndedSlot | undefined {
    let newest = -1;
    let stepLevel = 0;
    for (const server of servers) {
      if (this.#serverIndex < 0 || nowUs - this.#heardUs > 2e6) {
        this.#serverIndex = server.serverIndex;
        this.#slot = -1;
      }
      if (server.serverIndex !== this.#serverIndex) continue;
      // Only a slot that is not older than the present one counts. After a clock that was set back, or a forged slot, the
      // watch therefore begins again after 2 s instead of waiting until the slots have come that far.
      if (this.#slot < 0 || !isAfter(this.#slot, server.slot)) this.#heardUs = nowUs;
      newest = server.slot;
      stepLevel = server.stepLevel;
    }
    if (newest < 0) return undefined;
    const ended =
      this.#slot >= 0 && isAfter(newest, this.#slot) ? { slot: this.#slot, stepLevel: this.#stepLevel } : undefined;
    if (ended !== undefined || this.#slot < 0) {
      this.#slot = newest;
      this.#stepLevel = stepLevel;
    } else if (newest === this.#slot) {
      this.#stepLevel = Math.min(this.#stepLevel, stepLevel);
    }
    return ended;
  }
}
